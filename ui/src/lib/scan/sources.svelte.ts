/** The sources beside the camera: screen, picture, clipboard. What is read opens Pay; what is not says why. */
import { wordsFor } from "../errors";
import { t } from "../i18n";
import * as ipc from "../ipc/ipc";
import { takeIn } from "./intake.svelte";
import { readBase64, readCode } from "./reader";

export type SourceName = "screen" | "picture" | "clipboard";

export class Sources {
  working = $state.raw<SourceName | null>(null);

  screen = () =>
    this.#read("screen", async () => {
      for (const picture of await ipc.scanScreen()) {
        const text = await readBase64(picture.pngBase64);
        if (text !== null) return text;
      }
      return null;
    });

  picture = (file: File) => this.#read("picture", () => readCode(file));

  clipboard = () =>
    this.#read("clipboard", async () => {
      const text = await ipc.clipboardText();
      if (text !== null) return text;
      const picture = await ipc.clipboardPicture();
      return picture && readCode(picture);
    });

  async #read(name: SourceName, act: () => Promise<string | null>): Promise<void> {
    if (this.working) return;
    this.working = name;
    takeIn.problem = null;
    try {
      const text = await act();
      if (text === null) takeIn.problem = t.scan.noCode[name];
      else takeIn.text(text, name);
    } catch (error) {
      const words = wordsFor(error);
      takeIn.problem = name === "screen" ? `${t.scan.screenFailed} ${words.next}` : t.scan.noCode[name];
    }
    this.working = null;
  }
}
