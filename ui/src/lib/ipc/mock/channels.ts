/** Opening and closing channels in the pretend shell. */
import type { CloseRequest, OpenRequest } from "../gen/dto";
import type { ClosePreview, OpenPreview } from "../gen/view";
import { node, now } from "./data";
import type { World } from "./world";

export function openPreview(world: World, request: OpenRequest): OpenPreview {
  if (request.amountSat < 20_000) throw world.error("channel_size");
  if (!/^0[23][0-9a-f]{64}/.test(request.peer)) throw world.error("not_understood");
  const id = `o${world.next()}`;
  const nodeId = request.peer.split("@")[0] ?? "";
  const reserve = Math.max(1000, Math.floor(request.amountSat / 100));
  world.previews.set(id, () => undefined);
  return {
    id, peer: { nodeId, alias: nodeId === node("03a7") ? "Hub" : null, connected: true }, amountSat: request.amountSat,
    smallestSat: 20_000, largestSat: 250_000, canSendAfterMsat: (request.amountSat - reserve - 1640) * 1000, canReceiveAfterMsat: 0,
    reserveSat: reserve, openFeeSat: 612, closeFeeSat: 510, keptForClosingSat: 50_000, confirmations: 3,
  };
}

export function closePreview(world: World, request: CloseRequest): ClosePreview {
  const channel = world.snapshot.channels.list.find((one) => one.id === request.channelId);
  if (!channel) throw world.error("channel_gone");
  const id = `x${world.next()}`;
  const force = request.way === "force";
  world.previews.set(id, () => {
    channel.state = force ? { type: "closingByForce", blocksLeft: 1008, freeAtSecs: now() + 7 * 86_400 } : { type: "closingTogether" };
    world.tell({ type: "channels", channels: { ...world.snapshot.channels } });
  });
  return {
    id, channelId: channel.id, peer: channel.peer, way: request.way, youGetSat: force ? 228_740 : 231_130, feeSat: force ? 2_900 : 510,
    blocks: force ? 1008 : 1, freeAtSecs: now() + (force ? 7 * 86_400 : 600), canSendLessMsat: channel.canSendMsat,
    canReceiveLessMsat: channel.canReceiveMsat, peerAway: !channel.peer.connected,
  };
}

export function confirm(world: World, id: string): null {
  const act = world.previews.get(id);
  if (!act) throw world.error("stale");
  act();
  return null;
}
