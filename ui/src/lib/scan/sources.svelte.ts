/** The sources beside the camera: screen, picture, clipboard. What is read opens Pay; what is not says why. */
import { wordsFor } from "../errors";
import { t } from "../i18n";
import * as ipc from "../ipc/ipc";
import { nav } from "../nav.svelte";
import { takeIn } from "./intake.svelte";
import { pixels, pixelsOfBase64 } from "./reader";

export type SourceName = "screen" | "part" | "picture" | "clipboard";

export class Sources {
  working = $state.raw<SourceName | null>(null);

  screen = () => this.#read("screen", async () => takeIn.pictures(await screens(), "screen"));

  /** Shows the screens, to draw around a part of one. */
  part = () =>
    this.#read("part", async () => {
      const all = await screens();
      if (all.length > 0) nav.open({ type: "part", screens: all });
      return all.length > 0;
    });

  picture = (file: File) => this.#read("picture", async () => takeIn.pictures([await pixels(file)], "picture"));

  clipboard = () =>
    this.#read("clipboard", async () => {
      const { text, picture } = await ipc.readClipboard();
      if (text?.trim()) {
        takeIn.text(text.trim(), "clipboard");
        return true;
      }
      return picture !== null && takeIn.pictures([await pixelsOfBase64(picture.pngBase64)], "clipboard");
    });

  async #read(name: SourceName, act: () => Promise<boolean>): Promise<void> {
    if (this.working) return;
    this.working = name;
    takeIn.problem = null;
    try {
      if (!(await act())) takeIn.problem = t.scan.noCode[name];
    } catch (error) {
      const ofScreen = name === "screen" || name === "part";
      takeIn.problem = ofScreen ? `${t.scan.screenFailed} ${wordsFor(error).next}` : t.scan.noCode[name];
    }
    this.working = null;
  }
}

/** What every monitor shows. */
async function screens(): Promise<ImageData[]> {
  const shots = await ipc.scanScreen();
  return Promise.all(shots.map(({ pngBase64 }) => pixelsOfBase64(pngBase64)));
}
