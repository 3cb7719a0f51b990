import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { prepareZXingModule } from "zxing-wasm/reader";
import { prepareZXingModule as prepareWriter, writeBarcode } from "zxing-wasm/writer";
import { beforeAll, describe, expect, test } from "vitest";
import { find, glance } from "./find";
import { cut, type Picture } from "./grey";

const TEXT = "lightning:lnbc21u1pj9qrswpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf";
const OTHER = "https://shop.example/coffee";
const MODULE = 5;

type Colour = readonly [number, number, number, number];
const white: Colour = [255, 255, 255, 255];
const black: Colour = [0, 0, 0, 255];
const clear: Colour = [0, 0, 0, 0];

function put(picture: Picture, x: number, y: number, size: number, colour: Colour) {
  for (let py = y; py < y + size; py += 1) for (let px = x; px < x + size; px += 1) picture.data.set(colour, (py * picture.width + px) * 4);
}

/** Codes side by side. */
async function drawn(texts: string[], dark = black, light = white): Promise<Picture> {
  const symbols = await Promise.all(texts.map(async (text) => (await writeBarcode(text, { format: "QRCode" })).symbol));
  const side = (Math.max(...symbols.map(({ width }) => width)) + 8) * MODULE;
  const picture = { width: side * symbols.length, height: side, data: new Uint8ClampedArray(side * side * symbols.length * 4) };
  for (let at = 0; at < symbols.length; at += 1) put(picture, at * side, 0, side, light);
  for (const [index, symbol] of symbols.entries()) {
    symbol.data.forEach((value, at) => {
      const [x, y] = [at % symbol.width, Math.floor(at / symbol.width)];
      if (value === 0) put(picture, index * side + (x + 4) * MODULE, (y + 4) * MODULE, MODULE, dark);
    });
  }
  return picture;
}

const texts = async (picture: Picture, known: string[] = []) => (await find(picture, known)).map(({ text }) => text);

beforeAll(() => {
  const wasm = (name: string) => readFileSync(createRequire(import.meta.url).resolve(`zxing-wasm/${name}`)).buffer as ArrayBuffer;
  prepareZXingModule({ overrides: { wasmBinary: wasm("reader/zxing_reader.wasm") } });
  prepareWriter({ overrides: { wasmBinary: wasm("writer/zxing_writer.wasm") } });
});

describe("a picture", () => {
  test("is read, and says where the code is", async () => {
    const picture = await drawn([TEXT]);
    const [found] = await find(picture);
    expect(found?.text).toBe(TEXT);
    const [left, top] = found?.corners[0] ?? [0, 0];
    expect(Math.abs(left - 4 * MODULE) + Math.abs(top - 4 * MODULE)).toBeLessThan(2 * MODULE);
  });

  test.each([
    ["dark ink on a clear ground", black, clear],
    ["light ink on a clear ground", white, clear],
    ["light ink whose clear ground is light, too", white, [255, 255, 255, 0] as const],
    ["light on dark", white, black],
    ["hardly a difference", [120, 120, 120, 255] as const, [132, 132, 132, 255] as const],
    ["red on orange", [200, 60, 20, 255] as const, [235, 120, 50, 255] as const],
  ])("%s", async (_, dark, light) => {
    expect(await texts(await drawn([TEXT], dark, light))).toEqual([TEXT]);
  });

  test("every code in it is found", async () => {
    expect((await texts(await drawn([OTHER, TEXT]))).sort()).toEqual([OTHER, TEXT].sort());
  });

  test("specks are looked through, and what is known does not end the search", async () => {
    const picture = await drawn([OTHER, TEXT]);
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let at = 0; at < picture.data.length; at += 4) {
      const speckled = (at / 4) % picture.width > picture.width / 2;
      if (speckled && random() < 0.08) picture.data.fill(random() < 0.5 ? 0 : 255, at, at + 3);
    }
    expect(await texts(picture, [OTHER])).toContain(TEXT);
  });

  test("paper that waves is laid flat", async () => {
    const flat = await drawn([`${TEXT}${TEXT}`]);
    const bent = { ...flat, data: new Uint8ClampedArray(flat.data.length).fill(255) };
    for (let y = 0; y < flat.height; y += 1) {
      for (let x = 0; x < flat.width; x += 1) {
        const [px, py] = [x + Math.round(6 * Math.sin(y / 50)), y + Math.round(6 * Math.sin(x / 50 + 1))];
        if (px < 0 || py < 0 || px >= flat.width || py >= flat.height) continue;
        bent.data.set(flat.data.subarray((py * flat.width + px) * 4, (py * flat.width + px) * 4 + 4), (y * flat.width + x) * 4);
      }
    }
    const [found] = await find(bent);
    expect(found?.text).toBe(`${TEXT}${TEXT}`);
    // Where it stands is told in the picture that was given.
    const wide = (found?.corners[1][0] ?? 0) - (found?.corners[0][0] ?? 0);
    expect(Math.abs(wide - (flat.width - 8 * MODULE))).toBeLessThan(6 * MODULE);
  });

  test("without a code it is searched to the end, and nothing is made up", async () => {
    const picture = await drawn([TEXT]);
    expect(await find(cut(picture, 0, 0, picture.width >> 1, picture.height))).toEqual([]);
  });

  test("UTF-8 is text", async () => {
    expect(await texts(await drawn(["Für Kaffee: ₿ und Süßes"]))).toEqual(["Für Kaffee: ₿ und Süßes"]);
  });
});

test("a frame is looked at in another way each turn, and each finds a plain code", async () => {
  const picture = await drawn([TEXT]);
  for (const turn of [0, 1, 3, 4]) expect((await glance(picture, turn)).map(({ text }) => text)).toEqual([TEXT]);
});
