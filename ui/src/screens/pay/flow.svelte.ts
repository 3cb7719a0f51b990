/** One payment, from a text to its end. Every figure is the engine's; this only remembers where we are. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import type { Cheque, FeeSpeed, Instruction, Movement, MovementDetail } from "$lib/ipc/gen/view";
import * as ipc from "$lib/ipc/ipc";
import type { Source } from "$lib/nav.svelte";
import { wallet } from "$lib/wallet.svelte";

export type Step = "enter" | "check" | "onway" | "paid" | "failed";

export class PayFlow {
  text = $state("");
  source = $state.raw<Source>("typed");
  instruction = $state.raw<Instruction | null>(null);
  cheque = $state.raw<Cheque | null>(null);
  detail = $state.raw<MovementDetail | null>(null);
  problem = $state.raw<ErrorWords | null>(null);
  working = $state.raw<"reading" | "checking" | "paying" | null>(null);
  /** How long it took, where it was watched from here. */
  millis = $state.raw<number | null>(null);
  startedAt = 0;
  #sent = $state.raw<Movement | null>(null);

  movement = $derived(this.#sent && (wallet.movement(this.#sent.id) ?? this.#sent));
  step = $derived.by<Step>(() => {
    if (!this.movement) return this.instruction ? "check" : "enter";
    if (this.movement.status === "paid") return "paid";
    return this.movement.status === "failed" || this.movement.status === "expired" ? "failed" : "onway";
  });
  needsAmount = $derived(this.instruction?.amount.type === "open");

  /** What was read; a node is no payment and is handed to `onnode`. */
  async read(text: string, source: Source, onnode: (peer: string) => void): Promise<void> {
    await this.#try("reading", async () => {
      this.text = text;
      this.source = source;
      const instruction = await ipc.readText(text);
      if (instruction.kind === "node") {
        onnode(text.trim());
        return;
      }
      // Shown whole: with what it costs, or with why it cannot be paid.
      try {
        if (instruction.amount.type === "fixed") await this.#preview(instruction.id, null, null, false);
      } finally {
        this.instruction = instruction;
      }
    });
  }

  async preview(amountMsat: number | null, speed: FeeSpeed | null, everything: boolean): Promise<void> {
    const id = this.instruction?.id;
    if (id === undefined) return;
    await this.#try("checking", () => this.#preview(id, amountMsat, speed, everything));
  }

  async pay(): Promise<void> {
    const cheque = this.cheque;
    if (!cheque) return;
    this.startedAt = performance.now();
    this.millis = null;
    await this.#try("paying", async () => {
      this.#sent = await ipc.pay(cheque.id);
    });
  }

  /** Called once it is decided. */
  async ended(): Promise<void> {
    this.millis ??= performance.now() - this.startedAt;
    if (this.movement) this.detail = await ipc.movement(this.movement.id).catch(() => null);
  }

  /** Only after a final failure: looks at the same instruction again. */
  async again(): Promise<void> {
    const before = this.cheque;
    this.#sent = null;
    this.detail = null;
    this.cheque = null;
    if (!before) return;
    const amount = this.needsAmount && !before.everything ? before.amountMsat : null;
    await this.preview(amount, before.speed, before.everything);
  }

  /** Back to the amount, where the payer chooses it; else to the empty field. */
  change(): void {
    this.problem = null;
    if (this.needsAmount && this.cheque) this.cheque = null;
    else this.reset();
  }

  reset(): void {
    this.text = "";
    this.instruction = null;
    this.cheque = null;
    this.problem = null;
    this.#sent = null;
    this.detail = null;
  }

  async #preview(instructionId: string, amountMsat: number | null, speed: FeeSpeed | null, everything: boolean): Promise<void> {
    this.cheque = await ipc.preview({ instructionId, amountMsat, speed, everything });
  }

  async #try(what: "reading" | "checking" | "paying", act: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = what;
    this.problem = null;
    try {
      await act();
    } catch (error) {
      this.problem = wordsFor(error);
    }
    this.working = null;
  }
}
