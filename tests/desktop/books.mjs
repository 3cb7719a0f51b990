// What the chain says about this wallet's channels.
import { spenders, transactions } from "./lib/chain.mjs";
import { sourceUrl } from "./hands.mjs";

/** The chain, from the server that the app's own settings name. */
export async function read(world) {
  world.source ??= await sourceUrl(world.app);
  return transactions(world.source);
}

/** The transaction that funded the wallet's own channel of `sat`: it spends the faucet's coins, which have one spender. */
export function opening(all, sat) {
  const funding = all.filter((tx) => tx.vout.some((output) => output.value === sat));
  const own = funding.filter((tx) => tx.vin.some((input) => input.prevout.value === 1_000_000));
  if (own.length !== 1) throw new Error(`${own.length} transactions look like the opening`);
  return own[0];
}

/** The transaction that closed the channel which `opened` funded. */
export function closing(all, opened) {
  const output = opened.vout.findIndex(({ value }) => value === 500_000);
  const spends = (tx) => tx.vin.some((input) => input.txid === opened.txid && input.vout === output);
  const [tx] = spenders(all, opened).filter(spends);
  if (!tx) throw new Error("the channel was not closed on the chain");
  return tx;
}
