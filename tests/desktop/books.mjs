// The books: what the chain says, and what everyone has.
import { blocks, spenders } from "./lib/chain.mjs";
import { sourceUrl } from "./hands.mjs";

/** The chain, from the server that the app's own settings name: what was mined, and what was spent. */
export async function chain(world) {
  world.source ??= await sourceUrl(world.app);
  const all = await blocks(world.source);
  return { rewards: all.map(([reward]) => reward), spending: all.flatMap(([, ...rest]) => rest) };
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

/**
 * Sat that were mined and that neither the wallet nor Hub, the shop or the faucet has; or that two of them have. Subsidies
 * and miner fees are the chain's, what each owns is its own word, as the practice drawer shows it.
 */
export async function unexplained(app, { rewards, spending }) {
  const fees = sum(spending.map((tx) => tx.fee));
  const subsidies = sum(rewards.map(paid)) - fees;
  const faucet = unspent([...rewards, ...spending], rewards[0].vout[0].scriptpubkey);
  await app.click("practice-books");
  let rest = Number.NaN;
  // The drawer asks again with each thing that happened; the last block may still be on its way to a node.
  await app
    .until("the books are closed", async () => {
      const [hub, shop] = [await app.msat("books-hub"), await app.msat("books-shop")];
      rest = subsidies * 1000 - (await app.msat("can-spend-onchain")) - hub - shop - faucet * 1000;
      return rest === 0;
    })
    .catch(() => undefined);
  const told = { mined: (await app.msat("books-mined")) / 1000, faucet: (await app.msat("books-faucet")) / 1000 };
  if (told.mined !== subsidies || told.faucet !== faucet) throw new Error(`the chain has ${subsidies}, ${faucet}; told was ${JSON.stringify(told)}`);
  return Math.ceil(Math.abs(rest) / 1000);
}

/** What the outputs to this script add up to that nobody has spent. */
function unspent(all, script) {
  const spent = new Set(all.flatMap((tx) => tx.vin.map((input) => `${input.txid}:${input.vout}`)));
  const own = all.flatMap((tx) => tx.vout.filter((output, n) => output.scriptpubkey === script && !spent.has(`${tx.txid}:${n}`)));
  return sum(own.map((output) => output.value));
}

const paid = (tx) => sum(tx.vout.map((output) => output.value));
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
