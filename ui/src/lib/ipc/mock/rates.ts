/** What a pretend bitcoin costs. */
import type { Fiat, RateView } from "../gen/view";

/** Unix seconds. */
const now = () => Math.floor(Date.now() / 1000);

export const currencies = ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "JPY"];
export const rateHosts = ["mempool.space", "api.coingecko.com", "api.coinbase.com"];

const STALE_SECS = 600;

export function known(currency: string, ageSecs: number): RateView {
  const decimals = currency === "JPY" ? 0 : 2;
  return {
    type: "known", oneBtc: { currency, decimals, minor: 59_000 * 10 ** decimals, belowOne: false }, atSecs: now() - ageSecs, sources: 2,
    stale: ageSecs > STALE_SECS, trouble: ageSecs > STALE_SECS ? "unreachable" : null,
  };
}

/** What a sum buys, by a fresh rate. */
export function buys(rate: RateView, currency: string, minor: number): number | null {
  if (rate.type !== "known" || rate.stale || rate.oneBtc.currency !== currency) return null;
  return Math.round((minor * 100_000_000) / rate.oneBtc.minor) * 1000 || null;
}

/** At the rate of one bitcoin, or at another price. */
export function worth(msat: number, oneBtc: Fiat, perBtc?: number): Fiat {
  const per = perBtc === undefined ? oneBtc.minor : perBtc * 10 ** oneBtc.decimals;
  const minor = Math.round((msat * per) / 100_000_000_000);
  return { ...oneBtc, minor, belowOne: minor === 0 && msat > 0 };
}
