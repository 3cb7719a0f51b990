/** The rows of Activity: what the wallet says, older pages behind it, or what a search found. */
import { clock } from "$lib/clock.svelte";
import { wordsFor, type ErrorWords } from "$lib/errors";
import type { ActivityFilter, ActivityKind, Movement } from "$lib/ipc/gen/view";
import * as ipc from "$lib/ipc/ipc";
import { readQuery } from "$lib/query";
import { wallet } from "$lib/wallet.svelte";

const PAUSE_MS = 200;

export type Filter = "all" | Extract<ActivityKind, "sent" | "received" | "channels" | "failed">;

const undecided = (one: Movement) => one.status === "pending" || one.status === "inTransit";

export class Listing {
  query = $state("");
  filter = $state<Filter>("all");
  failed = $state.raw<ErrorWords | null>(null);
  reading = $state(false);
  /** No page comes after these. */
  ended = $state(false);
  #found = $state.raw<Movement[] | null>(null);
  #older = $state.raw<Movement[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** Newest values of all rows that fit, newest first, undecided ones on top. */
  readonly rows = $derived.by(() => {
    const base = this.#found ?? [...wallet.movements, ...this.#older];
    return base
      .filter((one, index) => this.#found !== null || index < wallet.movements.length || !wallet.movement(one.id))
      .map((one) => wallet.movement(one.id) ?? one)
      .sort((a, b) => Number(undecided(b)) - Number(undecided(a)) || b.createdAtSecs - a.createdAtSecs);
  });
  readonly pending = $derived(this.rows.filter(undecided));
  readonly decided = $derived(this.rows.filter((one) => !undecided(one)));

  typed = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.search(), PAUSE_MS);
  };

  choose(filter: Filter): void {
    this.filter = filter;
    void this.search();
  }

  async search(): Promise<void> {
    const turn = ++this.#turn;
    this.ended = false;
    if (!this.#narrows) {
      this.#found = null;
      return;
    }
    await this.#read(async () => {
      const found = await ipc.activity(this.asked, null);
      if (turn === this.#turn) this.#found = found;
    });
  }

  async more(): Promise<void> {
    const base = this.#found ?? [...wallet.movements, ...this.#older];
    const last = base.reduce<Movement | null>((oldest, one) => (oldest && oldest.createdAtSecs <= one.createdAtSecs ? oldest : one), null);
    await this.#read(async () => {
      const page = await ipc.activity(this.asked, last?.id ?? null);
      if (page.length === 0) this.ended = true;
      else if (this.#found) this.#found = [...this.#found, ...page];
      else this.#older = [...this.#older, ...page];
    });
  }

  get #narrows(): boolean {
    return this.query.trim() !== "" || this.filter !== "all";
  }

  /** What is looked for. */
  get asked(): ActivityFilter {
    const read = readQuery(this.query, wallet.unit, clock.now);
    return this.filter === "all" ? read : { ...read, only: [...read.only, this.filter] };
  }

  all(): void {
    this.query = "";
    this.filter = "all";
    this.#found = null;
  }

  async #read(run: () => Promise<void>): Promise<void> {
    this.reading = true;
    this.failed = null;
    try {
      await run();
    } catch (error) {
      this.failed = wordsFor(error);
    }
    this.reading = false;
  }
}
