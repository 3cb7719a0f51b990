/** A movement in words: whose it is, when, and what was written. */
import { day, dayFrom, shortId, time } from "./format";
import { t } from "./i18n";
import type { Movement, MovementDetail } from "./ipc/gen/view";

const isId = (party: string) => /^[0-9a-z]{20,}$/i.test(party);

/** The other side, short where it is an id or an address. */
export const partyOf = (movement: Movement): string | null =>
  movement.party && (isId(movement.party) ? shortId(movement.party) : movement.party);

/** Sent to a node that did not ask for it (keysend): the payer made the preimage, and nobody signed an invoice. */
export const isUnasked = (detail: MovementDetail): boolean => detail.preimage !== null && !detail.invoice && !detail.offer && !detail.bolt12Invoice;

function titleOf(movement: Movement, contact: string | null): string {
  if (movement.label !== null) return movement.label;
  const party = contact ?? partyOf(movement);
  const words = t.common.movement;
  if (movement.bump) return words.bump[movement.bump];
  switch (movement.kind) {
    case "channelOpen":
      return words.channelOpen(party);
    case "channelOpenByPeer":
      return words.channelOpenByPeer(party);
    case "channelClose":
      return movement.status === "paid" ? words.channelClose(party) : words.channelClosing(party);
    case "lightning":
    case "onchain":
      if (movement.direction === "in") return movement.note ?? party ?? words.received[movement.kind];
      if (movement.recipients !== null) return words.recipients(movement.recipients);
      return party ?? movement.note ?? words.sent[movement.kind];
  }
}

/** Today 14:02 as `14:02`, yesterday, or the day. */
function whenOf(secs: number, now: number, timeOnly: boolean): string {
  const when = dayFrom(secs, now);
  if (timeOnly || when === "today") return time(secs);
  return when === "yesterday" ? `${t.common.yesterday} ${time(secs)}` : day(secs, now);
}

/** Title and second line of a row. `contact`: what its payee is called here. */
export function describe(movement: Movement, now: number, contact: string | null, timeOnly = false): { title: string; line: string } {
  const title = titleOf(movement, contact);
  const parts = [whenOf(movement.createdAtSecs, now, timeOnly)];
  const words = t.common.movement;
  if (movement.unsent) parts.push(words.notSent);
  else if (movement.awaitsInvoice) parts.push(words.awaitsInvoice);
  else if (movement.calledOff) parts.push(words.calledOff);
  else if (movement.kind === "onchain" && movement.status === "pending") parts.push(words.waitsForBlock);
  else if (movement.status !== "paid") parts.push(words.status[movement.status](movement.direction));
  if (movement.closeReason && movement.closeReason !== "agreed") parts.push(t.channels.closeReason[movement.closeReason]);
  if (movement.note && movement.note !== title) parts.push(movement.note);
  return { title, line: parts.join(" · ") };
}
