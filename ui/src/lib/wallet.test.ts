import { describe, expect, it, vi } from "vitest";
import * as ipc from "./ipc/ipc";
import { balance, channels, full, move, settings } from "./ipc/mock/data";
import type { Event, Snapshot } from "./ipc/gen/view";
import { Wallet } from "./wallet.svelte";

const tell = (wallet: Wallet, event: Event) => {
  wallet.apply({ type: "wallet", event });
};

vi.mock("./ipc/ipc");

/** A wallet that has asked for a snapshot; the answer comes when the test gives it. */
function asking(wallet = new Wallet()) {
  let answer: (snapshot: Snapshot) => void = () => undefined;
  vi.mocked(ipc.settings).mockResolvedValue(settings("mainnet"));
  vi.mocked(ipc.snapshot).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  const loaded = wallet.load();
  return {
    wallet,
    give: (snapshot: Snapshot) => {
      answer(snapshot);
      return loaded;
    },
  };
}

describe("Wallet.load", () => {
  it("what was told while the snapshot was on its way stays", async () => {
    const snapshot = full("mainnet");
    const { wallet, give } = asking();
    const [row] = snapshot.movements;
    if (!row) throw new Error("a snapshot with rows is needed");
    const money = { ...balance(), totalMsat: 7_000 };
    tell(wallet, { type: "balance", balance: money });
    tell(wallet, { type: "movement", movement: { ...row, status: "failed" } });
    tell(wallet, { type: "movement", movement: move({ id: "new", status: "paid" }) });
    tell(wallet, { type: "sync", sync: { type: "ready" }, tip: { height: 12, timeSecs: 13 } });
    await give(snapshot);
    expect(wallet.balance).toBe(money);
    expect(wallet.tip.height).toBe(12);
    expect(wallet.movement(row.id)?.status).toBe("failed");
    expect(wallet.movements.length).toBe(snapshot.movements.length + 1);
    expect(new Set(wallet.movements.map((one) => one.id)).size).toBe(wallet.movements.length);
    // What nothing was told of is the snapshot's.
    expect(wallet.channels).toBe(snapshot.channels);
    expect(wallet.cards).toBe(snapshot.cards);
  });

  it("what was told before it was asked for is replaced", async () => {
    const wallet = new Wallet();
    tell(wallet, { type: "balance", balance: { ...balance(), totalMsat: 7_000 } });
    tell(wallet, { type: "movement", movement: move({ id: "gone", status: "paid" }) });
    const snapshot = full("mainnet");
    await asking(wallet).give(snapshot);
    expect(wallet.balance).toBe(snapshot.balance);
    expect(wallet.movement("gone")).toBeUndefined();
  });

  it("of two that were asked for the later one is shown, whichever comes first", async () => {
    const first = asking();
    const second = asking(first.wallet);
    const [older, newer] = [full("mainnet"), full("mainnet")];
    await second.give(newer);
    await first.give(older);
    expect(first.wallet.balance).toBe(newer.balance);
  });

  it("a wallet that was locked meanwhile stays empty", async () => {
    const { wallet, give } = asking();
    await wallet.enter({ type: "locked", network: "mainnet", running: true });
    await give(full("mainnet"));
    expect(wallet.balance).toBeNull();
    expect(wallet.movements).toEqual([]);
  });
});

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
    wallet.apply({ type: "droppedPsbt", psbt: "cHNidP8=" });
    expect(wallet.droppedPsbt).toBe("cHNidP8=");
    wallet.apply({ type: "practice", step: { atSecs: 1, step: { type: "faucetSent", amountSat: 1 } } });
    wallet.apply({ type: "practice", step: { atSecs: 2, step: { type: "shopPaid", amountSat: 2 } } });
    expect(wallet.steps.map((one) => one.atSecs)).toEqual([2, 1]);
  });
});
