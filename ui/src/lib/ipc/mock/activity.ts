/** What the engine’s filter lets through. */
import type { ActivityFilter, ActivityKind, Movement } from "../gen/view";

const is: Record<ActivityKind, (one: Movement) => boolean> = {
  sent: (one) => one.direction === "out",
  received: (one) => one.direction === "in",
  channels: (one) => one.kind.startsWith("channel"),
  lightning: (one) => one.kind === "lightning",
  onchain: (one) => one.kind === "onchain",
  pending: (one) => one.status === "pending" || one.status === "inTransit",
  opened: (one) => one.kind === "channelOpen" || one.kind === "channelOpenByPeer",
  closed: (one) => one.kind === "channelClose",
  failed: (one) => one.status === "failed" || one.status === "expired",
};

export const passes = (filter: ActivityFilter, one: Movement): boolean =>
  filter.text.toLowerCase().split(/\s+/).every((word) => JSON.stringify(one).toLowerCase().includes(word)) &&
  filter.only.every((kind) => is[kind](one)) &&
  one.amountMsat >= (filter.minMsat ?? 0) && one.amountMsat <= (filter.maxMsat ?? Infinity) &&
  one.createdAtSecs >= (filter.sinceSecs ?? 0) && one.createdAtSecs < (filter.untilSecs ?? Infinity);
