/** A believable wallet for pictures and tests: the sums of the drawn screens, in msat and sat. */
import { noCopy } from "./copy";
import type { SettingsView } from "../gen/dto";
import type { Balance, Card, Channel, Channels, Movement, NetworkId, Snapshot, SuggestedPeer } from "../gen/view";
import { currencies, rateHosts } from "./rates";

export const now = () => Math.floor(Date.now() / 1000);
const hour = 3600;
const day = 24 * hour;
const sat = (amount: number) => amount * 1000;
export const node = (start: string) => start.padEnd(60, "7c41b09e5d").slice(0, 60) + "9c41c2";

const base: Movement = {
  id: "", kind: "lightning", direction: "out", status: "paid", party: null, payeeId: null, recipients: null, label: null, note: null, amountMsat: 0, feeMsat: null, totalMsat: null,
  changeMsat: 0, failure: null, unsent: null, canTakeBack: false, canAbandon: false, abandoned: false, calledOff: false, bump: null, awaitsInvoice: false, closeReason: null, createdAtSecs: 0, updatedAtSecs: 0, confirmations: null,
};
/** What has left follows, as in the engine. */
export function move(part: Partial<Movement> & { id: string }): Movement {
  const movement = { ...base, updatedAtSecs: part.createdAtSecs ?? 0, ...part };
  return { ...movement, totalMsat: movement.direction === "out" ? movement.amountMsat + (movement.feeMsat ?? 0) : null };
}

export function movements(): Movement[] {
  const t = now();
  return [
    move({ id: "m9", party: "Kiln & Clay", note: "Two bowls", amountMsat: sat(18_500), status: "inTransit", createdAtSecs: t - 1500 }),
    move({ id: "m8", direction: "in", note: "Guitar lesson", amountMsat: sat(42_000), createdAtSecs: t - 2 * hour }),
    move({ id: "m7", party: "Corner Espresso", note: "Flat white, croissant", amountMsat: sat(3_900), feeMsat: 3_000, createdAtSecs: t - 4 * hour }),
    move({ id: "m6", party: node("03f1"), note: "Weekly vegetables", amountMsat: sat(14_250), feeMsat: 4_120, createdAtSecs: t - day }),
    move({ id: "m5", party: null, payeeId: `node ${node("02d5")}`, note: "Night Radio", amountMsat: sat(1_140), feeMsat: 1_000, createdAtSecs: t - day - 3 * hour }),
    move({ id: "m4", kind: "channelClose", direction: "between", status: "pending", party: "Lantern", amountMsat: sat(388_900), createdAtSecs: t - 8 * hour }),
    move({ id: "m3", party: "Parcel Depot", note: "Freight, invoice 771", amountMsat: sat(640_000), status: "failed", failure: "no_route", createdAtSecs: t - 2 * day }),
    move({ id: "m2", kind: "onchain", direction: "in", party: null, amountMsat: sat(300_000), confirmations: 812, createdAtSecs: t - 4 * day }),
    move({ id: "m1", direction: "in", note: "Bicycle bell", amountMsat: sat(8_500), createdAtSecs: t - 4 * day }),
    move({ id: "m0", kind: "channelOpenByPeer", direction: "in", party: "Hub", amountMsat: 0, createdAtSecs: t - 82 * day }),
  ];
}

const channel = (part: Partial<Channel> & { id: string }): Channel => ({
  peer: { nodeId: node("03a7"), alias: "Hub", connected: true }, state: { type: "ready" }, capacitySat: 2_000_000,
  yourReserveMsat: sat(20_000), yoursMsat: sat(1_194_300), inFlightMsat: 0, theirsMsat: sat(765_700), theirReserveMsat: sat(20_000),
  canSendMsat: sat(1_192_660), canReceiveMsat: sat(746_000), openedByYou: false, fundingTxid: "5f".repeat(32),
  openedAtSecs: now() - 82 * day, lastPeerError: null, peerAssertion: null, channelType: "anchors",
  commitmentSatPerKw: 253, closeReason: null, forceCloseDelayBlocks: 1008, forwardingBaseFeeMsat: 1000, forwardingFeePpm: 300,
  ...part,
});

const lantern = { channelId: "c3", peer: "Lantern", amountSat: 388_900, together: false, confirmed: true, freeAtHeight: 964_971, blocksLeft: 971 };

/** As where money is real: names and places are short here. */
export const suggestions: SuggestedPeer[] = [
  { name: "ACINQ", uri: `${node("0386")}@node.acinq.co:9735`, why: "wellConnected" },
  { name: "Electrum", uri: `${node("03ec")}@lightning.electrum.org:9740`, why: "forWallets" },
  { name: "Olympus by ZEUS", uri: `${node("031b")}@45.79.192.236:9735`, why: "smallChannels" },
];

export function channels(): Channels {
  return {
    canSendMsat: sat(1_416_800), canReceiveMsat: sat(1_256_860),
    list: [
      channel({ id: "c1" }),
      channel({
        id: "c2", peer: { nodeId: node("02c4"), alias: "Olive Grocer", connected: true }, capacitySat: 750_000, openedByYou: true,
        yourReserveMsat: sat(7_500), yoursMsat: sat(224_140), theirsMsat: sat(510_860), theirReserveMsat: sat(7_500),
        canSendMsat: sat(224_140), canReceiveMsat: sat(510_860), forwardingBaseFeeMsat: 0, forwardingFeePpm: 500,
      }),
      channel({
        id: "c3", peer: { nodeId: node("02ee"), alias: "Lantern", connected: false }, capacitySat: 400_000, openedByYou: true,
        state: { type: "closingByForce", blocksLeft: 971, freeAtSecs: now() + 5 * day }, closeReason: "byPeer", yourReserveMsat: 0, yoursMsat: sat(388_900),
        theirsMsat: sat(11_100), theirReserveMsat: 0, canSendMsat: 0, canReceiveMsat: 0,
      }),
    ],
    suggestions: [{ name: "Hub", uri: `${node("03a7")}@127.0.0.1:9735`, why: "practice" }],
    obstacle: null, isFirst: false,
    safeOff: { untilSecs: now() + 702 * 540, blocks: 702, risk: "oldState" },
  };
}

export function balance(): Balance {
  return {
    totalMsat: sat(2_136_060),
    lightning: {
      totalMsat: sat(1_445_940), canSendMsat: sat(1_416_800), canReceiveMsat: sat(1_256_860),
      keptMsat: sat(29_140), kept: [{ kind: "reserve", amountMsat: sat(27_500) }, { kind: "closingFee", amountMsat: sat(1_640) }],
    },
    onchain: { totalSat: 301_220, canSpendSat: 251_220, keptMsat: sat(50_000), kept: [{ kind: "forClosing", amountMsat: sat(50_000) }] },
    closing: [{ ...lantern, freeAtSecs: now() + 5 * day }],
    inTransitMsat: sat(18_537), fiat: null,
  };
}

const nothing: Balance = {
  totalMsat: 0, lightning: { totalMsat: 0, canSendMsat: 0, canReceiveMsat: 0, keptMsat: 0, kept: [] },
  onchain: { totalSat: 0, canSpendSat: 0, keptMsat: 0, kept: [] }, closing: [], inTransitMsat: 0, fiat: null,
};
const nothingLost = { peers: [], scripts: 1000, scriptsLookedAt: 0 };
const cards: Card[] = [{ type: "inTransit", movementId: "m9" }, { type: "closing", channelId: "c3" }];

export function full(network: NetworkId): Snapshot {
  return {
    network, nodeId: node("0288"), tip: { height: 964_000, timeSecs: now() - 320 }, sync: { type: "ready" },
    balance: balance(), channels: channels(), movements: movements(), cards, copy: noCopy, contacts: [], rate: { type: "off" }, lost: nothingLost,
  };
}

export function empty(network: NetworkId): Snapshot {
  return {
    ...full(network), tip: { height: 101, timeSecs: now() - 60 }, balance: nothing, movements: [], cards: [],
    channels: { ...channels(), canSendMsat: 0, canReceiveMsat: 0, list: [], safeOff: null },
  };
}

export const settings = (network: NetworkId): SettingsView => ({
  network, unit: "sat", theme: "system", hideAmounts: false, sourceUrls: ["https://blockstream.info/api", "https://mempool.space/api"],
  defaultSourceUrls: ["https://blockstream.info/api", "https://mempool.space/api"], hasPassword: true, wordsBackedUp: false, crashed: null,
  spendLimitSat: 100_000, channelCapSat: 2_000_000, noCopy: false, realMoney: network === "mainnet", lockAfterMinutes: 15, version: "0.1.0", wallets: [network],
  currency: null, currencies: network === "mainnet" || network === "practice" ? currencies : [], rateHosts, resolverHost: network === "regtest" ? null : "cloudflare-dns.com",
});
