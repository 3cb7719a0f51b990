// The payment hash of a BOLT 11 invoice, read here on our own: a proof must not be checked by what it proves.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const TIMESTAMP_WORDS = 7;
const SIGNATURE_AND_CHECKSUM_WORDS = 104 + 6;

/** The text of the QR code in a PNG file. */
export async function readPicture(path) {
  const wasmBinary = readFileSync(createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm"));
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  const [code] = await readBarcodes(new Blob([readFileSync(path)]), { formats: ["QRCode"], tryHarder: true });
  if (!code) throw new Error(`no QR code in ${path}`);
  return code.text;
}

/** Whether SHA-256 of `preimage` is what `invoice` asked for (BOLT 11, tag `p`). */
export function proves(preimage, invoice) {
  return createHash("sha256").update(Buffer.from(preimage, "hex")).digest("hex") === paymentHash(invoice);
}

/** Lower-case hex. */
export function paymentHash(invoice) {
  const bare = invoice.toLowerCase().replace(/^lightning:/, "");
  const words = [...bare.slice(bare.lastIndexOf("1") + 1)].map((letter) => LETTERS.indexOf(letter));
  const tagged = words.slice(TIMESTAMP_WORDS, -SIGNATURE_AND_CHECKSUM_WORDS);
  for (let at = 0; at < tagged.length; ) {
    const length = tagged[at + 1] * 32 + tagged[at + 2];
    if (LETTERS[tagged[at]] === "p" && length === 52) return bytes(tagged.slice(at + 3, at + 3 + length)).toString("hex");
    at += 3 + length;
  }
  throw new Error("the invoice has no payment hash");
}

function bytes(words) {
  const bits = words.map((word) => word.toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}
