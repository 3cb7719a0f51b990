/** The code saved as a picture file, and where. What is said holds for the code that was saved, not for a later one. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import * as ipc from "$lib/ipc/ipc";

export class Saving {
  failed = $state.raw<ErrorWords | null>(null);
  #saved = $state.raw<{ uri: string; path: string } | null>(null);

  /** Where this request's picture is, if it was saved. */
  pathOf(uri: string): string | null {
    return this.#saved?.uri === uri ? this.#saved.path : null;
  }

  async save(uri: string): Promise<void> {
    this.failed = null;
    try {
      this.#saved = { uri, path: await ipc.saveRequest(uri) };
    } catch (error) {
      this.failed = wordsFor(error);
    }
  }
}
