// The bench's own pictures, the same for the same seed: `each` of every kind.
import { Chance } from "./random.mjs";
import { KINDS } from "./kinds.mjs";

/** One after the other, as { name, kind, picture, texts }. */
export async function* pictures({ each, seed = 1, kinds = Object.keys(KINDS) }) {
  for (const [place, kind] of Object.keys(KINDS).entries()) {
    if (!kinds.includes(kind)) continue;
    for (let index = 0; index < each; index += 1) {
      const chance = new Chance(seed * 1_000_003 + place * 10_007 + index * 101);
      yield { name: `${kind}-${index + 1}`, kind, ...(await KINDS[kind](chance)) };
    }
  }
}
