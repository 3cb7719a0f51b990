/**
 * Lays a code flat that stands on bent or creased paper, or behind a bulging lens. Its corners say roughly where each module is.
 * Within a small block the edges between light and dark then tell how far the modules are from where they belong, by parts of a
 * module; whole modules follow from the neighbours, beginning at the finder patterns.
 */
import type { Grey } from "./grey";

export type Point = readonly [number, number];
/** Of a code: top left, top right, bottom right, bottom left. */
export type Corners = readonly [Point, Point, Point, Point];
type Place = (x: number, y: number) => Point;

/** Pixels of a module. */
const CELL = 8;
/** Modules of light ground around the code. */
const QUIET = 4;
/** Modules across a block. */
const BLOCK = 6;
const ROUNDS = 3;

/** Displacements in pixels, at `count` by `count` places from `first` on, `step` apart. */
interface Field {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

/** A code of so many modules, flat, and where its points are in the picture. */
export function straightened(grey: Grey, corners: Corners, modules: number): { grey: Grey; place: Place } {
  const [low, high] = [QUIET * CELL, (modules + QUIET) * CELL];
  const seen = homography([[low, low], [high, low], [high, high], [low, high]], corners);
  let field = level(modules);
  const place: Place = (x, y) => seen(x + value(field, field.xs, x, y), y + value(field, field.ys, x, y));
  const side = high + low;
  let flat = sample(grey, side, place);
  for (let round = 0; round < ROUNDS; round += 1) {
    field = sum(field, displacement(flat, field));
    flat = sample(grey, side, place);
  }
  return { grey: flat, place };
}

/** No displacement. Blocks overlap by half. */
function level(modules: number): Field {
  const count = Math.max(2, Math.round(modules / BLOCK) * 2 - 1);
  const size = (modules * CELL * 2) / (count + 1);
  return { first: QUIET * CELL + size / 2, step: size / 2, count, xs: new Float64Array(count * count), ys: new Float64Array(count * count) };
}

/** Between the field's places, and beyond them as at its edge. */
function value({ first, step, count }: Field, values: Float64Array, x: number, y: number): number {
  const gx = Math.min(Math.max((x - first) / step, 0), count - 1.001);
  const gy = Math.min(Math.max((y - first) / step, 0), count - 1.001);
  const [left, top] = [Math.floor(gx), Math.floor(gy)];
  const [fx, fy] = [gx - left, gy - top];
  const at = top * count + left;
  const above = values[at]! * (1 - fx) + values[at + 1]! * fx;
  return above * (1 - fy) + (values[at + count]! * (1 - fx) + values[at + count + 1]! * fx) * fy;
}

/** First `more`, then `field`. */
function sum(field: Field, more: Field): Field {
  const { first, step, count } = field;
  const add = (own: Float64Array, values: Float64Array) =>
    own.map((shift, at) => {
      const [x, y] = [first + (at % count) * step, first + Math.floor(at / count) * step];
      return shift + value(field, values, x + more.xs[at]!, y + more.ys[at]!);
    });
  return { ...field, xs: add(more.xs, field.xs), ys: add(more.ys, field.ys) };
}

function sample(grey: Grey, side: number, place: Place): Grey {
  const data = new Uint8ClampedArray(side * side);
  for (let y = 0, at = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1, at += 1) {
      const [px, py] = place(x + 0.5, y + 0.5);
      const sx = Math.min(Math.max(px - 0.5, 0), grey.width - 1.001);
      const sy = Math.min(Math.max(py - 0.5, 0), grey.height - 1.001);
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const from = top * grey.width + left;
      const [fx, fy] = [sx - left, sy - top];
      const above = grey.data[from]! * (1 - fx) + grey.data[from + 1]! * fx;
      data[at] = above * (1 - fy) + (grey.data[from + grey.width]! * (1 - fx) + grey.data[from + grey.width + 1]! * fx) * fy;
    }
  }
  return { width: side, height: side, data };
}

/** How far what stands at each place is from where it belongs. */
function displacement(flat: Grey, field: Field): Field {
  const { first, step, count } = field;
  const blocks = Array.from({ length: count * count }, (_, at) =>
    phase(flat, first + (at % count) * step, first + Math.floor(at / count) * step, step * 2));
  const [xs, ys] = [new Float64Array(count * count), new Float64Array(count * count)];
  const known = new Uint8Array(count * count);
  const settle = (at: number, x: number, y: number) => {
    const block = blocks[at]!;
    xs[at] = block.x + CELL * Math.round((x - block.x) / CELL);
    ys[at] = block.y + CELL * Math.round((y - block.y) / CELL);
    known[at] = 1;
  };
  for (const corner of [0, count - 1, count * (count - 1)]) settle(corner, 0, 0);
  for (let next = surest(blocks, known, count); next >= 0; next = surest(blocks, known, count)) {
    const near = around(next, count).filter((at) => known[at]);
    const mean = (values: Float64Array) => near.reduce((total, at) => total + values[at]!, 0) / near.length;
    settle(next, mean(xs), mean(ys));
  }
  return { ...field, xs: smooth(xs, blocks, count), ys: smooth(ys, blocks, count) };
}

/** The clearest block beside a known one, or -1. */
function surest(blocks: readonly Block[], known: Uint8Array, count: number): number {
  let [best, most] = [-1, 0];
  for (let at = 0; at < blocks.length; at += 1) {
    if (known[at]) continue;
    const near = around(at, count).filter((one) => known[one]).length;
    const sure = near > 0 ? blocks[at]!.sure * (1 + 2 * near) : 0;
    if (near > 0 && (best < 0 || sure > most)) [best, most] = [at, sure];
  }
  return best;
}

function around(at: number, count: number): number[] {
  const [x, y] = [at % count, Math.floor(at / count)];
  const all: number[] = [];
  for (let ny = Math.max(0, y - 1); ny <= Math.min(count - 1, y + 1); ny += 1) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(count - 1, x + 1); nx += 1) if (nx !== x || ny !== y) all.push(ny * count + nx);
  }
  return all;
}

/** Clear blocks hold unclear ones in line. */
function smooth(values: Float64Array, blocks: readonly Block[], count: number): Float64Array {
  return values.map((_, at) => {
    let [weight, total] = [0, 0];
    for (const one of [at, at, ...around(at, count)]) {
      const sure = blocks[one]!.sure + 1e-6;
      weight += sure;
      total += values[one]! * sure;
    }
    return total / weight;
  });
}

/** By how much the edges in a block miss the borders of the modules, at most half a module, and how clearly. */
interface Block {
  readonly x: number;
  readonly y: number;
  readonly sure: number;
}

function phase({ width, data }: Grey, middleX: number, middleY: number, size: number): Block {
  const [left, top] = [Math.round(middleX - size / 2), Math.round(middleY - size / 2)];
  const turn = (2 * Math.PI) / CELL;
  let [cosX, sinX, cosY, sinY, all] = [0, 0, 0, 0, 1];
  for (let y = top; y < top + size; y += 1) {
    const [cos, sin] = [Math.cos(y * turn), Math.sin(y * turn)];
    for (let x = left; x < left + size; x += 1) {
      const at = y * width + x;
      const across = Math.abs(data[at]! - data[at - 1]!);
      const down = Math.abs(data[at]! - data[at - width]!);
      cosX += across * Math.cos(x * turn);
      sinX += across * Math.sin(x * turn);
      cosY += down * cos;
      sinY += down * sin;
      all += across + down;
    }
  }
  return { x: Math.atan2(sinX, cosX) / turn, y: Math.atan2(sinY, cosY) / turn, sure: Math.min(Math.hypot(cosX, sinX), Math.hypot(cosY, sinY)) / all };
}

/** The projection that takes four points to four others: eight equations, solved by elimination. */
function homography(from: Corners, to: Corners): Place {
  const rows = from.flatMap(([x, y], at) => {
    const [u, v] = to[at]!;
    return [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]];
  });
  for (let column = 0; column < 8; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < 8; row += 1) if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let row = 0; row < 8; row += 1) {
      if (row === column) continue;
      const factor = rows[row]![column]! / rows[column]![column]!;
      for (let at = column; at < 9; at += 1) rows[row]![at]! -= factor * rows[column]![at]!;
    }
  }
  const [a, b, c, d, e, f, g, h] = rows.map((row, at) => row[8]! / row[at]!) as [number, number, number, number, number, number, number, number];
  return (x, y) => {
    const depth = g * x + h * y + 1;
    return [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth];
  };
}
