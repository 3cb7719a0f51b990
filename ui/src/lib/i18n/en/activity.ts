import type { ActivityKind, Direction, Status, TransactionPart, Unsent } from "$lib/ipc/gen/view";

const steps: Record<Status, (direction: Direction) => string> = {
  pending: (direction) => (direction === "in" ? "Asked for" : "Written down"),
  inTransit: () => "Left your wallet",
  paid: (direction) => (direction === "in" ? "Received" : "Done"),
  failed: () => "Failed",
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

/** Words that the search takes for a filter. */
const only: Record<string, ActivityKind> = {
  sent: "sent", received: "received", channels: "channels", channel: "channels", lightning: "lightning",
  onchain: "onchain", "on-chain": "onchain", pending: "pending", failed: "failed", expired: "failed", opened: "opened", openings: "opened", closed: "closed", closings: "closed",
};
/** As a person reads them back. */
const onlySays: Record<ActivityKind, string> = {
  sent: "sent", received: "received", channels: "channels", lightning: "over Lightning", onchain: "on-chain", pending: "pending", failed: "failed",
  opened: "channels opened", closed: "channels closed",
};
const months: Record<string, number> = Object.fromEntries(
  ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"].flatMap(
    (name, at) => [[name, at], [name.slice(0, 3), at]],
  ),
);
const units: Record<string, "days" | "weeks" | "months" | "years"> = {
  days: "days", day: "days", weeks: "weeks", week: "weeks", months: "months", month: "months", years: "years", year: "years",
};
const sides: Record<string, "in" | "since" | "after" | "before" | "until"> = { in: "in", since: "since", from: "since", after: "after", before: "before", until: "until" };
type When = "today" | "yesterday" | "thisWeek" | "lastWeek" | "thisMonth" | "lastMonth" | "thisYear" | "lastYear";
const when: Record<string, When> = {
  today: "today", yesterday: "yesterday", "this week": "thisWeek", "last week": "lastWeek",
  "this month": "thisMonth", "last month": "lastMonth", "this year": "thisYear", "last year": "lastYear",
};

const parts: Record<TransactionPart, string> = {
  payment: "The payment",
  funding: "Opens the channel",
  coopClose: "Closes it, as both agreed",
  commitment: "Closes it by force",
  anchorBump: "Pays for the close",
  claim: "Takes a payment that was under way",
  penalty: "Takes what they tried to take",
  sweep: "Brings the rest to your wallet",
};

export const activity = {
  transactions: { title: "Transactions", parts, fee: "miner fee" },
  receipt: {
    title: "Receipt of a bitcoin payment",
    number: (id: string) => `No. ${id}`,
    sums: "Amounts",
    satoshis: "in satoshis",
    bitcoin: "in bitcoin",
    total: "Total paid",
    fee: "of that the fee",
    how: "How",
    lightning: "Over the Lightning network",
    chain: "On the bitcoin blockchain",
    confirmed: "Confirmed",
    whoIs: "That is",
    withName: "With your name for them:",
    foot: "Written by the payer’s own wallet, Fulmen, from its records. 1 bitcoin is 100 000 000 satoshis.",
    proves: "The proof of payment is a number that only whoever was paid could know and gives out when paid: its SHA-256 is the payment hash, which stands in the invoice that they signed.",
    unasked: "The payer made this number and sent it along: its SHA-256 is the payment hash. Nobody asked for the payment or signed an invoice for it, so this is the payer’s own record and proves nothing to others.",
    onChain: "Anyone can see this transaction on the bitcoin blockchain.",
    paidTo: "Paid to",
    when: "When",
    what: "For",
    amount: "Paid to the payee",
    save: "Save receipt",
    saving: "Saving…",
    saved: "Saved as",
  },
  query: {
    only, when, months, units, sides,
    last: "last",
    /** May stand behind an amount. */
    satoshis: ["sat", "sats"],
    label: "Looking for",
    says: {
      only: onlySays,
      least: (amount: string) => `at least ${amount}`,
      most: (amount: string) => `at most ${amount}`,
      exactly: (amount: string) => `exactly ${amount}`,
      on: (day: string) => day,
      fromTo: (from: string, to: string) => `${from} to ${to}`,
      from: (from: string) => `from ${from}`,
      to: (to: string) => `up to ${to}`,
      text: (text: string) => `“${text}”`,
    },
  },
  queryHint: "Also: sent, received, failed, on-chain, opened, closed · >100k, 5k-20k · last month, november 2025, since 2026-03, last 30 days",
  table: "Save as a table",
  tableSaving: "Saving…",
  tableSaved: "Saved as",
  unsent,
  notSent: "Not sent yet",
  takeBack: "Take it back",
  takingBack: "Taking it back…",
  waits: {
    title: "Waits for a block",
    soon: (rate: number, about: string) => `It pays ${rate} sat/vB: ${about} if the miners’ prices stay. It is final once it is in a block.`,
    stuckTitle: "Stuck: its fee is too low just now",
    stuck: (rate: number) => `It pays ${rate} sat/vB, and others pay more. It goes on waiting and nothing is lost. A higher fee gets it in sooner.`,
    calledOffTitle: "Called off, waits for a block",
    calledOff: "What comes back to you takes its place with the next block. Until then a miner may still take the payment.",
    speedUp: "Speed it up",
    callOff: "Call it off",
    looking: "Looking…",
    replaces: "The same payment with a higher fee takes its place. They get the same.",
    offTheRest: (several: boolean) =>
      several
        ? "The same payment with a higher fee takes its place. The first recipient gets what is left, so less by that. The others get the same."
        : "The same payment with a higher fee takes its place. All there was was sent, so they get less by that.",
    child: "A transaction to yourself pays for both, so that miners take them together.",
    callOffMeans: "All of it comes back to you, but for the fee. It is certain once that is in a block.",
    extra: "Costs more by",
    fee: "Fee in all",
    speedUpNow: "Speed it up",
    callOffNow: "Call it off",
  },
  awaitsInvoice: "Waiting for their invoice",
  awaitsInvoiceWhy: "They were asked for one. No money has left, and until they answer it can be taken back.",
  onWay: {
    title: "Waiting for them to take it",
    text: "Nodes pass it on until the payee takes it or one of them sends it back. Don’t pay it a second time.",
    backBy: (at: string) => `If nobody takes it, it comes back by itself by about ${at}, as fast as blocks come.`,
  },
  abandon: {
    go: "Stop trying",
    working: "Stopping…",
    means: "Stopping ends further tries. What has left can’t be called back: they may still take it, or it comes back by itself.",
    done: "No further try",
    doneWhy: "What has left is not decided: they may still take it, or it comes back by itself. Don’t pay it a second time.",
  },
  askedInvoice: "Asked for their invoice",
  youWroteThem: "You wrote to them",
  howMany: "How many",
  offer: "Offer",
  yourOffer: "Came by your offer",
  theirInvoice: "Their invoice (BOLT 12)",
  takeBackWhy: "Nothing of it has left this computer yet, so it can be taken back.",
  title: "Activity",
  search: "Search",
  placeholder: "Name, note, amount, >100k sent last month",
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
  routingFee: "Routing fee",
  minerFee: "Miner fee",
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
  preimage: "Preimage",
  technical: "Technical details",
  hash: "Payment hash",
  invoice: "Invoice",
  node: "Node",
  txid: "Transaction",
  replacedBy: "Replaced by",
  address: "Address",
  recipients: "Paid with it",
  recipient: (place: number) => `Recipient ${place}`,
  confirmations: "Confirmations",
  unchecked: "Its block is older than those that this version checks: that it is in there is your chain server’s word.",
  expires: "Good until",
  never: "for ever",
  id: "Movement",
};
