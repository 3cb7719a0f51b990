/** Paste anywhere, drop anywhere: what arrives opens Pay with what was read. */
import { t } from "../i18n";
import { nav, type Source } from "../nav.svelte";
import { readBase64, readCode } from "./reader";

const editable = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest("input, textarea, [contenteditable], [data-dialog]") !== null;

class Intake {
  /** What could not be read, until the next try. */
  problem = $state.raw<string | null>(null);

  text(text: string, from: Source): void {
    this.problem = null;
    nav.open({ type: "pay", text, from });
  }

  async picture(picture: Promise<string | null>, from: Source): Promise<void> {
    const text = await picture.catch(() => null);
    if (text !== null) {
      this.text(text, from);
      return;
    }
    this.problem = t.scan.noCode.picture;
    nav.open({ type: "scan" });
  }

  base64(picture: string): Promise<void> {
    return this.picture(readBase64(picture), "picture");
  }

  /** The window's paste event. */
  paste = (event: ClipboardEvent): void => {
    const data = event.clipboardData;
    if (!data) return;
    const image = [...data.files].find((file) => file.type.startsWith("image/"));
    if (image) {
      event.preventDefault();
      void this.picture(readCode(image), "clipboard");
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
