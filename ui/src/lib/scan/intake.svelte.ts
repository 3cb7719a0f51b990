/** Paste anywhere, drop anywhere: what arrives opens Pay with what was read. */
import { t } from "../i18n";
import { nav, type Source } from "../nav.svelte";
import { choose, decide, type Choice, type Seen } from "./choice";
import { pixels, pixelsOfBase64 } from "./reader";

const editable = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest("input, textarea, [contenteditable], [data-dialog]") !== null;

class Intake {
  /** What could not be read, until the next try. */
  problem = $state.raw<string | null>(null);

  text(text: string, from: Source, seen?: Seen): void {
    this.problem = null;
    nav.open({ type: "pay", text, from, ...(seen ? { seen } : {}) });
  }

  /** Whether there is a code in these pictures; if so, Pay or the question which one is open. */
  async pictures(pictures: readonly ImageData[], from: Source): Promise<boolean> {
    return this.#open(await choose(pictures), from);
  }

  /** The same for codes that were read already. */
  async seen(seen: readonly Seen[], from: Source): Promise<boolean> {
    return this.#open(await decide(seen), from);
  }

  #open(choice: Choice, from: Source): boolean {
    if (choice.type === "one") this.text(choice.seen.found.text, from, choice.seen);
    if (choice.type === "several") {
      this.problem = null;
      nav.open({ type: "which", payable: choice.payable, from });
    }
    return choice.type !== "nothing";
  }

  /** The picture arrived by itself. */
  async #arrived(picture: Promise<ImageData>, from: Source): Promise<void> {
    if (await picture.then((one) => this.pictures([one], from)).catch(() => false)) return;
    this.problem = t.scan.noCode.picture;
    nav.open({ type: "scan" });
  }

  base64(picture: string): Promise<void> {
    return this.#arrived(pixelsOfBase64(picture), "picture");
  }

  /** The window's paste event. */
  paste = (event: ClipboardEvent): void => {
    const data = event.clipboardData;
    if (!data) return;
    const image = [...data.files].find((file) => file.type.startsWith("image/"));
    if (image) {
      event.preventDefault();
      void this.#arrived(pixels(image), "clipboard");
      return;
    }
    const text = data.getData("text/plain").trim();
    if (!text || editable(event.target)) return;
    event.preventDefault();
    this.text(text, "clipboard");
  };

  /** Says that text may be dropped here. Whatever else hovers never replaces the page; picture files come through the shell. */
  dragover = (event: DragEvent): void => {
    if (editable(event.target)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = event.dataTransfer.types.includes("text/plain") ? "copy" : "none";
  };

  /** The window's drop event. Into a field, the field takes it. */
  drop = (event: DragEvent): void => {
    if (editable(event.target)) return;
    event.preventDefault();
    const text = event.dataTransfer?.getData("text/plain").trim();
    if (text) this.text(text, "drop");
  };
}

export const takeIn = new Intake();
