/** Names and LNURLs in the pretend shell. `ada@shop.example` is paid; words inside choose a variant: `coffee` has a price,
 * `who` asks for a name,
 * `nobody`, `private`, `differs` are refused. `lnurlw:` pays, `keyauth:` signs in. A refund is one too. */

import type { Collecting, Instruction, LinkView, Request } from "../gen/view";
import type { WithdrawRequest } from "../gen/dto";
import { payee } from "./contacts";
import { move, now } from "./data";
import { plain } from "./pay";
import type { World } from "./world";

const empty: LinkView = { host: "shop.example", name: null, signed: false, details: null, longestComment: 0, wants: [], action: null };

/** A text that only says whom to ask, or a sign-in. */
export function readLink(world: World, text: string): Instruction | null {
  const clean = text.trim().replace(/^lightning:/i, "");
  const base = { ...plain, id: `i${world.next()}`, payeeName: null, payeeNode: null, note: null, amount: { type: "open" as const }, ways: { lightning: false, onchain: false } };
  const name = /^(?!0[23][0-9a-f]{64}@)[^\s:@]+@\S+\.\S+$/i.test(clean);
  const kind = name ? "name" : /^(lnurl1|lnurlp|lnurlw|lnurl:)/i.test(clean) ? "lnurl" : /^keyauth/i.test(clean) ? "lnurlAuth" : null;
  if (kind === null) return null;
  const link: LinkView = { ...empty, name: name ? clean.replace("₿", "").toLowerCase() : null, action: kind === "lnurlAuth" ? "login" : null };
  const read: Instruction = { ...base, kind, payeeName: kind === "lnurlAuth" ? link.host : null, link, label: null };
  world.instructions.set(read.id, { ...read, note: clean });
  return read;
}

export function lookUp(world: World, id: string): Instruction {
  const asked = world.instructions.get(id);
  if (!asked?.link) throw world.error("stale");
  const text = asked.note ?? "";
  if (text.includes("nobody")) throw world.error("name_unknown");
  if (text.includes("private")) throw world.error("link_private");
  if (text.startsWith("₿")) {
    const name = asked.link.name ?? "";
    const signed: Instruction = { ...plain, id: `i${world.next()}`, payeeName: `₿${name}`, payeeId: payee(`₿${name}`).id, payeeNode: null, link: { ...asked.link, signed: true } };
    world.instructions.set(signed.id, signed);
    return signed;
  }
  const pays = /^lnurlw/i.test(text);
  const answer: Instruction = {
    ...plain, id: `i${world.next()}`, kind: pays ? "lnurlWithdraw" : "lnurlPay", ways: { lightning: !pays, onchain: false }, payeeNode: null,
    payeeName: asked.link.name ?? asked.link.host, payeeId: pays ? null : payee(asked.link.name ?? text).id, note: pays ? "Change from order 2218" : "Two paperbacks, thank you",
    amount: text.includes("coffee") ? { type: "fixed", msat: 2_100_000 } : { type: "between", minMsat: 1_000, maxMsat: pays ? 50_000_000 : 500_000_000 },
    link: { ...asked.link, wants: text.includes("who") ? [{ field: "name", mandatory: true }, { field: "email", mandatory: false }] : [], longestComment: pays || text.includes("coffee") ? 0 : 140, details: text.includes("differs") ? "differs" : null },
  };
  world.instructions.set(answer.id, answer);
  return answer;
}

/** It comes a second later; a slow one does not. */
export function withdraw(world: World, request: WithdrawRequest): Request {
  const asked = world.instructions.get(request.instructionId);
  if (!asked) throw world.error("stale");
  const amountMsat = request.amountMsat ?? 50_000_000;
  if (amountMsat > 50_000_000) throw world.error("amount_too_large");
  const id = `r${world.next()}`;
  const at = now();
  if (amountMsat !== 7_000_000) {
    setTimeout(() => { world.movement(move({ id, direction: "in", status: "paid", amountMsat, note: asked.note, createdAtSecs: at })); }, 600);
  }
  return {
    id, uri: "bitcoin:", invoice: "lnbc1", address: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", amountMsat, note: asked.note, createdAtSecs: at,
    expiresAtSecs: at + 3600, notice: { type: "fine" }, canReceiveMsat: 50_000_000, fiat: null, fiatAtSecs: null,
  };
}

/** It comes a second later; a slow one does not. */
export function collectRefund(world: World, id: string): Collecting {
  const refund = world.instructions.get(id);
  if (refund?.amount.type !== "fixed") throw world.error("stale");
  const amountMsat = refund.amount.msat;
  if (amountMsat > 50_000_000) throw world.error("refund_too_large");
  const row = { id: `r${world.next()}`, amountMsat, note: refund.note, createdAtSecs: now() };
  if (refund.note !== "A slow one") {
    setTimeout(() => { world.movement(move({ ...row, direction: "in", status: "paid", party: refund.label })); }, 600);
  }
  return { id: row.id, amountMsat, expiresAtSecs: now() + 7200 };
}

export function signIn(world: World, id: string): null {
  if (!world.instructions.has(id)) throw world.error("stale");
  return null;
}
