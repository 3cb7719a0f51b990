/** A request that follows what is typed beside it. The old one fades while the new one is made. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import { parseAmount } from "$lib/format";
import * as ipc from "$lib/ipc/ipc";
import type { ShownRequest } from "$lib/ipc/gen/dto";
import { wallet } from "$lib/wallet.svelte";

const PAUSE_MS = 350;

export class Asking {
  amount = $state("");
  note = $state("");
  /** Seconds; the value of a select. */
  expiry = $state("86400");
  shown = $state.raw<ShownRequest | null>(null);
  failed = $state.raw<ErrorWords | null>(null);
  /** What is shown is not what is typed. */
  stale = $state(true);
  readonly amountBad = $derived(this.amount.trim() !== "" && parseAmount(this.amount, wallet.unit) === null);
  /** Every request shown since the sheet opened: someone may pay an earlier one. */
  #asked = $state.raw<string[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  readonly paid = $derived(wallet.movements.find((one) => one.status === "paid" && this.#asked.includes(one.id)) ?? null);
  /** An on-chain payment to it was seen and waits for a block. */
  readonly seen = $derived(
    wallet.movements.some((one) => one.status === "pending" && one.confirmations !== null && this.#asked.includes(one.id)),
  );

  /** Something was typed: asks when the typing pauses. */
  changed = (): void => {
    this.stale = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), PAUSE_MS);
  };

  async ask(): Promise<void> {
    if (this.amountBad) return;
    const turn = ++this.#turn;
    const amountMsat = parseAmount(this.amount, wallet.unit);
    try {
      const shown = await ipc.receive({
        amountMsat: amountMsat === 0 ? null : amountMsat, note: this.note.trim() || null, expirySecs: Number(this.expiry),
      });
      this.#asked = [...this.#asked, shown.request.id];
      if (turn !== this.#turn) return;
      this.shown = shown;
      this.failed = null;
      this.stale = false;
    } catch (error) {
      if (turn === this.#turn) this.failed = wordsFor(error);
    }
  }

  /** After a payment: a clean sheet. */
  again(): Promise<void> {
    this.#asked = [];
    this.amount = "";
    this.note = "";
    this.stale = true;
    return this.ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}
