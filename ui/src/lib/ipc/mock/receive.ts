/** Requests of the pretend shell. The picture is a pattern, not a code anyone could pay. */
import type { OfferRequest, ReceiveRequest, ShownCode, ShownOffer, ShownOffers, ShownRequest } from "../gen/dto";
import type { ReceiveNotice } from "../gen/view";
import { move, now } from "./data";
import type { World } from "./world";

function pattern(seed: number): string {
  let state = seed + 7;
  let path = "";
  for (let i = 0; i < 57 * 57; i += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    if (state > 1_073_741_824) path += `M${4 + (i % 57)} ${4 + Math.floor(i / 57)}h1v1h-1z`;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 65 65" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h65v65H0z"/><path fill="#1d1b18" d="${path}"/></svg>`;
}

const code = (world: World, text: string): ShownCode => ({ text, svg: { small: pattern(world.next()), unchanged: pattern(world.next()) } });

/** Our offers: one that was paid, where there are channels. */
export function offers(world: World): ShownOffers {
  const none = world.snapshot.channels.list.length === 0;
  if (!none && world.offers.length === 0) {
    const counter = { amountMsat: 2_100_000, description: "One coffee, thank you", label: "Shop counter" };
    Object.assign(makeOffer(world, counter).offer, { payments: 12, receivedMsat: 25_200_000 });
    if (world.scene === "offer-gone") for (const { offer } of world.offers) offer.notice = "peerGone";
  }
  return { notice: none ? "noChannel" : world.scene === "peer-away" ? "peersAway" : "fine", offers: world.offers };
}

export function makeOffer(world: World, request: OfferRequest): ShownOffer {
  const id = `o${world.next()}`;
  const text = `lno1${id.repeat(60)}`;
  const made: ShownOffer = {
    offer: { id, text, ...request, createdAtSecs: now(), payments: 0, receivedMsat: 0, notice: "fine" },
    code: code(world, text),
  };
  world.offers = [made, ...world.offers];
  return made;
}

export function receive(world: World, request: ReceiveRequest): ShownRequest {
  const { lightning } = world.snapshot.balance;
  const none = world.snapshot.channels.list.length === 0;
  const over = (request.amountMsat ?? 0) > lightning.canReceiveMsat;
  const notice: ReceiveNotice = none ? { type: "noChannel" } : over ? { type: "overLimit", limitMsat: lightning.canReceiveMsat }
    : request.note === "by a slow clock" ? { type: "clockBehind", secs: 10_800 } : { type: "fine" };
  const id = `r${world.next()}`;
  const t = now();
  const address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
  const invoice = none || over ? null : `lnbc50u1p5ge0fzpp5${id.repeat(20)}`;
  const uri = `bitcoin:${address}${invoice ? `?lightning=${invoice}` : ""}`;
  world.movement(move({ id, direction: "in", status: "pending", amountMsat: request.amountMsat ?? 0, note: request.note, createdAtSecs: t }));
  return {
    request: {
      id, uri, invoice, address, amountMsat: request.amountMsat, note: request.note,
      createdAtSecs: t, expiresAtSecs: t + request.expirySecs, notice, canReceiveMsat: lightning.canReceiveMsat,
      fiat: world.priced((worth) => (request.amountMsat === null ? null : worth(request.amountMsat))), fiatAtSecs: world.priced((_, atSecs) => atSecs),
    },
    both: code(world, uri), lightning: invoice === null ? null : code(world, invoice), address: code(world, address),
  };
}
