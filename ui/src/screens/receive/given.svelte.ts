/** What is given out of what was made: which text, and how its code is written. */
import type { CodeForm, ShownCode, ShownRequest } from "$lib/ipc/gen/dto";
import type { Asking } from "./asking.svelte";
import type { Offers } from "./offers.svelte";

/** What a request's code holds. */
export type Holds = "both" | "lightning" | "address";

export class Given {
  way = $state<"once" | "again">("once");
  form = $state<CodeForm>("small");
  #chosen = $state<Holds>("both");
  readonly #asking: Asking;
  readonly #offers: Offers;

  constructor(asking: Asking, offers: Offers) {
    this.#asking = asking;
    this.#offers = offers;
  }

  /** What there is to choose from: Lightning only where the request has an invoice. */
  readonly choices = $derived.by<Holds[]>(() => (this.#asking.shown?.lightning === null ? ["both", "address"] : ["both", "lightning", "address"]));
  readonly holds = $derived(this.choices.includes(this.#chosen) ? this.#chosen : "both");
  readonly offer = $derived.by(() => (this.way === "again" && !this.#offers.making ? this.#offers.shown : null));
  readonly code = $derived.by(() => (this.way === "again" ? (this.offer?.code ?? null) : this.#of(this.#asking.shown)));
  readonly svg = $derived(this.code?.svg[this.form] ?? null);
  /** An address goes on when its request has run out. */
  readonly expired = $derived.by(() => this.way === "once" && this.holds !== "address" && this.#asking.expired);

  choose(holds: Holds): void {
    this.#chosen = holds;
  }

  /** Written the other way. */
  rewrite(): void {
    this.form = this.form === "small" ? "unchanged" : "small";
  }

  /** The text for what is typed now, without waiting for a pause. */
  async ready(): Promise<string | null> {
    const code = this.way === "again" ? this.code : this.#of(await this.#asking.ready());
    return code?.text ?? null;
  }

  #of(shown: ShownRequest | null): ShownCode | null {
    return shown && (shown[this.holds] ?? shown.both);
  }
}
