/** Which of the codes that were read is meant: the one that can be paid. */
import type { Instruction } from "../ipc/gen/view";
import * as ipc from "../ipc/ipc";
import type { Found } from "./find";
import { readCodes } from "./reader";

/** A code, and the picture it stands in. */
export interface Seen {
  readonly picture: ImageData;
  readonly found: Found;
}

/** One that can be paid. */
export interface Payable extends Seen {
  readonly instruction: Instruction;
}

export type Choice = { type: "nothing" } | { type: "one"; seen: Seen } | { type: "several"; payable: Payable[] };

/** Looks through the pictures; harder, if what is found at first sight cannot be paid. */
export async function choose(pictures: readonly ImageData[], look = readCodes): Promise<Choice> {
  const seen = await all(pictures, [], look);
  if (seen.length === 0 || (await payments(seen)).length > 0) return decide(seen);
  const more = await all(pictures, seen.map(({ found }) => found.text), look);
  return decide([...seen, ...more]);
}

/** Something that can be paid wins; a node, or what is not understood, is better than nothing. */
export async function decide(seen: readonly Seen[]): Promise<Choice> {
  const payable = await payments(seen);
  if (payable.length > 1) return { type: "several", payable };
  const one = payable[0] ?? (await node(seen)) ?? seen[0];
  return one ? { type: "one", seen: one } : { type: "nothing" };
}

async function all(pictures: readonly ImageData[], known: readonly string[], look: typeof readCodes): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const picture of pictures) {
    for (const found of await look(picture, known)) {
      if (!seen.some((other) => other.found.text === found.text)) seen.push({ picture, found });
    }
  }
  return seen;
}

/** Those that can be paid; the same payment under two codes counts once. */
async function payments(seen: readonly Seen[]): Promise<Payable[]> {
  const payable: Payable[] = [];
  for (const one of seen) {
    const instruction = await read(one);
    if (!instruction || instruction.kind === "node") continue;
    const same = JSON.stringify({ ...instruction, id: "" });
    if (!payable.some((other) => JSON.stringify({ ...other.instruction, id: "" }) === same)) payable.push({ ...one, instruction });
  }
  return payable;
}

async function node(seen: readonly Seen[]): Promise<Seen | undefined> {
  for (const one of seen) if ((await read(one))?.kind === "node") return one;
  return undefined;
}

const read = ({ found }: Seen) => ipc.readText(found.text).catch(() => null);
