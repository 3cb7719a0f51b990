/** Pretend PSBTs. The text chooses: `both` has another party, `dear` a large fee, `locked` a time, `spent` is refused. */
import type { Code, Instruction, PsbtQuote } from "../gen/view";
import { plain } from "./pay";
import type { World } from "./world";

const TEXT = "cHNidP8BAHECAAAAAb";
const shown = new Map<string, string>();

export function readPsbt(world: World, text: string): Instruction | null {
  const clean = text.trim();
  if (!clean.startsWith("cHNidP")) return null;
  if (clean.includes("damaged")) throw world.error("psbt_damaged");
  const id = `i${world.next()}`;
  shown.set(id, clean);
  return { ...plain, id, kind: "psbt", ways: { lightning: false, onchain: false }, payeeName: null, payeeNode: null, note: null, amount: { type: "open" } };
}

function quote(world: World, text: string): PsbtQuote {
  const refused = ["spent", "frozen", "unproven", "absurd"].find((what) => text.includes(what));
  const codes: Record<string, Code> = { spent: "psbt_coin_spent", frozen: "psbt_coin_frozen", unproven: "psbt_fee_unproven", absurd: "psbt_fee_absurd" };
  const code = refused && codes[refused];
  if (code) throw world.error(code);
  const both = text.includes("both");
  const dear = text.includes("dear");
  const feeSat = dear ? 61_000 : 564;
  return {
    id: `q${world.next()}`, txid: "4b6e1a0c".repeat(8),
    outputs: [
      { address: "bc1q8e3lv7q0xk5t6w2m9n4c8d1f7g3h5j6k2l0p9z", amountSat: 180_000 - feeSat - (both ? 0 : 564), own: true },
      { address: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", amountSat: 70_000, own: false },
      ...(text.includes("data") ? [{ address: null, amountSat: 0, own: false }] : []),
    ].map((output) => ({ ...output, fiat: world.priced((worth) => worth(output.amountSat * 1000)) })),
    ownInputs: both ? 1 : 2, ownSat: 250_564, otherInputs: both ? 1 : 0, otherSat: both ? 40_000 : 0,
    backSat: 180_000 - feeSat, leavesSat: 70_564 + feeSat, gainsSat: 0, feeSat, satPerVb: dear ? 292 : 4,
    largeFee: dear, unsigned: both ? 1 : 0, timeLocked: text.includes("locked"), canSend: !both && !text.includes("locked"),
    previewed: text === TEXT, fiat: world.pricedPreview((70_564 + feeSat) * 1000, feeSat * 1000),
  };
}

export const mockPsbt = (world: World) => ({
  descriptors: () => ({
    external: "wpkh([73c5da0a/84'/0'/0']xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V/0/*)#wc3n3van",
    internal: "wpkh([73c5da0a/84'/0'/0']xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V/1/*)#lv5jvedt",
  }),
  unsigned_psbt: () => TEXT,
  save_unsigned_psbt: () => "/home/ada/Downloads/Fulmen payment.psbt",
  psbt_preview: ({ instructionId }: { instructionId: string }) => quote(world, shown.get(instructionId) ?? ""),
  send_psbt: () => world.snapshot.movements[0],
  sign_psbt: () => ({ psbt: `${TEXT}signed`, transaction: "02000000", path: "/home/ada/Downloads/Fulmen signed.psbt" }),
});
