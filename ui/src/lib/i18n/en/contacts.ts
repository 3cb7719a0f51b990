import { number } from "$lib/format";
import type { PayeeKind } from "$lib/ipc/gen/view";

const kinds: Record<PayeeKind, (text: string, host: string | null) => string> = {
  name: (text) => text,
  lnurl: (_, host) => `Payment link of ${host ?? "an unknown host"}`,
  offer: (text) => `Offer ${text}`,
  node: (text) => `Node ${text}`,
  address: (text) => `Bitcoin address ${text}`,
};

export const contacts = {
  title: "Contacts",
  why: "Names of your own for whom you can pay again. Only you see them, and they are in your living copy.",
  find: "Find a contact",
  none: "No contacts yet",
  noneWhy: "Pay a name, a payment link, an offer or a node, and save it from its detail. Or add one here.",
  noneFound: "No contact of that name.",
  kinds,
  all: (count: number) => `All contacts (${number(count)})`,
  pay: "Pay",
  payAgain: "Pay again",
  save: "Save as contact",
  saveNow: "Save",
  edit: "Edit",
  add: "Add a contact",
  whom: "Whom",
  whomHint: "A name like ada@example.com, a payment link, an offer, a node id or an address.",
  name: "Name",
  nameHint: "Yours for them. Nobody else sees it.",
  noName: "Write a name.",
  taken: "Another contact of yours has this name too. You will only tell them apart by what is below it.",
  sameName: "Another contact has this name too",
  forget: "Forget",
  forgetSure: "What was paid stays in Activity. Only the name goes.",
  never: "Not paid yet",
  payments: (count: number) => (count === 1 ? "1 payment" : `${number(count)} payments`),
  last: (when: string) => `last ${when}`,
  fees: "and fees of",
  reuse: "An address is best used once: whoever sees one payment to it sees them all. Ask them for a new one, or for an offer.",
  your: "Your contact",
  paysTo: "Pays",
  paidTo: "Paid to",
};
