/** Money in other accounts of the words, in the pretend shell. */
import type { SweepPreviewRequest, SweepRequest } from "../gen/dto";
import type { FeeChoice, Movement, OtherAccounts, SweepPreview } from "../gen/view";
import { now } from "./data";
import type { World } from "./world";

const choices: Omit<FeeChoice, "fiat">[] = [
  { speed: { type: "fast" }, satPerVb: 12, feeSat: 1_332, aboutMinutes: 10, sharePermille: 4 },
  { speed: { type: "normal" }, satPerVb: 6, feeSat: 666, aboutMinutes: 60, sharePermille: 4 },
  { speed: { type: "slow" }, satPerVb: 2, feeSat: 222, aboutMinutes: 1_440, sharePermille: 1 },
];

/** How the id of what a private key signs begins. */
const KEY = "key";

export function mockAccounts(world: World) {
  const found = () => ({
    looking: false, lookedAtSecs: now() - 120, requests: 1380, withPassphrase: false,
    found: world.scene === "other-accounts" ? world.otherAccounts : [],
  });
  const shown = (amountSat: number, feeSat: number) => ({
    feeChoices: world.pricedChoices(choices), fiat: world.pricedPreview(amountSat * 1000, feeSat * 1000),
  });
  return {
    other_accounts: (): OtherAccounts => (world.lookedForAccounts ? found() : { ...found(), lookedAtSecs: null, found: [] }),
    look_for_other_accounts: (): OtherAccounts => {
      world.lookedForAccounts = true;
      return found();
    },
    sweep_preview: ({ request }: { request: SweepPreviewRequest }): SweepPreview => {
      const { from, speed } = request;
      const choice = choices.find((one) => one.speed.type === speed.type);
      if (!choice) throw world.error("internal");
      if (from.type === "key") {
        if (!world.instructions.has(from.instructionId)) throw world.error("stale");
        const id = `${KEY}${world.next()}`;
        const amountSat = 250_000 - choice.feeSat;
        world.previews.set(id, () => {
          world.movement(arrival(world, id, amountSat));
        });
        return { id, account: null, amountSat, feeSat: choice.feeSat, leftSat: 0, ...shown(amountSat, choice.feeSat), speed };
      }
      const { account } = from;
      const there = world.otherAccounts.find((one) => one.account.kind === account.kind && one.account.number === account.number);
      if (!there) throw world.error("insufficient_balance");
      const leftSat = account.kind === "bip44" ? 600 : 0;
      const id = `w${world.next()}`;
      const amountSat = there.amountSat - choice.feeSat - leftSat;
      if (amountSat <= 0) throw world.error("amount_too_small");
      world.previews.set(id, () => {
        world.otherAccounts = world.otherAccounts.filter((one) => one !== there);
        world.snapshot.cards = world.snapshot.cards.filter((card) => card.type !== "otherAccounts");
        world.tell({ type: "cards", cards: world.snapshot.cards });
        world.movement(arrival(world, id, amountSat));
      });
      return { id, account, amountSat, feeSat: choice.feeSat, leftSat, ...shown(amountSat, choice.feeSat), speed };
    },
    sweep: ({ request }: { request: SweepRequest }): Movement => {
      const needsPassword = world.settings.hasPassword && !request.previewId.startsWith(KEY);
      if (needsPassword && request.password !== world.password) throw world.error("wrong_password");
      const move = world.previews.get(request.previewId);
      if (!move) throw world.error("stale");
      world.previews.delete(request.previewId);
      move();
      const [row] = world.snapshot.movements;
      if (!row) throw world.error("internal");
      return row;
    },
  };
}

function arrival(world: World, id: string, amountSat: number): Movement {
  const [like] = world.snapshot.movements;
  if (!like) throw world.error("internal");
  return {
    ...like, id, kind: "onchain", direction: "in", status: "pending", party: null, note: null, amountMsat: amountSat * 1000,
    feeMsat: null, totalMsat: null, failure: null, createdAtSecs: now(), updatedAtSecs: now(), confirmations: 0,
  };
}
