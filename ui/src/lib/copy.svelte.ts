/** Copies a text and says so for two seconds, where it was pressed. */
import { copyText } from "./ipc/ipc";

export class Copier {
  copied = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  async copy(text: string): Promise<void> {
    await copyText(text);
    this.copied = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.copied = false), 2000);
  }
}
