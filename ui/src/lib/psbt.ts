/** A file with a PSBT, as the text that the engine reads. Other programs save the bytes, or base64. */

/** No larger one is signed: it is not even read. */
const MOST_BYTES = 1_400_000;
const MAGIC = "psbt\xff";

export async function textOf(file: File): Promise<string> {
  if (file.size > MOST_BYTES) throw { code: "psbt_too_long", message: "", detail: null };
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return binary.startsWith(MAGIC) ? btoa(binary) : new TextDecoder().decode(bytes);
}
