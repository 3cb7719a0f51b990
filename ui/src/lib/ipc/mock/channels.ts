/** Opening and closing channels in the pretend shell. */
import type { CloseRequest, OpenRequest } from "../gen/dto";
import type { Channel, ChannelState, ClosePreview, OpenPreview, Peer } from "../gen/view";
import { node, now } from "./data";
import type { World } from "./world";

/** Negotiating, then a confirmation every half second, then ready. */
function opened(world: World, sizeSat: number, reserve: number, peer: Peer): void {
  const channel: Channel = {
    id: `n${world.next()}`, peer, state: { type: "negotiating" }, capacitySat: sizeSat, yourReserveMsat: reserve * 1000,
    yoursMsat: (sizeSat - reserve) * 1000, inFlightMsat: 0, theirsMsat: 0, theirReserveMsat: 0, canSendMsat: 0, canReceiveMsat: 0,
    openedByYou: true, fundingTxid: "7d".repeat(32), openedAtSecs: now(), lastPeerError: null, peerAssertion: null, channelType: "anchors", commitmentSatPerKw: 253,
    closeReason: null, forceCloseDelayBlocks: 144,
    forwardingBaseFeeMsat: 0, forwardingFeePpm: 0,
  };
  const show = (state: ChannelState) => {
    const list = world.snapshot.channels.list.filter((one) => one.id !== channel.id);
    world.snapshot.channels = { ...world.snapshot.channels, list: [{ ...channel, state }, ...list] };
    world.tell({ type: "channels", channels: world.snapshot.channels });
  };
  show({ type: "negotiating" });
  [0, 1, 2].forEach((confirmations) => setTimeout(() => { show({ type: "confirming", confirmations, required: 3 }); }, 300 + confirmations * 500));
  setTimeout(() => { show({ type: "ready" }); }, 2_200);
}

export function openPreview(world: World, request: OpenRequest): OpenPreview {
  if (request.amountSat < 20_000 || request.amountSat > Math.max(20_000, world.snapshot.balance.onchain.canSpendSat - 612)) throw world.error("channel_size");
  if (!/^0[23][0-9a-f]{64}/.test(request.peer)) throw world.error("not_understood");
  const id = `o${world.next()}`;
  const nodeId = request.peer.split("@")[0] ?? "";
  const reserve = Math.max(1000, Math.floor(request.amountSat / 100));
  const peer = { nodeId, alias: nodeId === node("03a7") ? "Hub" : null, connected: true };
  world.previews.set(id, () => {
    opened(world, request.amountSat, reserve, peer);
  });
  return {
    id, peer, amountSat: request.amountSat,
    smallestSat: 20_000, largestSat: Math.max(20_000, world.snapshot.balance.onchain.canSpendSat - 612), canSendAfterMsat: (request.amountSat - reserve - 1640) * 1000, canReceiveAfterMsat: 0,
    reserveSat: reserve, openFeeSat: 612, closeFeeSat: 510, keptForClosingSat: 50_000, confirmations: 3,
    fiat: world.pricedPreview(request.amountSat * 1000, 612_000),
  };
}

export function closePreview(world: World, request: CloseRequest): ClosePreview {
  const channel = world.snapshot.channels.list.find((one) => one.id === request.channelId);
  if (!channel) throw world.error("channel_gone");
  const id = `x${world.next()}`;
  const force = request.way === "force";
  world.previews.set(id, () => {
    const gently: ChannelState = { type: channel.peer.connected ? "closingTogether" : "closeAsked" };
    const state: ChannelState = force ? { type: "closingByForce", blocksLeft: 1008, freeAtSecs: now() + 7 * 86_400 } : gently;
    const list = world.snapshot.channels.list.map((one) => (one.id === channel.id ? { ...one, state } : one));
    world.snapshot.channels = { ...world.snapshot.channels, list };
    world.tell({ type: "channels", channels: world.snapshot.channels });
  });
  return {
    id, channelId: channel.id, peer: channel.peer, way: request.way, youGetSat: force ? 228_740 : 231_130, feeSat: force ? 2_900 : 510,
    blocks: force ? 1008 : 1, freeAtSecs: now() + (force ? 7 * 86_400 : 600), canSendLessMsat: channel.canSendMsat,
    canReceiveLessMsat: channel.canReceiveMsat, peerAway: !channel.peer.connected,
    fiat: world.pricedPreview(force ? 228_740_000 : 231_130_000, force ? 2_900_000 : 510_000),
  };
}

function change(world: World, channelId: string, part: Partial<Channel>): null {
  const list = world.snapshot.channels.list.map((one) => (one.id === channelId ? { ...one, ...part } : one));
  world.snapshot.channels = { ...world.snapshot.channels, list };
  world.tell({ type: "channels", channels: world.snapshot.channels });
  return null;
}

export const keepOpen = (world: World, channelId: string): null => change(world, channelId, { state: { type: "peerAway" } });

/** Anything with a port answers. */
export function connectPeer(world: World, nodeId: string, place: string): null {
  const channel = world.snapshot.channels.list.find((one) => one.peer.nodeId === nodeId);
  if (!channel || !place.trim()) throw world.error("not_understood");
  if (!place.includes(":")) throw world.error("peer_unreachable");
  return change(world, channel.id, { state: { type: "ready" }, peer: { ...channel.peer, connected: true } });
}

export function confirm(world: World, id: string): null {
  const act = world.previews.get(id);
  if (!act) throw world.error("stale");
  act();
  return null;
}

/** The quarantine ends; every channel waits for its peer. */
export function giveUpChannels(world: World): null {
  const list = world.snapshot.channels.list.map((one) => ({ ...one, state: { type: "waitingForPeer" } as const }));
  world.snapshot.channels = { ...world.snapshot.channels, list };
  world.snapshot.cards = list.map((one) => ({ type: "waitingForPeer", channelId: one.id }));
  world.snapshot.sync = { type: "ready" };
  world.tell({ type: "channels", channels: world.snapshot.channels });
  world.tell({ type: "cards", cards: world.snapshot.cards });
  world.tell({ type: "sync", sync: world.snapshot.sync, tip: world.snapshot.tip });
  return null;
}
