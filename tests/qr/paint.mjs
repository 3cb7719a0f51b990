// Flat pictures: what is printed or shown before a camera sees it.

/** A picture of one colour. Colours are [red, green, blue, opacity?], each 0 to 255. */
export function canvas(width, height, colour = [255, 255, 255]) {
  const picture = { width, height, data: new Uint8ClampedArray(width * height * 4) };
  fill(picture, 0, 0, width, height, colour);
  return picture;
}

export function fill(picture, left, top, width, height, [red, green, blue, opacity = 255]) {
  const [x0, y0] = [Math.max(0, Math.round(left)), Math.max(0, Math.round(top))];
  const x1 = Math.min(picture.width, Math.round(left + width));
  const y1 = Math.min(picture.height, Math.round(top + height));
  for (let y = y0; y < y1; y += 1) {
    for (let x = x0; x < x1; x += 1) picture.data.set([red, green, blue, opacity], (y * picture.width + x) * 4);
  }
}

function disc(picture, x, y, radius, colour) {
  const [red, green, blue, opacity = 255] = colour;
  for (let py = Math.floor(y - radius); py <= y + radius; py += 1) {
    for (let px = Math.floor(x - radius); px <= x + radius; px += 1) {
      const inside = (px + 0.5 - x) ** 2 + (py + 0.5 - y) ** 2 <= radius ** 2;
      if (inside && px >= 0 && py >= 0 && px < picture.width && py < picture.height) {
        picture.data.set([red, green, blue, opacity], (py * picture.width + px) * 4);
      }
    }
  }
}

/** How a code looks. */
export const plain = { module: 8, quiet: 4, dark: [0, 0, 0], light: [255, 255, 255], dots: false, logo: 0 };

/** The side of a code in pixels, with its quiet zone. */
export const side = (symbol, { module, quiet }) => (symbol.width + 2 * quiet) * module;

/** Paints a code; its quiet zone's corner is at `left`, `top`. */
export function code(picture, symbol, left, top, style) {
  const { module, quiet, dark, light, dots, logo } = style;
  const size = symbol.width;
  fill(picture, left, top, side(symbol, style), side(symbol, style), light);
  const finder = (x, y) => (x < 7 || x >= size - 7) && y < 7 || (x < 7 && y >= size - 7);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (symbol.data[y * size + x] !== 0) continue;
      const [px, py] = [left + (x + quiet) * module, top + (y + quiet) * module];
      if (dots && !finder(x, y)) disc(picture, px + module / 2, py + module / 2, module * 0.45, dark);
      else fill(picture, px, py, module, module, dark);
    }
  }
  if (logo > 0) {
    const wide = size * module * logo;
    const middle = [left + side(symbol, style) / 2, top + side(symbol, style) / 2];
    fill(picture, middle[0] - wide / 2, middle[1] - wide / 2, wide, wide, light);
    disc(picture, ...middle, wide * 0.4, [247, 147, 26]);
    fill(picture, middle[0] - wide * 0.08, middle[1] - wide * 0.22, wide * 0.16, wide * 0.44, light);
  }
}

/** Lines of words, as on a page: dark bars of many lengths. */
export function words(picture, chance, left, top, width, height, colour = [40, 40, 40], size = 10) {
  for (let y = top; y + size < top + height; y += size * 1.9) {
    for (let x = left; x < left + width - size; ) {
      const length = Math.min(size * chance.between(0.8, 5), left + width - x);
      for (let at = 0; at < length; at += size * 0.55) {
        const [high, low] = [chance.between(0, 0.35), chance.between(0.6, 1)];
        fill(picture, x + at, y + size * high, Math.max(1, size * 0.16), size * (low - high), colour);
        fill(picture, x + at, y + size * chance.between(0, 0.9), size * 0.45, Math.max(1, size * 0.14), colour);
      }
      x += length + size * 0.6;
    }
  }
}

/** Soft patches, as of a table or a wall. */
export function texture(picture, chance, strength = 18) {
  const cell = 24;
  const across = Math.ceil(picture.width / cell) + 2;
  const down = Math.ceil(picture.height / cell) + 2;
  const grid = Float32Array.from({ length: across * down }, () => chance.normal() * strength);
  for (let y = 0; y < picture.height; y += 1) {
    const [gy, fy] = [Math.floor(y / cell), (y % cell) / cell];
    for (let x = 0; x < picture.width; x += 1) {
      const [gx, fx] = [Math.floor(x / cell), (x % cell) / cell];
      const at = gy * across + gx;
      const above = grid[at] * (1 - fx) + grid[at + 1] * fx;
      const below = grid[at + across] * (1 - fx) + grid[at + across + 1] * fx;
      const add = above * (1 - fy) + below * fy;
      const pixel = (y * picture.width + x) * 4;
      for (let channel = 0; channel < 3; channel += 1) picture.data[pixel + channel] += add;
    }
  }
}
