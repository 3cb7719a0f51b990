/** A request that follows what is typed beside it. The old one fades while the new one is made. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import * as ipc from "$lib/ipc/ipc";
import type { ReceiveRequest, ShownRequest } from "$lib/ipc/gen/dto";
import { clock } from "$lib/clock.svelte";
import { t } from "$lib/i18n";
import { msatOf, typedAmount } from "$lib/typed";
import { wallet } from "$lib/wallet.svelte";

/** Each request is written down, so one is made when the typing rests, not for every letter. */
const PAUSE_MS = 600;

type Wish = Omit<ReceiveRequest, "replaces">;

interface Asked {
  wish: Wish;
  done: Promise<void>;
}

const same = (a: Wish, b: Wish) =>
  a.amountMsat === b.amountMsat && a.note === b.note && a.expirySecs === b.expirySecs;

export class Asking {
  amount = $state("");
  note = $state("");
  /** Seconds; the value of a select. */
  expiry = $state("86400");
  shown = $state.raw<ShownRequest | null>(null);
  failed = $state.raw<ErrorWords | null>(null);
  /** What is shown is not what is typed. */
  stale = $state(true);
  /** Why what is typed is no amount. Nothing typed asks for any amount; a nought would be a slip. */
  readonly amountBad = $derived.by<string | null>(() => {
    const typed = typedAmount(this.amount, wallet.unit);
    if (!("fault" in typed) || typed.fault === "empty") return null;
    return typed.fault === "zero" ? t.amount.zeroRequest : t.amount.says(typed);
  });
  /** Every request shown since the sheet opened: someone may pay an earlier one. */
  #asked = $state.raw<string[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last one asked for, answered or not. */
  #last: Asked | null = null;

  readonly paid = $derived(wallet.movements.find((one) => one.status === "paid" && this.#asked.includes(one.id)) ?? null);
  /** An on-chain payment to it was seen and waits for a block. */
  readonly seen = $derived(
    wallet.movements.some((one) => one.status === "pending" && one.confirmations !== null && this.#asked.includes(one.id)),
  );

  /** Nobody paid it in time. */
  readonly expired = $derived(
    this.shown !== null && !this.stale && this.paid === null && !this.seen && clock.now >= this.shown.request.expiresAtSecs,
  );

  /** Something was typed: asks when the typing pauses. */
  changed = (): void => {
    this.stale = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), PAUSE_MS);
  };

  /** Asks for what is typed, unless that is what was asked for last. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.amountBad !== null) return;
    const wish = this.#wish();
    if (this.#last === null || !same(this.#last.wish, wish)) this.#last = { wish, done: this.#request(wish) };
    const asked = this.#last;
    await asked.done;
    if (asked === this.#last && this.failed === null) this.stale = false;
  }

  /** The request for what is typed now, without waiting for a pause. */
  async ready(): Promise<ShownRequest | null> {
    if (this.stale) await this.ask();
    return this.stale ? null : this.shown;
  }

  /** It ran out, or can be more than it was: the same once more. */
  renew(): void {
    this.#last = null;
    this.stale = true;
    void this.ask();
  }

  /** After a payment: a clean sheet. */
  again(): Promise<void> {
    this.#asked = [];
    this.amount = "";
    this.note = "";
    this.stale = true;
    this.#last = null;
    return this.ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#last = null;
  }

  #wish(): Wish {
    return { amountMsat: msatOf(this.amount, wallet.unit), note: this.note.trim() || null, expirySecs: Number(this.expiry) };
  }

  async #request(wish: Wish): Promise<void> {
    const last = () => this.#last?.wish === wish;
    try {
      // What is typed here is one request: it keeps its address.
      const shown = await ipc.receive({ ...wish, replaces: this.#asked.at(-1) ?? null });
      this.#asked = [...this.#asked, shown.request.id];
      if (!last()) return;
      this.shown = shown;
      this.failed = null;
    } catch (error) {
      if (!last()) return;
      this.failed = wordsFor(error);
      this.#last = null;
    }
  }
}
