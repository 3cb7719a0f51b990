/** Channels that words alone do not bring back, in the pretend shell. */
import type { AskRequest, WordsRequest } from "../gen/dto";
import type { LostChannels, LostPeer, WordsPreview } from "../gen/view";
import type { World } from "./world";

const id = (start: string, length: number) => start.padEnd(length, "7c4e91");
const peer = (start: string, alias: string | null, connected: boolean) => ({ nodeId: id(start, 66), alias, connected });

const asked: LostPeer[] = [
  {
    peer: peer("02ac", "Olive Grocer", true), address: "olive.example:9735", state: "connected",
    channels: [
      { id: id("31", 64), capacitySat: 2_000_000, state: { type: "asked" } },
      { id: id("8d", 64), capacitySat: 500_000, state: { type: "closed", amountSat: 212_480 } },
      { id: id("c2", 64), capacitySat: null, state: { type: "asked" } },
    ],
  },
  { peer: peer("03f1", "Lantern", false), address: "203.0.113.9:9735", state: "away", channels: [{ id: id("5b", 64), capacitySat: 1_000_000, state: { type: "back", amountSat: 640_112 } }] },
  { peer: peer("0377", null, false), address: "lightning.a-very-long-host-name.example:19735", state: "notReached", channels: [] },
  { peer: peer("02bb", "Harbour", true), address: "198.51.100.4:9735", state: "hasNone", channels: [] },
];

/** As they are before anybody was asked. */
const before = (): LostPeer[] =>
  asked.map((one) => ({ ...one, state: "notReached", channels: one.channels.filter((channel) => channel.capacitySat !== null).map((channel) => (channel.state.type === "asked" ? { ...channel, state: { type: "open" } } : channel)) }));

export const lostOf = (scene: string): LostChannels => ({ peers: scene === "lost" ? asked : [], scripts: 1000, scriptsLookedAt: scene === "lost" ? 400 : 0 });

const wrongLines = ({ peers }: AskRequest) =>
  peers.split("\n").flatMap((line, index) => (line.trim() && !/^0[23][0-9a-f]+@\S+$/.test(line.trim()) ? [index + 1] : []));

function checkFile(world: World, { file }: AskRequest) {
  if (file && !file.startsWith("/media/")) throw world.error("copy_missing");
  if (file.includes("OTHER")) throw world.error("copy_foreign");
}

export function previewWords(world: World, { ask }: WordsRequest): WordsPreview {
  if (ask.file.includes("NO-SERVER")) throw world.error("offline");
  checkFile(world, ask);
  const someone = ask.file || ask.peers.trim();
  return {
    onchainSat: 3_048_211, accounts: [{ account: { kind: "closed", number: 0 }, amountSat: 852_592 }], accountsSat: 852_592, totalSat: 3_900_803,
    peers: someone ? before() : [], lockedSat: ask.file ? 2_000_000 : 0, wrongLines: wrongLines(ask),
  };
}

export function mockLost(world: World) {
  return {
    ask_peers: ({ request }: { request: AskRequest }): LostChannels => {
      checkFile(world, request);
      if (wrongLines(request).length > 0) throw world.error("not_understood");
      world.snapshot.lost = { ...world.snapshot.lost, peers: [...asked, { peer: peer("02cd", null, false), address: "host.example:9735", state: "notReached", channels: [] }] };
      world.tell({ type: "lostChannels", lost: world.snapshot.lost });
      return world.snapshot.lost;
    },
  };
}
