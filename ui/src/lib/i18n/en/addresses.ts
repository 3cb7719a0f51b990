import { number } from "$lib/format";
import type { AddressOrigin } from "$lib/ipc/gen/view";

const origins: Record<AddressOrigin, string> = {
  request: "Request",
  channel: "End of a channel",
  unknown: "Given out elsewhere",
};

const originWhy: Record<AddressOrigin, string> = {
  request: "You gave it out with a request.",
  channel: "A channel paid to it when it ended. You gave it to nobody else.",
  unknown: "No request here gave it out: you did before a restore, or on another computer.",
};

export const addresses = {
  title: "Addresses given out",
  why: "Every on-chain address of yours that somebody has, the newest first.",
  none: "No address was given out yet",
  noneWhy: "Each request has one.",
  origins,
  originWhy,
  unused: "Not used yet",
  given: "Given out",
  received: "Received in total",
  held: "Still there",
  history: "What moved",
  came: "Came",
  left: "Left",
  confirmations: (count: number) => (count === 0 ? "not in a block yet" : count === 1 ? "1 confirmation" : `${number(count)} confirmations`),
  what: "the address",
  reuse: {
    used: { title: "Better not twice", text: "Whoever paid to it, and everyone who looks at the chain, sees that what comes next is yours as well. It works all the same." },
    unused: { title: "It can be given again", text: "Nothing has come to it. Give it to the same payer only: two who have it see what the other one pays." },
  },
  copy: "Copy address",
  fresh: "New address",
  all: "All addresses",
  back: "Back",
};
