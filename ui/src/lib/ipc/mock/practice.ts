/** The practice network of the pretend shell: just enough to see each button work. */
import type { PracticeAction, PracticeAudit } from "../gen/dto";
import type { Balance } from "../gen/view";
import { channels, move, now } from "./data";
import type { World } from "./world";

export const books: PracticeAudit = {
  yoursMsat: 0, hubMsat: 99_990_123_000, shopMsat: 99_990_456_000, faucetSat: 524_800_019_421, nobodyMsat: 0, minedSat: 525_000_000_000,
};

function faucet(world: World): void {
  world.movement(move({ id: "faucet", kind: "onchain", direction: "in", status: "pending", amountMsat: 1_000_000_000, createdAtSecs: now(), confirmations: 0 }));
  world.step({ type: "faucetSent", amountSat: 1_000_000 });
}

function mine(world: World): void {
  const { snapshot } = world;
  snapshot.tip = { height: snapshot.tip.height + 1, timeSecs: now() };
  world.tell({ type: "sync", sync: snapshot.sync, tip: snapshot.tip });
  world.step({ type: "blockMined", height: snapshot.tip.height, transactions: 1, feesSat: 141 });
  const pending = snapshot.movements.find((movement) => movement.id === "faucet" && movement.status === "pending");
  if (!pending) return;
  const balance: Balance = { ...snapshot.balance, totalMsat: 1_000_000_000, onchain: { totalSat: 1_000_000, canSpendSat: 1_000_000, keptMsat: 0, kept: [] } };
  snapshot.balance = balance;
  world.tell({ type: "balance", balance });
  world.movement({ ...pending, status: "paid", confirmations: 1 });
  world.tell({ type: "cards", cards: [{ type: "openFirstChannel" }] });
}

export function practice(world: World, action: PracticeAction): null {
  switch (action.type) {
    case "faucet":
      faucet(world);
      return null;
    case "mine":
      mine(world);
      return null;
    case "hubOpens":
      world.snapshot.channels = channels();
      world.tell({ type: "channels", channels: world.snapshot.channels });
      world.step({ type: "hubOpenedChannel", amountSat: 500_000 });
      return null;
    case "orderCoffee":
      world.step({ type: "invoiceMade", amountSat: 2_100 });
      return null;
    case "shopPays": {
      const asked = world.snapshot.movements.find((movement) => movement.direction === "in" && movement.status === "pending");
      if (asked) world.movement({ ...asked, status: "paid", amountMsat: asked.amountMsat || 5_000_000, updatedAtSecs: now() });
      world.step({ type: "shopPaid", amountSat: 5_000 });
      return null;
    }
  }
}
