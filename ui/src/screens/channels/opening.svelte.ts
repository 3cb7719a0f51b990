/** Opening a channel: who, how much, and what it would mean, asked again as soon as one of them changes. */
import { asApiError } from "$lib/ipc/ipc";
import { wordsFor, type ErrorWords } from "$lib/errors";
import { t } from "$lib/i18n";
import type { Channel, OpenPreview } from "$lib/ipc/gen/view";
import * as ipc from "$lib/ipc/ipc";
import { msatOf, typedAmount } from "$lib/typed";
import { wallet } from "$lib/wallet.svelte";

const PAUSE_MS = 350;
const FIRST_SAT = 500_000;

/** Something to look at first; the engine says what is possible. */
function firstAmount(): number {
  const usable = wallet.balance?.onchain.canSpendSat ?? 0;
  return usable > FIRST_SAT ? FIRST_SAT : Math.floor(usable / 2000) * 1000;
}

export class Opening {
  peer = $state("");
  /** As typed; the channel's size is always in sat. */
  text = $state("");
  preview = $state.raw<OpenPreview | null>(null);
  /** What is shown is not what is typed. */
  stale = $state(false);
  failed = $state.raw<ErrorWords | null>(null);
  working = $state(false);
  /** The ids that were there before: the new one is the one we opened. */
  #before = $state.raw<string[] | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  readonly msat = $derived(msatOf(this.text, "sat"));
  /** Why what is typed is no size of a channel. */
  readonly amountBad = $derived.by<string | null>(() => {
    const typed = typedAmount(this.text, "sat");
    if ("msat" in typed) return typed.msat % 1000 === 0 ? null : t.amount.notWhole;
    return typed.fault === "empty" ? null : t.amount.says(typed);
  });
  readonly opened = $derived(this.#before !== null);
  readonly channel = $derived.by<Channel | null>(() => {
    const before = this.#before;
    return (before && wallet.channels?.list.find((one) => !before.includes(one.id))) ?? null;
  });

  constructor(peer: string) {
    this.peer = peer;
    this.text = String(firstAmount());
  }

  changed = (): void => {
    this.stale = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), PAUSE_MS);
  };

  choose(peer: string): void {
    this.peer = peer;
    this.changed();
  }

  async ask(): Promise<void> {
    const turn = ++this.#turn;
    if (this.amountBad !== null || this.msat === null || !this.peer.trim()) return;
    try {
      const preview = await ipc.openPreview({ peer: this.peer.trim(), amountSat: this.msat / 1000 });
      if (turn !== this.#turn) return;
      this.preview = preview;
      this.failed = null;
      this.stale = false;
    } catch (error) {
      if (turn === this.#turn) this.failed = wordsFor(error);
    }
  }

  async open(): Promise<void> {
    if (!this.preview || this.stale || this.working) return;
    this.working = true;
    const before = (wallet.channels?.list ?? []).map((one) => one.id);
    try {
      await ipc.openChannel(this.preview.id);
      this.#before = before;
    } catch (error) {
      this.failed = wordsFor(error);
      // What was shown no longer holds: show what does.
      if (asApiError(error).code === "stale") this.changed();
    }
    this.working = false;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }
}
