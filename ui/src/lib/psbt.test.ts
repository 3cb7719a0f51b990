import { expect, test } from "vitest";
import { textOf } from "./psbt";

const file = (part: BlobPart) => new File([part], "payment.psbt");

test("bytes become base64, and text stays as it is", async () => {
  const bytes = new Uint8Array([0x70, 0x73, 0x62, 0x74, 0xff, 0x01, 0xe9]);
  expect(await textOf(file(bytes))).toBe("cHNidP8B6Q==");
  expect(await textOf(file("cHNidP8B6Q==\n"))).toBe("cHNidP8B6Q==\n");
});

test("a file that is too large is not read", async () => {
  await expect(textOf(file(new Uint8Array(1_400_001)))).rejects.toMatchObject({ code: "psbt_too_long" });
});
