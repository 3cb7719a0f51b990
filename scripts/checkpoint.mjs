// node scripts/checkpoint.mjs: what the next release writes into the table of networks (src-tauri/engine/src/network.rs and its
// tests), asked of public servers. NOT CONTACTED FROM CI: a person starts it, and compares it with a node of their own
// (docs/releasing.md).
import { agreed, checked, heightBelow, written } from "./lib/checkpoint.mjs";
import { program, Stop } from "./lib/run.mjs";

/** Of the kind of Esplora. `retargeted`: the difficulty of the block above is in the table too. */
const NETWORKS = {
  MAINNET: { servers: ["https://blockstream.info/api", "https://mempool.space/api"], retargeted: true },
  TESTNET4: { servers: ["https://mempool.space/testnet4/api"], retargeted: false },
  SIGNET: { servers: ["https://blockstream.info/signet/api", "https://mempool.space/signet/api"], retargeted: false },
};
const PATIENCE_MS = 20_000;

await program(async () => {
  for (const [network, { servers, retargeted }] of Object.entries(NETWORKS)) {
    const newest = await Promise.all(servers.map((server) => text(server, "/blocks/tip/height")));
    const height = heightBelow(Math.min(...newest.map(Number)));
    const block = agreed(await Promise.all(servers.map((server) => saidBy(server, height))));
    const by = servers.length === 1 ? "one server alone" : `${servers.length} servers`;
    console.log(`${network}, said by ${by}:\n${written(height, block, retargeted)}\n`);
  }
});

async function saidBy(server, height) {
  const [hash, above] = await Promise.all([height, height + 1].map((at) => text(server, `/block-height/${at}`)));
  const [header, next] = await Promise.all([hash, above].map((block) => text(server, `/block/${block}/header`)));
  return checked({ hash, header, next });
}

async function text(server, path) {
  const answer = await fetch(server + path, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch((error) => {
    throw new Stop(`${server} cannot be asked: ${error.message}`);
  });
  if (!answer.ok) throw new Stop(`${server}${path} answers ${answer.status}.`);
  return (await answer.text()).trim();
}
