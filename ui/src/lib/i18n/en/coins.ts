import { number } from "$lib/format";
import type { CoinState } from "$lib/ipc/gen/view";

const states: Record<CoinState, string> = {
  free: "Can be spent",
  incoming: "Comes in",
  locked: "Promised",
  frozen: "Frozen",
};

export const coins = {
  title: "Coins",
  why: "On-chain money is made of coins: each is an output of one transaction. A frozen coin is spent by nothing, neither a payment nor a channel, until you unfreeze it.",
  empty: "No coins on-chain.",
  states,
  change: "Change of a payment of yours",
  confirmations: (count: number) => (count === 0 ? "not in a block yet" : count === 1 ? "1 confirmation" : `${number(count)} confirmations`),
  freeze: "Freeze",
  unfreeze: "Unfreeze",
  name: "Name",
  named: (what: string) => `Name of the coin ${what}`,
  saveName: "Save",
  nameWhy: "Only you see it.",
};
