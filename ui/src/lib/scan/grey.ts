/** Pictures as a reader of codes wants them: grey, and every way to prepare them. Pure: pixels in, pixels out. */

/** Four bytes a pixel, as `ImageData` has them. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** One byte a pixel. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

const blank = (width: number, height: number): Grey => ({ width, height, data: new Uint8ClampedArray(width * height) });

/** Whether any of it lets the ground through. */
export function transparent({ data }: Picture): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true;
  return false;
}

/** The picture laid on a ground of this brightness. */
export function toGrey({ width, height, data }: Picture, ground = 255): Grey {
  const grey = blank(width, height);
  const out = grey.data;
  for (let at = 0, from = 0; at < out.length; at += 1, from += 4) {
    const light = (data[from]! * 77 + data[from + 1]! * 150 + data[from + 2]! * 29) >> 8;
    const opacity = data[from + 3]!;
    out[at] = opacity === 255 ? light : ground + ((light - ground) * opacity) / 255;
  }
  return grey;
}

/** Half as large, quickly: each four pixels become one. For opaque pictures. */
export function halfGrey({ width, height, data }: Picture): Grey {
  const grey = blank(width >> 1, height >> 1);
  const next = width * 4;
  for (let y = 0, at = 0; y < grey.height; y += 1) {
    for (let x = 0, from = y * 2 * next; x < grey.width; x += 1, at += 1, from += 8) {
      const red = data[from]! + data[from + 4]! + data[from + next]! + data[from + next + 4]!;
      const green = data[from + 1]! + data[from + 5]! + data[from + next + 1]! + data[from + next + 5]!;
      const blue = data[from + 2]! + data[from + 6]! + data[from + next + 2]! + data[from + next + 6]!;
      grey.data[at] = (red * 77 + green * 150 + blue * 29) >> 10;
    }
  }
  return grey;
}

/** One of its colours: 0 red, 1 green, 2 blue. */
export function channel({ width, height, data }: Picture, which: 0 | 1 | 2): Grey {
  const grey = blank(width, height);
  for (let at = 0, from = which as number; at < grey.data.length; at += 1, from += 4) grey.data[at] = data[from]!;
  return grey;
}

export function toPicture({ width, height, data }: Grey): Picture {
  const pixels = new Uint32Array(width * height);
  for (let at = 0; at < data.length; at += 1) pixels[at] = 0xff000000 | (data[at]! * 0x010101);
  return { width, height, data: new Uint8ClampedArray(pixels.buffer) };
}

/** Part of a picture. */
export function cut({ width, data }: Picture, left: number, top: number, wide: number, high: number): Picture {
  const made = new Uint8ClampedArray(wide * high * 4);
  for (let y = 0; y < high; y += 1) {
    const from = ((top + y) * width + left) * 4;
    made.set(data.subarray(from, from + wide * 4), y * wide * 4);
  }
  return { width: wide, height: high, data: made };
}

/** Smaller by averaging, larger by smooth curves (Catmull-Rom): corners stay corners. */
export function resize(grey: Grey, factor: number): Grey {
  const width = Math.max(1, Math.round(grey.width * factor));
  const height = Math.max(1, Math.round(grey.height * factor));
  const wide = new Float32Array(width * grey.height);
  const across = taps(grey.width, width);
  for (let y = 0, at = 0; y < grey.height; y += 1) {
    const row = y * grey.width;
    for (let x = 0, tap = 0; x < width; x += 1, at += 1) {
      let sum = 0;
      for (let i = row + across.from[x]!, end = i + across.size; i < end; i += 1, tap += 1) sum += grey.data[i]! * across.weights[tap]!;
      wide[at] = sum;
    }
  }
  const made = blank(width, height);
  const down = taps(grey.height, height);
  const line = new Float32Array(width);
  for (let y = 0; y < height; y += 1) {
    line.fill(0);
    for (let i = 0; i < down.size; i += 1) {
      const weight = down.weights[y * down.size + i]!;
      const row = (down.from[y]! + i) * width;
      if (weight !== 0) for (let x = 0; x < width; x += 1) line[x]! += wide[row + x]! * weight;
    }
    made.data.set(line, y * width);
  }
  return made;
}

/** For each place of the new line, from where in the old `size` values are taken, and how much of each. */
function taps(old: number, made: number) {
  const step = old / made;
  const reach = step > 1 ? step / 2 : 2;
  const size = Math.min(old, Math.ceil(2 * reach) + 1);
  const from = new Int32Array(made);
  const weights = new Float32Array(made * size);
  for (let index = 0; index < made; index += 1) {
    const middle = (index + 0.5) * step - 0.5;
    from[index] = Math.min(Math.max(Math.ceil(middle - reach), 0), old - size);
    let total = 0;
    for (let i = 0; i < size; i += 1) {
      const far = Math.abs(from[index]! + i - middle);
      const weight = far > reach ? 0 : step > 1 ? 1 : cubic(far);
      weights[index * size + i] = weight;
      total += weight;
    }
    for (let i = 0; i < size; i += 1) weights[index * size + i]! /= total;
  }
  return { from, weights, size };
}

function cubic(far: number): number {
  if (far < 1) return 1.5 * far ** 3 - 2.5 * far ** 2 + 1;
  return far < 2 ? -0.5 * far ** 3 + 2.5 * far ** 2 - 4 * far + 2 : 0;
}

/** The mean of a square of `2 * radius + 1`, three times: close to a Gaussian. */
export function smooth(grey: Grey, radius: number, times = 1): Grey {
  let made = grey;
  for (let i = 0; i < times; i += 1) made = means(made, radius);
  return made;
}

function means({ width, height, data }: Grey, radius: number): Grey {
  const made = blank(width, height);
  const columns = new Float64Array(width);
  const clampRow = (y: number) => Math.min(Math.max(y, 0), height - 1) * width;
  for (let y = -radius; y <= radius; y += 1) for (let x = 0; x < width; x += 1) columns[x]! += data[clampRow(y) + x]!;
  const area = (2 * radius + 1) ** 2;
  for (let y = 0; y < height; y += 1) {
    let sum = 0;
    for (let x = -radius; x <= radius; x += 1) sum += columns[Math.min(Math.max(x, 0), width - 1)]!;
    for (let x = 0; x < width; x += 1) {
      made.data[y * width + x] = sum / area;
      sum += columns[Math.min(x + radius + 1, width - 1)]! - columns[Math.max(x - radius, 0)]!;
    }
    const [enters, leaves] = [clampRow(y + radius + 1), clampRow(y - radius)];
    for (let x = 0; x < width; x += 1) columns[x]! += data[enters + x]! - data[leaves + x]!;
  }
  return made;
}

/** The middle value of three by three: specks vanish, edges stay. */
export function median({ width, height, data }: Grey): Grey {
  const made = blank(width, height);
  // Each column of three is sorted; of the lowest the highest, of the middle the middle, of the highest the lowest: the middle one.
  const [low, mid, high] = [new Uint8Array(width + 2), new Uint8Array(width + 2), new Uint8Array(width + 2)];
  for (let y = 0; y < height; y += 1) {
    const [above, here, below] = [Math.max(y - 1, 0) * width, y * width, Math.min(y + 1, height - 1) * width];
    for (let x = 0; x < width + 2; x += 1) {
      const at = Math.min(Math.max(x - 1, 0), width - 1);
      const [a, b, c] = [data[above + at]!, data[here + at]!, data[below + at]!];
      low[x] = Math.min(a, b, c);
      mid[x] = middle(a, b, c);
      high[x] = Math.max(a, b, c);
    }
    for (let x = 0; x < width; x += 1) {
      const lowest = Math.max(low[x]!, low[x + 1]!, low[x + 2]!);
      const highest = Math.min(high[x]!, high[x + 1]!, high[x + 2]!);
      made.data[here + x] = middle(lowest, middle(mid[x]!, mid[x + 1]!, mid[x + 2]!), highest);
    }
  }
  return made;
}

const middle = (a: number, b: number, c: number) => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** What blurring takes away is added `amount` times. */
export function sharpen(grey: Grey, radius: number, amount: number): Grey {
  const soft = smooth(grey, radius, 2);
  const made = blank(grey.width, grey.height);
  for (let at = 0; at < made.data.length; at += 1) made.data[at] = grey.data[at]! + amount * (grey.data[at]! - soft.data[at]!);
  return made;
}

/** Contrast from the darkest to the brightest, a few outliers left out. */
export function stretch(grey: Grey): Grey {
  const counts = new Uint32Array(256);
  for (let at = 0; at < grey.data.length; at += 1) counts[grey.data[at]!]! += 1;
  const few = grey.data.length / 200;
  let [low, high] = [0, 255];
  for (let sum = counts[0]!; sum < few && low < 255; sum += counts[low]!) low += 1;
  for (let sum = counts[255]!; sum < few && high > 0; sum += counts[high]!) high -= 1;
  const scale = 255 / Math.max(1, high - low);
  const made = blank(grey.width, grey.height);
  for (let at = 0; at < made.data.length; at += 1) made.data[at] = (grey.data[at]! - low) * scale;
  return made;
}

/** Contrast-limited adaptive histogram equalization (CLAHE): each tile of the picture gets its own contrast, within limits. */
export function level(grey: Grey, tile: number, limit = 3): Grey {
  const { width, height, data } = grey;
  const [across, down] = [Math.max(1, Math.round(width / tile)), Math.max(1, Math.round(height / tile))];
  const curves: Uint8ClampedArray[] = [];
  for (let ty = 0; ty < down; ty += 1) {
    for (let tx = 0; tx < across; tx += 1) {
      const box = [(tx * width) / across, (ty * height) / down, ((tx + 1) * width) / across, ((ty + 1) * height) / down].map(Math.floor);
      curves.push(curve(grey, box as [number, number, number, number], limit));
    }
  }
  const made = blank(width, height);
  for (let y = 0; y < height; y += 1) {
    const gy = Math.min(Math.max(((y + 0.5) * down) / height - 0.5, 0), down - 1);
    const [y0, fy] = [Math.floor(gy), gy - Math.floor(gy)];
    const y1 = Math.min(y0 + 1, down - 1);
    for (let x = 0; x < width; x += 1) {
      const gx = Math.min(Math.max(((x + 0.5) * across) / width - 0.5, 0), across - 1);
      const [x0, fx] = [Math.floor(gx), gx - Math.floor(gx)];
      const x1 = Math.min(x0 + 1, across - 1);
      const value = data[y * width + x]!;
      const above = curves[y0 * across + x0]![value]! * (1 - fx) + curves[y0 * across + x1]![value]! * fx;
      const below = curves[y1 * across + x0]![value]! * (1 - fx) + curves[y1 * across + x1]![value]! * fx;
      made.data[y * width + x] = above * (1 - fy) + below * fy;
    }
  }
  return made;
}

function curve({ width, data }: Grey, [left, top, right, bottom]: [number, number, number, number], limit: number): Uint8ClampedArray {
  const counts = new Float64Array(256);
  for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) counts[data[y * width + x]!]! += 1;
  const area = Math.max(1, (right - left) * (bottom - top));
  const most = (limit * area) / 256;
  let over = 0;
  for (let value = 0; value < 256; value += 1) {
    over += Math.max(0, counts[value]! - most);
    counts[value] = Math.min(counts[value]!, most);
  }
  const made = new Uint8ClampedArray(256);
  for (let value = 0, sum = 0; value < 256; value += 1) {
    sum += counts[value]! + over / 256;
    made[value] = (sum / area) * 255;
  }
  return made;
}

/** Black where darker than its surroundings, white elsewhere (Bradley, with a margin against noise). */
export function threshold(grey: Grey, radius: number, margin = 0): Grey {
  const around = means(grey, radius);
  const made = blank(grey.width, grey.height);
  for (let at = 0; at < made.data.length; at += 1) made.data[at] = grey.data[at]! <= around.data[at]! - margin ? 0 : 255;
  return made;
}

/** Each point is taken from where `place` says, between its neighbours. */
export function warp(grey: Grey, width: number, height: number, place: (x: number, y: number) => [number, number]): Grey {
  const made = blank(width, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [px, py] = place(x, y);
      const sx = Math.min(Math.max(px, 0), grey.width - 1.001);
      const sy = Math.min(Math.max(py, 0), grey.height - 1.001);
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      const at = top * grey.width + left;
      const [fx, fy] = [sx - left, sy - top];
      const above = grey.data[at]! * (1 - fx) + grey.data[at + 1]! * fx;
      const below = grey.data[at + grey.width]! * (1 - fx) + grey.data[at + grey.width + 1]! * fx;
      made.data[y * width + x] = above * (1 - fy) + below * fy;
    }
  }
  return made;
}

export function crop(grey: Grey, left: number, top: number, width: number, height: number): Grey {
  const made = blank(width, height);
  for (let y = 0; y < height; y += 1) {
    const from = (top + y) * grey.width + left;
    made.data.set(grey.data.subarray(from, from + width), y * width);
  }
  return made;
}
