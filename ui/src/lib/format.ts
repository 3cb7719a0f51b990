/** The only place that turns amounts and times into text. Integers in, text out; nothing is rounded up. */
import type { Unit } from "./ipc/gen/dto";
import type { Fiat } from "./ipc/gen/view";

const THIN = "\u2009";
export const MINUS = "\u2212";

export interface AmountText {
  /** Before the number; empty where a unit stands behind it. */
  sign: "₿" | "";
  whole: string;
  /** Parts of a satoshi, with their point; empty where there are none. */
  fraction: string;
  unit: "sat" | "BTC" | "";
}

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);

/** Exact. `whole` drops parts of a satoshi (downwards), for headlines. */
export function amount(msat: number, unit: Unit, whole = false): AmountText {
  const rest = msat % 1000;
  const sat = (msat - rest) / 1000;
  const fraction = whole || rest === 0 ? "" : String(rest).padStart(3, "0").replace(/0+$/, "");
  if (unit !== "btc") {
    // ₿ with a point would be read as bitcoin.
    const [sign, name] = unit === "integer" && fraction === "" ? (["₿", ""] as const) : (["", "sat"] as const);
    return { sign, whole: grouped(String(sat)), fraction: fraction && `.${fraction}`, unit: name };
  }
  const digits = String(sat).padStart(9, "0");
  const tail = digits.slice(-8);
  const decimals = [tail.slice(0, 2), tail.slice(2, 5), tail.slice(5)].join(THIN);
  return { sign: "", whole: `${grouped(digits.slice(0, -8))}.${decimals}`, fraction, unit: "BTC" };
}

/** One line of text, for names and labels. */
export function amountText(msat: number, unit: Unit = "sat", whole = false): string {
  const parts = amount(msat, unit, whole);
  return `${parts.sign}${parts.whole}${parts.fraction}${parts.unit && THIN + parts.unit}`;
}

/** What stands in the place of a number that is hidden: as long for every one. */
export const DOTS = "•••••";

const SIGNS: Partial<Record<string, string>> = { USD: "$", EUR: "€", GBP: "£", CHF: "CHF", CAD: "CA$", AUD: "A$", JPY: "¥" };

/** `€1 234.50`: the digits are the engine’s. Less than a cent stands as that cent. */
export function fiatText({ currency, decimals, minor, belowOne }: Fiat): string {
  const digits = String(belowOne ? 1 : minor).padStart(decimals + 1, "0");
  const whole = grouped(digits.slice(0, digits.length - decimals));
  const sign = SIGNS[currency] ?? currency;
  return `${sign}${sign === currency ? THIN : ""}${whole}${decimals > 0 ? `.${digits.slice(-decimals)}` : ""}`;
}

/** Thousandths as per cent: `1.2 %`; large ones whole. */
export const permille = (n: number) => (n >= 100 ? `${number(Math.round(n / 10))}\u2009%` : `${Math.floor(n / 10)}.${n % 10}\u2009%`);

export const number = (n: number) => grouped(String(n));

/** An id, hash or address, short: its first and last characters. */
export const shortId = (id: string, head = 6, tail = 6) =>
  id.length <= head + tail + 1 ? id : `${id.slice(0, head)}…${id.slice(-tail)}`;

/** In groups of four, so that it can be compared by eye. */
export const inFours = (text: string) => text.replace(/(.{4})(?=.)/g, `$1${THIN}`);

const make = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", options);
const timeFormat = make({ hour: "2-digit", minute: "2-digit" });
const secondFormat = make({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = make({ weekday: "short", day: "numeric", month: "short" });
const longDayFormat = make({ weekday: "long", day: "numeric", month: "long" });
const dateFormat = make({ day: "numeric", month: "short", year: "numeric" });
const dayYearFormat = make({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const longDayYearFormat = make({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
/** The end of the year 9999: invoices can name later times than a calendar has. */
const LAST_SECS = 253_402_214_400;
const date = (secs: number) => new Date((secs > 0 ? Math.min(secs, LAST_SECS) : 0) * 1000);
const dayNumber = (at: Date) => Math.round(new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime() / 86_400_000);

export const time = (secs: number) => timeFormat.format(date(secs));
export const timeWithSeconds = (secs: number) => secondFormat.format(date(secs));
const sameYear = (secs: number, nowSecs: number) => date(secs).getFullYear() === date(nowSecs).getFullYear();
/** `Tue 3 Mar`, `Tue 3 Mar 2020`: the year where it is another than now. */
export const day = (secs: number, nowSecs: number) =>
  (sameYear(secs, nowSecs) ? dayFormat : dayYearFormat).format(date(secs)).replace(",", "");
/** `Tuesday 3 March`, `Tuesday 3 March 2020`. */
export const longDay = (secs: number, nowSecs: number) =>
  (sameYear(secs, nowSecs) ? longDayFormat : longDayYearFormat).format(date(secs)).replace(",", "");
/** One text a calendar day. */
export const dayKey = (secs: number) => String(dayNumber(date(secs)));
const momentFormat = make({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "shortOffset" });
/** For paper: with the year, the seconds, and how far the clock is from UTC. */
export const moment = (secs: number) => momentFormat.format(date(secs));
export const fullDate = (secs: number) => dateFormat.format(date(secs));

/** `today`, `yesterday`, `tomorrow`, or a day in words: the caller has the words. */
export function dayFrom(secs: number, nowSecs: number): "today" | "yesterday" | "tomorrow" | "other" {
  const apart = dayNumber(date(secs)) - dayNumber(date(nowSecs));
  return apart === 0 ? "today" : apart === -1 ? "yesterday" : apart === 1 ? "tomorrow" : "other";
}

const YEAR_DAYS = 365;

/** `9 min 41 s`, `2 h 5 min`, `3 days`, `4 years`. Never negative. */
export function duration(secs: number): string {
  const left = Math.max(0, Math.floor(secs));
  const minutes = Math.floor(left / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 100 * YEAR_DAYS) return "more than 100 years";
  if (days >= 2 * YEAR_DAYS) return `${Math.floor(days / YEAR_DAYS)} years`;
  if (hours >= 48) return `${days} days`;
  if (hours > 0) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  if (minutes > 0) return left % 60 ? `${minutes} min ${left % 60} s` : `${minutes} min`;
  return `${left} s`;
}

/** `0.34 s`, `3.6 s`: measured on this screen. */
export const stopwatch = (millis: number) => `${(millis / 1000).toFixed(millis < 1000 ? 2 : 1)} s`;

/** `3.4 s`, while it runs. */
export const tenths = (millis: number) => `${(millis / 1000).toFixed(1)} s`;

/** `0.8 s`, `12 s`, `25 min`, `2 h`: how old, in the one unit that says it. */
export function oldness(millis: number): string {
  if (millis < 10_000) return tenths(millis);
  const secs = Math.floor(millis / 1000);
  return duration(secs - (secs % (secs < 120 ? 1 : secs < 7200 ? 60 : 3600)));
}

/** `1.2 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let size = count;
  let step = 0;
  while (size >= 1000 && step < units.length - 1) {
    size /= 1000;
    step += 1;
  }
  return `${step === 0 ? size : size.toFixed(1)} ${units[step] ?? ""}`;
}
