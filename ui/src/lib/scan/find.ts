/** Finds the QR codes in a picture: one reader (zxing), several looks. */
import { readBarcodes, type ReaderOptions, type ReadResult } from "zxing-wasm/reader";
import { transparent, type Picture } from "./grey";
import * as looks from "./looks";
import type { Look, Unread } from "./looks";
import type { Corners, Point } from "./straighten";

/** A code's text, and its corners in the picture's own pixels. */
export interface Found {
  readonly text: string;
  readonly corners: Corners;
}

/** What one look saw: codes, and places where there is one that could not be read. */
interface Seen {
  readonly found: Found[];
  readonly unread: Unread[];
}

const options: ReaderOptions = {
  formats: ["QRCodeModel2"], textMode: "Plain", tryHarder: true, tryInvert: true, tryDownscale: true, returnErrors: true,
  maxNumberOfSymbols: 16,
};

/** So many more looks for a code that is seen beside one that was read. */
const ENOUGH = 6;

const WHITE = 255;
const BLACK = 0;

/**
 * Every code in the picture. The quick looks are all taken, the rest only while a code is missing: there is none yet, one is seen
 * but not read, or all that were found are among `known`, texts that are not what is looked for.
 */
export async function find(picture: Picture, known: readonly string[] = []): Promise<Found[]> {
  const grounds = transparent(picture) ? [WHITE, BLACK] : [WHITE];
  const all: Found[] = [];
  let unread: Unread[] = [];
  const take = async (look: Look) => {
    const seen = await read(look);
    for (const one of seen.found) if (!all.some(({ text }) => text === one.text)) all.push(one);
    unread = [...unread, ...seen.unread].filter((one) => !all.some(({ corners }) => within(middle(one.corners), corners)));
  };
  const wanted = () => all.every(({ text }) => known.includes(text));
  const missing = () => wanted() || unread.length > 0;

  for (const ground of grounds) {
    for (const look of looks.cheap(picture, ground)) await take(look);
    if (all.length > 0) break;
  }
  for (const ground of grounds) {
    if (!missing()) break;
    let taken = 0;
    for (const look of looks.thorough(picture, ground)) {
      await take(look);
      taken += 1;
      if (!missing() || (!wanted() && taken === ENOUGH)) break;
    }
    if (!wanted()) continue;
    for (const look of looks.straight(picture, ground, unread)) {
      await take(look);
      if (!wanted()) break;
    }
  }
  return all;
}

/** One quick look at a camera's frame: another one each `turn`. */
export async function glance(frame: Picture, turn: number): Promise<Found[]> {
  return (await read(looks.glance(frame, turn))).found;
}

async function read({ picture, place, inverted }: Look): Promise<Seen> {
  const codes = await readBarcodes(picture as ImageData, { ...options, tryInvert: inverted });
  const corners = ({ position: { topLeft, topRight, bottomRight, bottomLeft } }: ReadResult): Corners => [
    place(topLeft.x, topLeft.y), place(topRight.x, topRight.y), place(bottomRight.x, bottomRight.y), place(bottomLeft.x, bottomLeft.y),
  ];
  return {
    found: codes.filter((code) => code.isValid && code.text).map((code) => ({ text: words(code), corners: corners(code) })),
    unread: codes.filter((code) => !code.isValid).map((code) => ({ corners: corners(code), version: Number(code.version) })),
  };
}

/** Bytes without a named character set are UTF-8 wherever they can be. */
function words(code: ReadResult): string {
  if (code.hasECI) return code.text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(code.bytes);
  } catch {
    return code.text;
  }
}

function middle([[ax, ay], [bx, by], [cx, cy], [dx, dy]]: Corners): Point {
  return [(ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4];
}

/** Whether a point is inside four corners, listed around. */
function within([x, y]: Point, [a, b, c, d]: Corners): boolean {
  const sides = ([[a, b], [b, c], [c, d], [d, a]] as const).map(([[ax, ay], [bx, by]]) => (bx - ax) * (y - ay) - (by - ay) * (x - ax));
  return sides.every((side) => side >= 0) || sides.every((side) => side <= 0);
}
