/** The ways to look at a picture for codes. The cheap ones come first; each of the rest helps with pictures the others fail on. */
import * as grey from "./grey";
import type { Grey, Picture } from "./grey";
import { straightened, type Corners } from "./straighten";

/** A prepared picture, and where its points are in the picture that was given. */
export interface Look {
  readonly name: string;
  readonly picture: Picture;
  /** From its pixels to the given picture's. */
  readonly place: (x: number, y: number) => readonly [number, number];
  /** Whether light codes on dark are looked for, too, which takes twice as long. */
  readonly inverted: boolean;
}

/** Pixels: what is larger is looked at smaller first. */
const USUAL = 2_000_000;
/** Pixels that the slow looks work on. */
const SLOW = 1_000_000;
/** Pixels of an enlarged picture. */
const LARGE = 3_600_000;

type Prepare = (picture: Grey) => Grey;

/** Enlarged, but not beyond what is quick enough. */
const larger = (factor: number): Prepare => (one) => grey.resize(one, Math.min(factor, Math.sqrt(LARGE / (one.width * one.height))));

const threshold = (radius: number): Prepare => (one) => grey.threshold(one, radius);

/** As it is, and first at a size that is quickly read. */
export function* cheap(picture: Picture, ground: number): Generator<Look> {
  const small = picture.width * picture.height <= USUAL;
  const whole = small && !grey.transparent(picture) ? picture : grey.toPicture(grey.toGrey(picture, ground));
  if (!small) {
    const near = limited(grey.toGrey(picture, ground), USUAL);
    yield scaled("smaller", near, near.width / picture.width);
  }
  yield { name: "as it is", picture: whole, place: (x, y) => [x, y], inverted: true };
}

/** One quick look at a camera's frame, another one each turn. */
export function glance(frame: Picture, turn: number): Look {
  switch (turn % 4) {
    case 0:
      return { name: "as it is", picture: frame, place: (x, y) => [x, y], inverted: false };
    case 1:
      return { ...scaled("half as large, by its surroundings", grey.threshold(grey.halfGrey(frame), 12, 3), 0.5), inverted: false };
    case 2: {
      const [width, height] = [Math.floor(frame.width * 0.3), Math.floor(frame.height * 0.3)];
      const [left, top] = [(frame.width - width) >> 1, (frame.height - height) >> 1];
      return { ...enlarged("its middle, enlarged", grey.toGrey(grey.cut(frame, left, top, width, height)), left, top), inverted: false };
    }
    default:
      return scaled("half as large", grey.halfGrey(frame), 0.5);
  }
}

/** Everything else, by what it gains for its time. */
export function* thorough(picture: Picture, ground: number): Generator<Look> {
  const whole = grey.toGrey(picture, ground);
  const near = limited(whole, SLOW);
  const factor = near.width / whole.width;
  const look = (name: string, ...steps: Prepare[]): Look => {
    const made = steps.reduce((one, step) => step(one), near);
    return scaled(name, made, (factor * made.width) / near.width);
  };
  yield look("enlarged, by its surroundings", larger(2), threshold(24));
  yield look("without specks", grey.median);
  yield look("enlarged and sharp", larger(2), (one) => grey.sharpen(one, 3, 3));
  yield look("half as large", (one) => grey.resize(one, 0.5));
  yield look("levelled", (one) => grey.level(one, 64));
  for (const strength of [-0.15, 0.15]) yield bent(near, factor, strength);
  yield look("enlarged, by its near surroundings", larger(2), threshold(12));
  yield look("three times as large and very sharp", larger(3), (one) => grey.sharpen(one, 6, 6));
  yield look("sharp", (one) => grey.sharpen(one, 2, 2));
  yield look("soft, by its surroundings", (one) => grey.smooth(one, 1), threshold(16));
  yield look("three times as large, by its surroundings", larger(3), threshold(18));
  yield look("enlarged and very sharp", larger(2), (one) => grey.sharpen(one, 6, 8));
  yield look("by its near surroundings", threshold(8));
  yield look("stretched", grey.stretch);
  for (const strength of [-0.25, 0.3, 0.5]) yield bent(near, factor, strength);
  yield look("specks gone, enlarged", grey.median, larger(2), threshold(20));
  yield look("two thirds as large", (one) => grey.smooth(one, 1), (one) => grey.resize(one, 0.67));
  for (const which of [0, 1, 2] as const) {
    const one = limited(grey.channel(picture, which), SLOW);
    yield scaled(`colour ${which}`, grey.stretch(one), factor);
  }
  if (near !== whole) yield* parts(whole);
}

/** A code that was seen but could not be read, and its version (how large it is) as far as could be told. */
export interface Unread {
  readonly corners: Corners;
  readonly version: number;
}

/** So many of them are laid flat. */
const FLAT = 8;

/** Codes that were seen but could not be read, laid flat; their version may have been taken for a neighbouring one. */
export function* straight(picture: Picture, ground: number, unread: readonly Unread[]): Generator<Look> {
  const whole = grey.toGrey(picture, ground);
  const tried = new Set<string>();
  for (const { corners, version } of unread) {
    const about = corners.flat().map((place) => Math.round(place / 6)).join(" ");
    if (tried.size >= FLAT || tried.has(`${about} ${version}`)) continue;
    tried.add(`${about} ${version}`);
    for (const one of [version, version + 1, version - 1]) {
      if (one < 1 || one > 40) continue;
      const flat = straightened(whole, corners, 17 + 4 * one);
      yield { name: `version ${one}, laid flat`, picture: grey.toPicture(flat.grey), place: flat.place, inverted: true };
    }
  }
}

/** Parts of a large picture, enlarged: a small code far away. */
function* parts(whole: Grey): Generator<Look> {
  const wide = 700;
  const step = 500;
  for (let top = 0; top === 0 || top + (wide - step) < whole.height; top += step) {
    for (let left = 0; left === 0 || left + (wide - step) < whole.width; left += step) {
      const [width, height] = [Math.min(wide, whole.width - left), Math.min(wide, whole.height - top)];
      yield enlarged(`part ${left} ${top}`, grey.crop(whole, left, top, width, height), left, top);
    }
  }
}

/** A lens's bulge taken back (below zero) or a pinch (above). */
function bent(near: Grey, factor: number, strength: number): Look {
  const [cx, cy] = [near.width / 2, near.height / 2];
  const reach = cx * cx + cy * cy;
  const shrink = strength > 0 ? 1 / (1 + strength / 2) : 1;
  const place = (x: number, y: number): [number, number] => {
    const [dx, dy] = [x - cx, y - cy];
    const bend = (1 + (strength * (dx * dx + dy * dy)) / reach) * shrink;
    return [cx + dx * bend, cy + dy * bend];
  };
  return {
    name: `bent by ${strength}`,
    picture: grey.toPicture(grey.warp(near, near.width, near.height, place)),
    place: (x, y) => {
      const [px, py] = place(x, y);
      return [px / factor, py / factor];
    },
    inverted: true,
  };
}

function scaled(name: string, made: Grey, factor: number): Look {
  return { name, picture: grey.toPicture(made), place: (x, y) => [x / factor, y / factor], inverted: true };
}

/** A part, whose corner is at `left`, `top`, twice as large. */
function enlarged(name: string, part: Grey, left: number, top: number): Look {
  return { name, picture: grey.toPicture(grey.resize(part, 2)), place: (x, y) => [left + x / 2, top + y / 2], inverted: true };
}

function limited(one: Grey, pixels: number): Grey {
  const area = one.width * one.height;
  return area <= pixels ? one : grey.resize(one, Math.sqrt(pixels / area));
}
