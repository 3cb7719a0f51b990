/** Coins of the on-chain wallet, in the pretend shell. */
import type { Coin } from "../gen/view";
import { now } from "./data";
import type { World } from "./world";

const day = 86_400;
const coin = (part: Partial<Coin> & { amountSat: number }, place: number): Coin => {
  const txid = `${place}c`.repeat(32);
  return {
    outpoint: `${txid}:${place}`, txid, address: `bc1q${"cr8te4kr609gcawutmrza0j4xv80jy8z3064nm".slice(0, 36)}${place}z`, isChange: false,
    confirmations: 812, sinceSecs: now() - 4 * day, state: "free", label: null, ...part,
  };
};

export function coinsOf(scene: string): Coin[] {
  if (scene === "empty") return [];
  return [
    { amountSat: 200_000, label: "Savings from the market" },
    { amountSat: 61_220, isChange: true, confirmations: 96 },
    { amountSat: 40_000, state: "incoming" as const, confirmations: 0, sinceSecs: now() - 240 },
  ].map(coin);
}

export function mockCoins(world: World) {
  const change = (outpoint: string, part: Partial<Coin>) => {
    if (!world.coins.some((one) => one.outpoint === outpoint)) throw world.error("stale");
    world.coins = world.coins.map((one) => (one.outpoint === outpoint ? { ...one, ...part } : one));
    return world.coins;
  };
  return {
    coins: () => [...world.coins],
    freeze_coin: ({ outpoint, frozen }: { outpoint: string; frozen: boolean }) => {
      // The first pays for closing channels.
      if (frozen && world.coins[0]?.outpoint === outpoint) throw world.error("needed_for_closing");
      return change(outpoint, { state: frozen ? "frozen" : "free" });
    },
    label_coin: ({ outpoint, label }: { outpoint: string; label: string }) => change(outpoint, { label: label.trim() || null }),
  };
}
