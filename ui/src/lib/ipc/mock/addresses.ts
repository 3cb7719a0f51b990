/** Addresses that the pretend shell gave out. */
import type { AddressMovement, OwnAddress } from "../gen/view";
import { now } from "./data";
import type { World } from "./world";

const day = 86_400;
const moved = (part: Partial<AddressMovement>): AddressMovement => ({
  txid: "7c".repeat(32), cameSat: 0, leftSat: 0, confirmations: 812, atSecs: now() - 4 * day, movementId: "m2", ...part,
});
const given = (place: number, part: Partial<OwnAddress>): OwnAddress => ({
  address: `bc1q${"cr8te4kr609gcawutmrza0j4xv80jy8z3064nm".slice(0, 36)}${place}x`, origin: "request", givenAtSecs: now() - place * day, label: null, note: null,
  receivedSat: 0, heldSat: 0, movements: [], ...part,
});

export const addresses = (world: World): OwnAddress[] =>
  world.scene === "empty" ? [] : [
    given(1, { note: "For the roof" }),
    given(4, { note: "Bowls", label: "Studio sale", receivedSat: 300_000, heldSat: 300_000, movements: [moved({ cameSat: 300_000 })] }),
    given(6, { origin: "channel", givenAtSecs: null, receivedSat: 388_900, heldSat: 388_900, movements: [moved({ txid: "8d".repeat(32), cameSat: 388_900, confirmations: 0, movementId: "m4" })] }),
    given(9, {
      origin: "unknown", givenAtSecs: null, receivedSat: 61_220,
      movements: [moved({ txid: "9e".repeat(32), leftSat: 61_220, movementId: null }), moved({ txid: "af".repeat(32), cameSat: 61_220, movementId: null })],
    }),
  ];
