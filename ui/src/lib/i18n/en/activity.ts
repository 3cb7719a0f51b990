import type { Direction, Status, Unsent } from "$lib/ipc/gen/view";

const steps: Record<Status, (direction: Direction) => string> = {
  pending: (direction) => (direction === "in" ? "Asked for" : "Written down"),
  inTransit: () => "Left your wallet",
  paid: (direction) => (direction === "in" ? "Received" : "Done"),
  failed: () => "Failed, nothing left your wallet",
  expired: () => "Expired unpaid",
};

/** An on-chain payment that no server has shown yet. */
const unsent: Record<Unsent, { title: string; text: string }> = {
  waiting: { title: "Being sent", text: "Fulmen offers it to the source just now." },
  unreachable: {
    title: "Not sent yet: no source answers",
    text: "Fulmen offers it again by itself when one does. Don’t pay it a second time.",
  },
  notShown: {
    title: "Handed over, not seen yet",
    text: "The source took it and doesn’t show it. Fulmen looks again by itself. Don’t pay it a second time.",
  },
  feeTooLow: {
    title: "Not taken yet: the fee is too low just now",
    text: "Others pay more at the moment. Fulmen offers it again with every look. Don’t pay it a second time.",
  },
  chainTooLong: {
    title: "Not taken yet: others must confirm first",
    text: "It spends money of many payments that wait for a block themselves. Fulmen offers it again with every look. Don’t pay it a second time.",
  },
  early: {
    title: "Not taken yet: the source is behind",
    text: "By its blocks it is too early. Fulmen offers it again with every look. Don’t pay it a second time.",
  },
  conflict: {
    title: "Not taken yet: a coin is missing",
    text: "By the source’s account a coin of it is spent or unknown. Fulmen offers it again, and says so if it can never be. Don’t pay it a second time.",
  },
  refused: {
    title: "Not taken: the source refuses it",
    text: "Another source may take it. Fulmen offers it again with every look. Don’t pay it a second time.",
  },
};

export const activity = {
  unsent,
  takeBack: "Take it back",
  takingBack: "Taking it back …",
  takeBackWhy: "Nothing of it has left this computer yet, so it can be taken back.",
  title: "Activity",
  search: "Search",
  placeholder: "Name, note, amount or id",
  filters: { all: "All", sent: "Sent", received: "Received", channels: "Channels", failed: "Failed" },
  filterLabel: "Show",
  pending: "Pending",
  today: (day: string) => `Today, ${day}`,
  older: "Show older",
  loading: "Reading…",
  emptyTitle: "Nothing has moved yet",
  empty: "Every payment, deposit and channel is listed here, with its fees and its proof.",
  noneTitle: "Nothing found",
  none: "Search for less, or show all.",
  showAll: "Show all",
  details: "Details",
  status: {
    pending: (direction: Direction) => (direction === "in" ? "Waiting for the payment" : "Waiting for blocks"),
    inTransit: () => "On its way",
    paid: (direction: Direction) => (direction === "in" ? "Received" : direction === "out" ? "Paid" : "Done"),
    failed: () => "Not paid",
    expired: () => "Expired, not paid",
  } satisfies Record<Status, (direction: Direction) => string>,
  theyGot: "They got",
  theyGet: "They get",
  youGot: "You got",
  asked: "Asked for",
  anyAmount: "any amount",
  moved: "Moved",
  fee: "Fee",
  gained: "Gained",
  feeLimit: "Fee, never more than",
  left: "Left your wallet",
  theyWrote: "They wrote",
  youWrote: "Your note on the request",
  note: "Note",
  quote: (text: string) => `“${text}”`,
  history: "History",
  steps,
  proof: "Proof of payment",
  technical: "Technical details",
  hash: "Payment hash",
  invoice: "Invoice",
  node: "Node",
  txid: "Transaction",
  replacedBy: "Replaced by",
  address: "Address",
  confirmations: "Confirmations",
  expires: "Good until",
  never: "for ever",
  id: "Movement",
};
