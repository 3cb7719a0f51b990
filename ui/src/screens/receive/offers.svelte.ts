/** Our offers: one code each that stays, and what it brought. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import type { ShownOffer } from "$lib/ipc/gen/dto";
import type { OfferNotice } from "$lib/ipc/gen/view";
import * as ipc from "$lib/ipc/ipc";
import { t } from "$lib/i18n";
import { msatOf, typedAmount } from "$lib/typed";
import { wallet } from "$lib/wallet.svelte";

export class Offers {
  list = $state.raw<ShownOffer[]>([]);
  /** Whether one can be made now. */
  notice = $state.raw<OfferNotice | null>(null);
  failed = $state.raw<ErrorWords | null>(null);
  working = $state(false);
  /** The form for a new one is open. */
  making = $state(false);
  amount = $state("");
  description = $state("");
  label = $state("");
  #chosen = $state.raw<string | null>(null);

  readonly shown = $derived(this.list.find((one) => one.offer.id === this.#chosen) ?? this.list[0] ?? null);
  readonly amountBad = $derived.by<string | null>(() => {
    const typed = typedAmount(this.amount, wallet.unit);
    if (!("fault" in typed) || typed.fault === "empty") return null;
    return typed.fault === "zero" ? t.amount.zeroRequest : t.amount.says(typed);
  });

  choose(id: string): void {
    this.#chosen = id;
    this.making = false;
  }

  async load(): Promise<void> {
    await this.#try(async () => {
      const { offers, notice } = await ipc.offers();
      this.list = offers;
      this.notice = notice;
    });
  }

  async make(): Promise<void> {
    if (this.working || this.amountBad !== null) return;
    this.working = true;
    await this.#try(async () => {
      const wish = { amountMsat: msatOf(this.amount, wallet.unit), description: this.description.trim() || null, label: this.label.trim() || null };
      const made = await ipc.makeOffer(wish);
      this.list = [made, ...this.list];
      this.choose(made.offer.id);
      this.amount = this.description = this.label = "";
    });
    this.working = false;
  }

  async #try(act: () => Promise<void>): Promise<void> {
    this.failed = null;
    try {
      await act();
    } catch (error) {
      this.failed = wordsFor(error);
    }
  }
}
