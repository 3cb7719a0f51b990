/** The code saved as a picture file, and where. What is said holds for the code that was saved, not for a later one. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import type { CodeForm } from "$lib/ipc/gen/dto";
import * as ipc from "$lib/ipc/ipc";

export class Saving {
  failed = $state.raw<ErrorWords | null>(null);
  #saved = $state.raw<{ text: string; form: CodeForm; path: string } | null>(null);

  /** Where this code's picture is, if it was saved. */
  pathOf(text: string, form: CodeForm): string | null {
    return this.#saved?.text === text && this.#saved.form === form ? this.#saved.path : null;
  }

  async save(text: string, form: CodeForm): Promise<void> {
    this.failed = null;
    try {
      this.#saved = { text, form, path: await ipc.saveRequest(text, form) };
    } catch (error) {
      this.failed = wordsFor(error);
    }
  }
}
