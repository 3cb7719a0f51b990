// What a camera sees while there is no code before it.
import { noise, slope } from "./damage.mjs";
import { canvas, fill, texture, words } from "./paint.mjs";
import { Chance } from "./random.mjs";

/** Frames of 1280 × 720: a wall, a desk with papers, a room. */
export function frames(count, seed) {
  return Array.from({ length: count }, (_, index) => {
    const chance = new Chance(seed + index);
    const frame = canvas(1280, 720, [chance.between(60, 180), chance.between(60, 170), chance.between(50, 160)]);
    texture(frame, chance, chance.between(8, 40));
    if (index % 3 === 1) words(frame, chance, 150, 60, 900, 600, [50, 48, 45], chance.whole(9, 26));
    if (index % 3 === 2) {
      for (let i = 0; i < 14; i += 1) {
        const colour = Array.from({ length: 3 }, () => chance.between(10, 240));
        fill(frame, chance.between(0, 1200), chance.between(0, 650), chance.between(20, 300), chance.between(20, 260), colour);
      }
    }
    return noise(slope(frame, chance, chance.between(0.4, 1)), chance, chance.between(2, 9), true);
  });
}
