// The chain as its own server tells it: miner fees are read here, never from the wallet.

/** Every transaction in the blocks of this Esplora server, oldest first, without coinbases. */
export async function transactions(url) {
  const tip = Number(await get(`${url}/blocks/tip/height`));
  const all = [];
  for (let height = 1; height <= tip; height += 1) {
    const hash = await get(`${url}/block-height/${height}`);
    const ids = JSON.parse(await get(`${url}/block/${hash}/txids`)).slice(1);
    for (const id of ids) all.push(JSON.parse(await get(`${url}/tx/${id}`)));
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
