// The chain as its own server tells it: miner fees are read here, never from the wallet.

/** The transactions of every block of this Esplora server but the genesis block, oldest first; the first of each is the reward. */
export async function blocks(url) {
  const tip = Number(await get(`${url}/blocks/tip/height`));
  const all = [];
  for (let height = 1; height <= tip; height += 1) {
    const hash = await get(`${url}/block-height/${height}`);
    const ids = JSON.parse(await get(`${url}/block/${hash}/txids`));
    const transactions = ids.map(async (id) => JSON.parse(await get(`${url}/tx/${id}`)));
    all.push(await Promise.all(transactions));
  }
  return all;
}

/** Those of `all` that spend an output of `parent`. */
export function spenders(all, parent) {
  return all.filter((tx) => tx.vin.some((input) => input.txid === parent.txid));
}

async function get(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}
