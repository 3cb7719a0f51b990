/** Hurrying a transaction that waits for a block, and calling a payment off. */
import type { BumpRequest } from "../gen/dto";
import type { BumpQuote, FeeChoice, FeeSpeed, Movement, Waiting } from "../gen/view";
import { move, now } from "./data";
import type { World } from "./world";

const extras: [FeeSpeed, number, number, number][] = [[{ type: "fast" }, 9, 1128, 10], [{ type: "normal" }, 4, 423, 60], [{ type: "slow" }, 2, 141, 240]];
const quotes = new Map<string, { request: BumpRequest; quote: BumpQuote }>();

const waits = (one: Movement) => one.kind === "onchain" && one.status === "pending" && (one.confirmations ?? 0) === 0;

export const waiting = (one: Movement): Waiting | null =>
  waits(one)
    ? { satPerVb: one.feeMsat && one.feeMsat > 141_000 ? 9 : 1, aboutMinutes: one.feeMsat && one.feeMsat > 141_000 ? 10 : null, canSpeedUp: !one.calledOff, canCallOff: one.direction === "out" && !one.calledOff && one.bump === null }
    : null;

export function bumpPreview(world: World, request: BumpRequest): BumpQuote {
  const of = world.snapshot.movements.find((one) => one.id === request.id);
  const [, satPerVb, extra] = extras.find(([speed]) => speed.type === request.speed.type) ?? extras[0] ?? [request.speed, 9, 1128, 10];
  if (!of || !waits(of)) throw world.error("stale");
  const replaces = request.wish === "speedUp" && of.direction === "out";
  const share = (feeSat: number) => (replaces ? Math.ceil((feeSat * 1_000_000) / of.amountMsat) : null);
  const feeChoices: FeeChoice[] = world.pricedChoices(extras.map(([speed, rate, feeSat, aboutMinutes]) => ({ speed, satPerVb: rate, feeSat, aboutMinutes, sharePermille: share(feeSat) })));
  const feeMsat = extra * 1000 + (replaces ? (of.feeMsat ?? 0) : 0);
  const offTheRest = replaces && world.rests.has(of.id);
  const quote: BumpQuote = {
    id: `b${world.next()}`, replaces, amountMsat: replaces ? of.amountMsat - (offTheRest ? extra * 1000 : 0) : 0, offTheRest, feeMsat, feePermille: share(feeMsat / 1000),
    extraMsat: extra * 1000, fiat: world.pricedPreview(extra * 1000, feeMsat), satPerVb, speed: request.speed, feeChoices,
  };
  quotes.set(quote.id, { request, quote });
  return quote;
}

export function bump(world: World, quoteId: string): Movement {
  const found = quotes.get(quoteId);
  const of = world.snapshot.movements.find((one) => one.id === found?.request.id);
  if (!found || !of) throw world.error("stale");
  quotes.delete(quoteId);
  const { request, quote } = found;
  if (quote.replaces) {
    const raised = move({ ...of, amountMsat: quote.amountMsat, feeMsat: quote.feeMsat, updatedAtSecs: now() });
    const [first, ...others] = world.paid.get(of.id) ?? [];
    if (first && quote.offTheRest) world.paid.set(of.id, [{ ...first, amountMsat: first.amountMsat - quote.extraMsat }, ...others]);
    world.movement(raised);
    return raised;
  }
  if (request.wish === "callOff") world.movement({ ...of, calledOff: true, updatedAtSecs: now() });
  const beside = move({
    id: `p${world.next()}`, kind: "onchain", status: "pending", feeMsat: quote.feeMsat, confirmations: 0, createdAtSecs: now(),
    bump: request.wish === "callOff" ? "callsOff" : "speedsUp",
  });
  world.movement(beside);
  return beside;
}
