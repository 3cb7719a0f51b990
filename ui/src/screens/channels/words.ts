/** A channel in words. */
import { shortId } from "$lib/format";
import { t } from "$lib/i18n";
import type { Channel, Peer } from "$lib/ipc/gen/view";

/** The name a node chose for itself, else its short id. */
export const peerName = (peer: Peer): string => peer.alias ?? t.channels.noName(shortId(peer.nodeId));

export function stateWords({ state }: Channel): string {
  const say = t.channels.state;
  return state.type === "confirming" ? say.confirming(state.confirmations, state.required) : say[state.type];
}

/** Filled: ready. Half: working on it. Hollow: away. */
export function stateDot({ state }: Channel): "on" | "half" | "off" {
  if (state.type === "ready") return "on";
  return ["peerAway", "closeAsked", "waitingForPeer", "disputed"].includes(state.type) ? "off" : "half";
}

export const isOpening = ({ state }: Channel) => state.type === "negotiating" || state.type === "confirming";
export const isClosing = ({ state }: Channel) => state.type === "closingTogether" || state.type === "closingByForce";
