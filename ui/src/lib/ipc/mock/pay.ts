/** Reading and paying in the pretend shell. What a text means is decided by its first letters. */
import type { RecipientQuote, Quote, Code, FeeChoice, Instruction, Movement, MovementDetail } from "../gen/view";
import type { PreviewRequest } from "../gen/dto";
import { move, node, now } from "./data";
import { payee } from "./contacts";
import type { World } from "./world";

const refusals: [RegExp, Code][] = [
  [/^\s*$/, "nothing_to_read"], [/^lni1/i, "unsupported_offer"], [/^lnr1.*late/i, "refund_expired"], [/^lnr1.*mine/i, "own_refund"], [/^lnr1.*again/i, "refund_collected"], [/^lno1.*eur/i, "unsupported_currency"], [/^lnurlc/i, "unsupported_lnurl"],
  [/^lnbcexpired/i, "expired"], [/^lntb/i, "wrong_network"],
];

export const plain: Instruction = {
  id: "", kind: "lightning", ways: { lightning: true, onchain: false }, goesOnchain: false, payeeName: "Little Owl Books", payeeId: null, payeeNode: node("03a74f"), nodeUri: null,
  address: null, amount: { type: "fixed", msat: 21_400_000 }, label: null, note: "Order 2218, two paperbacks", takesNote: false, quantity: null, expiresAtSecs: null, link: null,
};

/** The end of the year 9999: as late as the engine says. */
const LAST = 253_402_300_799;

/** `lno1…`: an offer; `open`, `many`, `slow` choose. `lnbc…`, with words inside choosing a variant: `noname`, `open`, `fail`, `raise`, `slow`, `big`, `dear`, `never`. `bitcoin:…`: an address, or
 * with `lightning=` both; `before`, `forged`, `label`, `open` and `away` choose. */
export function read(world: World, text: string): Instruction {
  const instruction = readAs(world, text);
  // An invoice is paid once.
  if (["offer", "onchain", "node"].includes(instruction.kind)) instruction.payeeId = payee(text.trim()).id;
  return instruction;
}

function readAs(world: World, text: string): Instruction {
  const clean = text.trim().replace(/^lightning:/i, "");
  const refused = refusals.find(([pattern]) => pattern.test(clean));
  if (refused) throw world.error(refused[1]);
  const id = `i${world.next()}`;
  const expiresAtSecs = now() + 581;
  const address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
  if (/^0[23][0-9a-f]{64}@/i.test(clean)) {
    return { ...plain, id, kind: "node", ways: { lightning: false, onchain: false }, payeeName: null, payeeNode: clean.split("@")[0] ?? null, nodeUri: clean, note: null };
  }
  if (/^0[23][0-9a-f]{64}$/i.test(clean)) {
    const node: Instruction = { ...plain, id, kind: "node", ways: { lightning: false, onchain: false }, payeeName: "Night Radio", payeeNode: clean, nodeUri: clean, note: null, amount: { type: "open" } };
    world.instructions.set(id, node);
    return node;
  }
  if (/^[KL5][1-9A-Za-z]{50,51}$/.test(clean)) {
    const key: Instruction = { ...plain, id, kind: "privateKey", ways: { lightning: false, onchain: false }, payeeName: null, payeeNode: null, note: null, amount: { type: "open" } };
    world.instructions.set(id, key);
    return key;
  }
  if (/^(bitcoin:|bc1|bcrt1)/i.test(clean)) {
    const chain: Instruction = { ...plain, id, kind: "onchain", ways: { lightning: false, onchain: true }, goesOnchain: true, payeeName: null, payeeNode: null, address, note: null, amount: { type: "open" } };
    if (/label/.test(clean)) chain.label = "Little Owl Books";
    if (/before/.test(clean)) chain.note = "before";
    if (/forged/.test(clean)) chain.note = "forged";
    if (/lightning=/.test(clean)) {
      const note = /away/.test(clean) ? "away" : "Order 2218, two paperbacks";
      const failing = /fail/.test(clean) ? { payeeName: "Parcel Depot" } : {};
      const goesOnchain = world.snapshot.channels.list.length === 0;
      Object.assign(chain, { ...plain, id, kind: "unified", ways: { lightning: true, onchain: true }, goesOnchain, address, label: chain.label, note, expiresAtSecs, ...failing });
      if (/open/.test(clean)) chain.amount = { type: "open" };
    }
    world.instructions.set(id, chain);
    return chain;
  }
  if (/^lno1/i.test(clean)) {
    const offer: Instruction = { ...plain, id, kind: "offer", payeeName: null, payeeNode: null, label: "Corner Café", note: "One coffee, thank you", amount: { type: "fixed", msat: 2_100_000 }, takesNote: true };
    if (/open/i.test(clean)) offer.amount = { type: "open" };
    if (/many/i.test(clean)) offer.quantity = { most: 10 };
    if (/slow/i.test(clean)) offer.note = "A slow one";
    world.instructions.set(id, offer);
    return offer;
  }
  if (/^lnr1/i.test(clean)) {
    const refund: Instruction = { ...plain, id, kind: "refund", ways: { lightning: false, onchain: false }, payeeName: null, payeeNode: null, label: "Corner Café", note: "The coffee machine broke", amount: { type: "fixed", msat: /big/i.test(clean) ? 900_000_000 : 2_100_000 }, expiresAtSecs };
    if (/slow/i.test(clean)) refund.note = "A slow one";
    world.instructions.set(id, refund);
    return refund;
  }
  if (!/^ln/i.test(clean)) throw world.error("not_understood");
  const instruction: Instruction = { ...plain, id, expiresAtSecs };
  if (/noname/i.test(clean)) Object.assign(instruction, { payeeName: null });
  if (/open/i.test(clean)) instruction.amount = { type: "open" };
  if (/fail/i.test(clean)) Object.assign(instruction, { payeeName: "Parcel Depot", note: "Freight, invoice 771", amount: { type: "fixed", msat: 640_000_000 } });
  if (/raise/i.test(clean)) instruction.note = "A raised one";
  if (/never/i.test(clean)) instruction.expiresAtSecs = LAST;
  if (/dear/i.test(clean)) instruction.note = "A dear one";
  if (/slow/i.test(clean)) instruction.note = "A slow one";
  if (/big/i.test(clean)) instruction.amount = { type: "fixed", msat: 9_000_000_000 };
  world.instructions.set(id, instruction);
  return instruction;
}

/** An address, or a list: a line for each, with its amount in satoshi. */
export function readRecipients(world: World, text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [address = "", sat] = line.trim().split(/[\s,;]+/);
    const instruction = { ...read(world, address), address };
    if (sat) instruction.amount = { type: "fixed", msat: Number(sat) * 1000 };
    world.instructions.set(instruction.id, instruction);
    return instruction;
  });
}

/** What all there is comes to, at any speed. */
const ALL_MSAT = 250_656_000;

/** Each of several who are paid, the first one first. Of all there is that one gets what the others leave. */
function recipients(world: World, request: PreviewRequest): RecipientQuote[] {
  const [first, ...others] = asked(world, request);
  if (!first || !request.everything) return first ? [first, ...others] : [];
  const rest = others.reduce((left, one) => left - one.amountMsat, first.amountMsat);
  if (rest < 294_000) throw world.error("insufficient_balance");
  return [{ ...first, amountMsat: rest }, ...others];
}

function asked(world: World, request: PreviewRequest): RecipientQuote[] {
  if (request.also.length === 0) return [];
  const seen: (string | null)[] = [];
  return [{ instructionId: request.instructionId, amountMsat: request.amountMsat }, ...request.also].map((one, at) => {
    const instruction = world.instructions.get(one.instructionId);
    if (!instruction) throw world.error("stale");
    const getsRest = request.everything && at === 0;
    const amountMsat = getsRest ? ALL_MSAT : instruction.amount.type === "fixed" ? instruction.amount.msat : one.amountMsat;
    const wrong: Code | null =
      instruction.address === null ? "no_address" : seen.includes(instruction.address) ? "same_address"
      : amountMsat === null ? "amount_needed" : amountMsat < 294_000 ? "amount_too_small" : null;
    if (wrong) throw world.error(wrong, at + 1);
    seen.push(instruction.address);
    const before = instruction.note === "before";
    return {
      instruction: { ...instruction, note: before ? null : instruction.note }, amountMsat: amountMsat ?? 0,
      paidBefore: before ? paidBefore() : null, looksLike: null, likeRecipient: instruction.note === "forged" && at > 0 ? 1 : null,
      fiat: world.priced((worth) => worth(amountMsat ?? 0)),
    };
  });
}

const paidBefore = () => ({ movementId: "m0", lightning: false, status: "pending" as const, amountMsat: 50_000_000, atSecs: now() - 7200 });

const choices: Omit<FeeChoice, "fiat">[] = [
  { speed: { type: "fast" }, satPerVb: 9, feeSat: 1269, aboutMinutes: 20, sharePermille: 26 },
  { speed: { type: "normal" }, satPerVb: 4, feeSat: 564, aboutMinutes: 60, sharePermille: 12 },
  { speed: { type: "slow" }, satPerVb: 1, feeSat: 141, aboutMinutes: 1440, sharePermille: 3 },
];

export function preview(world: World, request: PreviewRequest): Quote {
  const instruction = world.instructions.get(request.instructionId);
  if (!instruction) throw world.error("stale");
  const lightning = (instruction.ways.lightning || instruction.kind === "node") && !(instruction.ways.onchain && (request.speed !== null || request.everything || instruction.goesOnchain));
  const offer = instruction.kind === "offer";
  const quantity = instruction.quantity ? (request.quantity ?? 1) : null;
  if (quantity !== null && (quantity < 1 || quantity > (instruction.quantity?.most ?? quantity))) throw world.error("quantity_not_offered");
  const several = recipients(world, request);
  const amountMsat = several.length > 0 ? several.reduce((sum, one) => sum + one.amountMsat, 0)
    : instruction.amount.type === "fixed" ? instruction.amount.msat * (quantity ?? 1) : request.everything ? ALL_MSAT : request.amountMsat;
  if (amountMsat === null) throw world.error("amount_needed");
  if (amountMsat > 1_416_800_000) throw world.error("insufficient_balance");
  if (lightning && instruction.note === "away") throw world.error("peers_away");
  if (instruction.link?.details === "differs") throw world.error("link_amount_differs");
  if (instruction.link?.wants.some((want) => want.mandatory && !request.payerName)) throw world.error("payer_data_missing");
  if (instruction.kind === "lnurlPay") {
    const { min, max } = instruction.amount.type === "between" ? { min: instruction.amount.minMsat, max: instruction.amount.maxMsat } : { min: 0, max: amountMsat };
    if (amountMsat < min) throw world.error("amount_too_small");
    if (amountMsat > max) throw world.error("amount_too_large");
  }
  const dear = instruction.note === "A dear one";
  const raised = instruction.note === "A raised one" && request.retries !== null;
  const before = instruction.note === "before";
  const speed = lightning ? null : (request.speed ?? { type: "normal" as const });
  const chain = speed?.type === "custom" ? speed.satPerVb * 141_000 : (choices.find((choice) => choice.speed.type === speed?.type)?.feeSat ?? 564) * 1000;
  const large = !lightning && amountMsat <= 2 * chain;
  const chosen = request.coins && world.coins.filter((coin) => request.coins?.includes(coin.outpoint));
  const worth = chosen?.reduce((sum, coin) => sum + coin.amountSat, 0) ?? 0;
  if (chosen && worth * 1000 < amountMsat + chain) throw world.error("chosen_coins_short");
  const [about, max] = dear ? [620_000, 930_000] : raised ? [140_000, 210_000] : lightning ? [12_000, 107_000] : [chain, chain];
  const quote: Quote = {
    id: `q${world.next()}`, lightning,
    instruction: instruction.kind === "lnurlPay" ? { ...instruction, kind: "lightning", payeeNode: node("03a74f"), link: null, expiresAtSecs: now() + 581 }
      : lightning ? instruction : { ...instruction, goesOnchain: true, payeeName: null, payeeNode: null, note: before || instruction.note === "forged" ? null : instruction.label && "two paperbacks", expiresAtSecs: null },
    raisedByMsat: raised ? 103_000 : null,
    usualLimitMsat: dear ? 264_000 : null,
    paidBefore: before && several.length === 0 ? paidBefore() : null, recipients: several,
    looksLike: instruction.note === "forged" ? "bc1qw5084k2xn0vrtpfzs6qaey7j3mdh9ul5cg3f8f3t4" : null,
    amountMsat, feeAboutMsat: offer ? null : about, feeMaxMsat: max, totalMaxMsat: amountMsat + max,
    quantity, payerNote: offer ? request.comment : null,
    largeFee: large,
    chosenCoins: chosen ? { outpoints: chosen.map((coin) => coin.outpoint), totalSat: worth, changeSat: worth - (amountMsat + chain) / 1000 } : null,
    feeChoices: lightning ? [] : world.pricedChoices(choices), speed, everything: request.everything,
    feePermille: lightning ? null : Math.ceil((max * 1000) / amountMsat),
    fiat: world.priced((worth, atSecs) => ({ amount: worth(amountMsat), feeMax: worth(max), totalMax: worth(amountMsat + max), atSecs })),
    leftSat: !lightning && request.everything && speed?.type === "fast" ? 1_870 : 0,
  };
  world.quotes.set(quote.id, quote);
  return quote;
}

/** It leaves, and is decided 600 ms later; a slow one stays on its way. */
export function pay(world: World, quoteId: string): Movement {
  const quote = world.quotes.get(quoteId);
  if (!quote) throw world.error("stale");
  const { instruction } = quote;
  const sent = move({
    id: `p${world.next()}`, payeeId: instruction.payeeId, party: instruction.payeeName ?? instruction.label ?? instruction.payeeNode ?? instruction.address, note: instruction.note,
    recipients: quote.recipients.length || null, kind: quote.lightning ? "lightning" : "onchain", amountMsat: quote.amountMsat, status: quote.lightning ? "inTransit" : "pending",
    feeMsat: quote.lightning ? null : quote.feeAboutMsat, createdAtSecs: now(), confirmations: quote.lightning ? null : 0,
    canAbandon: quote.lightning && instruction.kind !== "offer", awaitsInvoice: instruction.kind === "offer", canTakeBack: instruction.kind === "offer",
  });
  world.movement(sent);
  if (quote.everything) world.rests.add(sent.id);
  if (instruction.kind === "node") world.unasked.add(sent.id);
  world.paid.set(sent.id, quote.recipients.map((one) => ({ address: one.instruction.address ?? "", amountMsat: one.amountMsat, note: one.instruction.note, payeeId: payee(one.instruction.address ?? "").id })));
  if (!quote.lightning || instruction.note === "A slow one") return sent;
  const failed = instruction.payeeName === "Parcel Depot" || (instruction.note === "A raised one" && quote.raisedByMsat === null);
  setTimeout(() => {
    world.movement(move({ ...sent, awaitsInvoice: false, canTakeBack: false, canAbandon: false, status: failed ? "failed" : "paid", failure: failed ? "no_route" : null, feeMsat: failed ? null : 9_000, updatedAtSecs: now() }));
  }, 600);
  return sent;
}

export function detail(world: World, id: string): MovementDetail {
  const movement = world.snapshot.movements.find((one) => one.id === id);
  if (!movement) throw world.error("internal");
  const lightning = movement.kind === "lightning";
  const at = movement.createdAtSecs;
  return {
    movement,
    history: [{ status: "pending", atSecs: at }, ...(movement.status === "pending" ? [] : [{ status: movement.status, atSecs: at + 1 }])],
    paymentHash: lightning ? "c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2" : null,
    preimage: lightning && movement.direction === "out" && movement.status === "paid" ? `8f3c91d20be47a65${"ab12cd34".repeat(5)}5d20c7e9` : null,
    invoice: lightning && !world.unasked.has(id) ? "lnbc214u1p5ge0fzpp5c0q0ahpwuy6mr6n8pjzv4q" : null, nodeId: lightning ? node("03a74f") : null,
    offer: null, offerId: null, bolt12Invoice: null, payerNote: null, quantity: null,
    txid: lightning ? null : "9b".repeat(32), address: movement.kind === "onchain" ? "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4" : null,
    feeLimitMsat: lightning && movement.direction === "out" ? 107_000 : null, expiresAtSecs: null, backBySecs: movement.canAbandon || movement.abandoned ? at + 9 * 3600 : null, replacedBy: null, unchecked: false, waiting: null,
    transactions: movement.kind !== "channelClose" ? [] : [
      { txid: "5a".repeat(32), part: "commitment", broughtSat: 0, tookSat: 0, feeSat: null, confirmations: 12 },
      { txid: "6b".repeat(32), part: "anchorBump", broughtSat: 0, tookSat: 1_204, feeSat: 1_204, confirmations: 12 },
      { txid: "7c".repeat(32), part: "sweep", broughtSat: 388_900, tookSat: 0, feeSat: null, confirmations: 3 },
    ],
    payee: movement.payeeId ? payee(movement.payeeId.slice(movement.payeeId.indexOf(" ") + 1)) : null, recipients: world.paid.get(id) ?? [],
    fiat: world.priced((worth) => {
      const shown = movement.totalMsat ?? movement.amountMsat;
      const known = movement.direction === "out";
      return { then: known ? worth(shown, 57_120) : null, feeThen: known && movement.feeMsat !== null ? worth(movement.feeMsat, 57_120) : null, thenAtSecs: known ? at - 140 : null, now: worth(shown) };
    }),
    success: movement.party?.endsWith("@shop.example") && movement.status === "paid" ? { type: "url", text: "Your order", url: "https://shop.example/order/2218" } : null,
  };
}
