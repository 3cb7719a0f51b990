// Codes, by the writer that belongs to the reader's library.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { prepareZXingModule, writeBarcode } from "zxing-wasm/writer";

const wasm = createRequire(import.meta.url).resolve("zxing-wasm/writer/zxing_writer.wasm");
prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer } });

/** The modules of a code: `data` is 0 where they are dark. */
export async function encode(text, level) {
  const { symbol, error } = await writeBarcode(text, { format: "QRCode", options: `ecLevel=${level}` });
  if (error) throw new Error(error);
  return symbol;
}
