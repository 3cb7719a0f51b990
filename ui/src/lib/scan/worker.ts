/** Reads pictures away from the page's thread, so that nothing on the screen waits for it. */
import { prepareZXingModule } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";
import { find, glance, type Found } from "./find";
import type { Picture } from "./grey";

/** A picture to search whole, beside texts that are known, or a camera's frame to glance at. */
export type Question = { id: number; picture: Picture } & ({ known: readonly string[] } | { turn: number });
export type Answer = { id: number } & ({ found: Found[] } | { error: string });

// Left alone it would fetch its code from a server.
prepareZXingModule({
  overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmUrl : prefix + path) },
});

const answer = (words: Answer) => { self.postMessage(words); };

self.onmessage = ({ data }: MessageEvent<Question>) => {
  const reading = "turn" in data ? glance(data.picture, data.turn) : find(data.picture, data.known);
  reading.then(
    (found) => { answer({ id: data.id, found }); },
    (error: unknown) => { answer({ id: data.id, error: String(error) }); },
  );
};
