import { describe, expect, it } from "vitest";
import { balance, channels, move } from "./ipc/mock/data";
import type { Event } from "./ipc/gen/view";
import { Wallet } from "./wallet.svelte";

const tell = (wallet: Wallet, event: Event) => {
  wallet.apply({ type: "wallet", event });
};

describe("Wallet.apply", () => {
  it("replaces values by what the event carries", () => {
    const wallet = new Wallet();
    const [money, all] = [balance(), channels()];
    tell(wallet, { type: "balance", balance: money });
    tell(wallet, { type: "channels", channels: all });
    tell(wallet, { type: "cards", cards: [{ type: "backUpWords" }] });
    tell(wallet, { type: "sync", sync: { type: "ready" }, tip: { height: 7, timeSecs: 8 } });
    expect(wallet.balance).toBe(money);
    expect(wallet.channels).toBe(all);
    expect(wallet.cards).toEqual([{ type: "backUpWords" }]);
    expect(wallet.sync).toEqual({ type: "ready" });
    expect(wallet.tip.height).toBe(7);
  });

  it("keeps one row a movement, and applying twice changes nothing", () => {
    const wallet = new Wallet();
    const sent = move({ id: "a", status: "inTransit", createdAtSecs: 10 });
    tell(wallet, { type: "movement", movement: sent });
    tell(wallet, { type: "movement", movement: { ...sent, status: "paid" } });
    const before = wallet.movements;
    tell(wallet, { type: "movement", movement: { ...sent, status: "paid" } });
    expect(wallet.movements).toEqual(before);
    expect(wallet.movements.map((one) => one.status)).toEqual(["paid"]);
  });

  it("puts undecided movements on top, then the newest", () => {
    const wallet = new Wallet();
    const rows = [
      move({ id: "old-open", status: "inTransit", createdAtSecs: 1 }),
      move({ id: "new", status: "paid", createdAtSecs: 30 }),
      move({ id: "middle", status: "failed", createdAtSecs: 20 }),
      move({ id: "asked", status: "pending", createdAtSecs: 5 }),
    ];
    for (const movement of rows) tell(wallet, { type: "movement", movement });
    expect(wallet.movements.map((one) => one.id)).toEqual(["asked", "old-open", "new", "middle"]);
    expect(wallet.movement("middle")?.status).toBe("failed");
    expect(wallet.movement("nobody")).toBeUndefined();
  });

  it("keeps a dropped picture until a screen takes it, and the newest practice step first", () => {
    const wallet = new Wallet();
    wallet.apply({ type: "dropped", pictureBase64: "aGk=" });
    expect(wallet.dropped).toBe("aGk=");
    wallet.apply({ type: "practice", step: { atSecs: 1, step: { type: "faucetSent", amountSat: 1 } } });
    wallet.apply({ type: "practice", step: { atSecs: 2, step: { type: "shopPaid", amountSat: 2 } } });
    expect(wallet.steps.map((one) => one.atSecs)).toEqual([2, 1]);
  });
});
