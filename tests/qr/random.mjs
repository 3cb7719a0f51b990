// Chance that can be repeated: the same seed, the same pictures.

/** Draws of one seed (mulberry32). */
export class Chance {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  between(low, high) {
    return low + (high - low) * this.next();
  }

  whole(low, high) {
    return Math.floor(this.between(low, high + 1));
  }

  /** A distance from zero between `low` and `high`, to either side. */
  aside(low, high) {
    return this.between(low, high) * (this.next() < 0.5 ? -1 : 1);
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /** Around zero, with a deviation of one. */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  text(length, alphabet) {
    return Array.from({ length }, () => this.pick(alphabet)).join("");
  }
}
