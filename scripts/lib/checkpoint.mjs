// The block that a release knows: the last one of a period, buried so deep that nothing undoes it. What servers say of it is held
// against its header, and against each other.
import { createHash } from "node:crypto";
import { Stop } from "./run.mjs";

/** Blocks of one difficulty. */
const PERIOD = 2016;
/** Blocks above it: a week. */
const BURIED = 1008;
/** A header's bytes: where the block below it is named, and its difficulty. */
const HEADER = { bytes: 80, before: [4, 36], bits: 72 };

/** Its height, where the newest block is at this one. */
export function heightBelow(newest) {
  const periods = Math.floor((newest - BURIED + 1) / PERIOD);
  if (periods < 1) throw new Stop(`No period is over and buried at height ${newest}.`);
  return periods * PERIOD - 1;
}

/** What one server says: a block's name, its header and the next one's as text. The name is the header's, and the next one follows. */
export function checked({ hash, header, next }) {
  if (name(bytes(header)) !== hash) throw new Stop(`The header of ${hash} is another's.`);
  const above = bytes(next);
  if (reversed(above.subarray(...HEADER.before)) !== hash) throw new Stop(`What is said to follow ${hash} does not.`);
  return { hash, nextBits: above.readUInt32LE(HEADER.bits) };
}

/** What all of them say. */
export function agreed(said) {
  const [first, ...others] = said;
  if (!first) throw new Stop("Nobody said anything.");
  const differs = others.some(({ hash, nextBits }) => hash !== first.hash || nextBits !== first.nextBits);
  if (differs) throw new Stop(`Two servers differ: ${said.map(({ hash }) => hash).join(", ")}.`);
  return first;
}

/** As `network.rs` writes it; `retargeted`: the next difficulty is known by it alone. */
export function written(height, { hash, nextBits }, retargeted) {
  const bits = nextBits.toString(16).padStart(8, "0");
  return [
    "checkpoint: Some(Checkpoint {",
    `    height: ${grouped(height)},`,
    `    hash: "${hash}",`,
    `    next_bits: ${retargeted ? `Some(0x${bits.slice(0, 4)}_${bits.slice(4)})` : "None"},`,
    "}),",
  ].join("\n");
}

function bytes(text) {
  const header = Buffer.from(text.trim(), "hex");
  if (header.length !== HEADER.bytes) throw new Stop("A header is none.");
  return header;
}

function name(header) {
  const once = createHash("sha256").update(header).digest();
  return reversed(createHash("sha256").update(once).digest());
}

/** As blocks are named: backwards. */
function reversed(part) {
  return Buffer.from(part).reverse().toString("hex");
}

function grouped(height) {
  return String(height).replace(/\B(?=(\d{3})+$)/g, "_");
}
