import { wordsFor, type ErrorWords } from "$lib/errors";
import type { SettingsPatch } from "$lib/ipc/gen/dto";
import { wallet } from "$lib/wallet.svelte";

/** Choices that count at once, and why the last one does not. */
export class Saving {
  failed = $state.raw<ErrorWords | null>(null);

  /** Whether it was saved. */
  async save(patch: Partial<SettingsPatch>): Promise<boolean> {
    this.failed = null;
    try {
      await wallet.update(patch);
    } catch (error) {
      this.failed = wordsFor(error);
    }
    return this.failed === null;
  }
}
