/** Contacts in the pretend shell. A payee’s id is its kind and its text. */
import type { Contact, ContactTotals, Movement, Payee, PayeeKind } from "../gen/view";
import { node } from "./data";
import type { World } from "./world";

const kindOf = (text: string): PayeeKind =>
  /^lno1/i.test(text) ? "offer" : /^lnurl/i.test(text) ? "lnurl" : text.includes("@") ? "name" : /^0[23]/.test(text) ? "node" : "address";

export function payee(text: string, kind = kindOf(text)): Payee {
  return { id: `${kind} ${text}`, kind, text, host: kind === "lnurl" ? "shop.example" : null };
}

const flagged = (all: Contact[]): Contact[] => {
  const name = (one: Contact) => one.name.toLowerCase();
  return [...all]
    .sort((a, b) => name(a).localeCompare(name(b)))
    .map((one) => ({ ...one, sameName: all.some((other) => other !== one && name(other) === name(one)) }));
};

const many = (count: number) => Array.from({ length: count }, (_, at) => ({ payee: payee(`friend${at}@example.com`), name: `Friend ${String(at).padStart(3, "0")}`, sameName: false }));

/** Whom the scene knows. */
export function contactsOf(scene: string): Contact[] {
  if (scene === "contacts-many") return flagged(many(200));
  if (scene !== "contacts") return [];
  return flagged([
    { payee: payee("ada@example.com"), name: "Ada", sameName: false },
    { payee: payee("₿ada@other.example"), name: "ada", sameName: false },
    { payee: payee(`lno1${"pgqpvk3x".repeat(12)}`), name: "The bakery at the corner of Long Street, with the good bread and the slow queue", sameName: false },
    { payee: payee("lnurl1dp68gurn8ghj7um5v93kketj9ehx2amn9uh8wetvdskkkmn0wahz7mrww4excup0dajx2mrv92x9xp"), name: "נועה לוי", sameName: false },
    { payee: payee("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), name: "Landlord", sameName: false },
    { payee: payee(node("02d5")), name: "Night Radio", sameName: false },
  ]);
}

/** Who was paid, of the rows that say so. */
export function mockContacts(world: World) {
  const totals = (): ContactTotals[] => {
    const of = (contact: Contact): ContactTotals => {
      const rows = world.snapshot.movements.filter((row) => row.payeeId === contact.payee.id && row.status === "paid");
      const sum = (part: (row: Movement) => number) => rows.reduce((all, row) => all + part(row), 0);
      return {
        contact, payments: rows.length, paidMsat: sum((row) => row.amountMsat), feesMsat: sum((row) => row.feeMsat ?? 0),
        lastSecs: rows.length > 0 ? Math.max(...rows.map((row) => row.createdAtSecs)) : null,
      };
    };
    return world.snapshot.contacts.map(of).sort((a, b) => (b.lastSecs ?? 0) - (a.lastSecs ?? 0));
  };
  const change = (contacts: Contact[]) => {
    world.snapshot.contacts = flagged(contacts);
    world.tell({ type: "contacts", contacts: world.snapshot.contacts });
    return totals();
  };
  return {
    contacts: totals,
    save_contact: ({ text, name }: { text: string; name: string }) => {
      if (/^lnbc/i.test(text)) throw world.error("paid_once");
      if (text.trim() === "") throw world.error("nothing_to_read");
      const whom = payee(text);
      const others = world.snapshot.contacts.filter((one) => one.payee.id !== whom.id);
      return change([...others, { payee: whom, name: name.trim(), sameName: false }]);
    },
    forget_contact: ({ id }: { id: string }) => change(world.snapshot.contacts.filter((one) => one.payee.id !== id)),
  };
}
