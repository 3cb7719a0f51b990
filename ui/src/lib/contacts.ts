/** Contacts in words, and found by what is typed. */
import { shortId } from "./format";
import { t } from "./i18n";
import type { Contact, Payee } from "./ipc/gen/view";

/** What a contact really pays. A name stands as it is: all of it counts. */
export const payeeText = ({ kind, text, host }: Payee): string => t.contacts.kinds[kind](kind === "name" ? text : shortId(text, 8, 6), host);

const lower = (text: string) => text.trim().toLocaleLowerCase("en");

/** Those with this in their name, or in what they pay. */
export function found<T>(all: T[], of: (one: T) => Contact, typed: string): T[] {
  const part = lower(typed);
  return all.filter((one) => lower(of(one).name).includes(part) || of(one).payee.text.toLocaleLowerCase("en").includes(part));
}

/** Another one than `payeeId` has this name. */
export const isTaken = (all: Contact[], name: string, payeeId: string | null): boolean =>
  lower(name) !== "" && all.some((one) => lower(one.name) === lower(name) && one.payee.id !== payeeId);
