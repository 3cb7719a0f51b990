/** Reads QR codes from pixels or picture files with zxing. Pictures never leave this page and are not kept. */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

// Left alone it would fetch its code from a server.
prepareZXingModule({
  overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmUrl : prefix + path) },
});

const still: ReaderOptions = { formats: ["QRCode"], tryHarder: true, tryInvert: true, maxNumberOfSymbols: 4 };
/** For frames that come many times a second. */
const live: ReaderOptions = { ...still, tryDownscale: true, maxNumberOfSymbols: 1 };

/** The text of the first code found, or `null`. */
export async function readCode(picture: ImageData | Blob, fast = false): Promise<string | null> {
  const codes = await readBarcodes(picture, fast ? live : still);
  return codes.find((code) => code.isValid && code.text)?.text ?? null;
}

/** PNG or JPEG in base64, as the shell sends pictures. */
export async function readBase64(base64: string): Promise<string | null> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return readCode(new Blob([bytes]));
}
