// What light, lens, sensor and file do to a picture. Each changes it in place or answers a new one.
import jpeg from "jpeg-js";

/** Applies `change(value, x, y, channel)` to each colour of each pixel. */
export function each(picture, change) {
  const { width, height, data } = picture;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      for (let channel = 0; channel < 3; channel += 1) data[at + channel] = change(data[at + channel], x, y, channel);
    }
  }
  return picture;
}

/** A lens out of focus. */
export function blur(picture, sigma) {
  const half = Math.max(1, Math.ceil(sigma * 3));
  const kernel = Float32Array.from({ length: 2 * half + 1 }, (_, i) => Math.exp(-((i - half) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((sum, one) => sum + one, 0);
  const taps = [...kernel].map((weight, i) => [i - half, weight / total]);
  return convolve(convolve(picture, taps.map(([d, w]) => [d, 0, w])), taps.map(([d, w]) => [0, d, w]));
}

/** A hand that moved: `length` pixels in a direction. */
export function shake(picture, length, degrees) {
  const steps = Math.max(2, Math.ceil(length * 2));
  const [dx, dy] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const taps = Array.from({ length: steps }, (_, i) => {
    const far = (i / (steps - 1) - 0.5) * length;
    return [Math.round(dx * far), Math.round(dy * far), 1 / steps];
  });
  return convolve(picture, taps);
}

function convolve({ width, height, data }, taps) {
  const made = { width, height, data: new Uint8ClampedArray(data.length) };
  const offsets = taps.map(([dx, dy, weight]) => ({ dx, dy, weight, jump: (dy * width + dx) * 4 }));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let [red, green, blue] = [0, 0, 0];
      const at = (y * width + x) * 4;
      for (const { dx, dy, weight, jump } of offsets) {
        let from = at + jump;
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) {
          from = (clamp(y + dy, height) * width + clamp(x + dx, width)) * 4;
        }
        red += data[from] * weight;
        green += data[from + 1] * weight;
        blue += data[from + 2] * weight;
      }
      made.data[at] = red;
      made.data[at + 1] = green;
      made.data[at + 2] = blue;
      made.data[at + 3] = data[at + 3];
    }
  }
  return made;
}

const clamp = (value, end) => Math.min(Math.max(value, 0), end - 1);

export function noise(picture, chance, deviation, coloured = false) {
  let same = 0;
  return each(picture, (value, x, y, channel) => {
    if (coloured || channel === 0) same = chance.normal() * deviation;
    return value + same;
  });
}

export function specks(picture, chance, share) {
  let speck = null;
  return each(picture, (value, x, y, channel) => {
    if (channel === 0) speck = chance.next() < share ? chance.pick([0, 255]) : null;
    return speck ?? value;
  });
}

/** Greys between `low` and `high` only. */
export const flatten = (picture, low, high) => each(picture, (value) => low + (value / 255) * (high - low));

/** Above 1 darker, below 1 lighter. */
export const gamma = (picture, power) => each(picture, (value) => 255 * (value / 255) ** power);

/** Light from one side: full at one end, `rest` of it at the other. */
export function slope(picture, chance, rest) {
  const angle = chance.between(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const reach = (Math.abs(dx) * picture.width + Math.abs(dy) * picture.height) / 2;
  return each(picture, (value, x, y) => {
    const far = (dx * (x - picture.width / 2) + dy * (y - picture.height / 2)) / reach;
    return value * (rest + ((1 - rest) * (1 - far)) / 2);
  });
}

/** The shadow of something, with a soft edge. */
export function shadow(picture, chance, rest, soft = 12) {
  const angle = chance.between(0, 2 * Math.PI);
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  const place = chance.between(-0.15, 0.15) * picture.width;
  return each(picture, (value, x, y) => {
    const far = dx * (x - picture.width / 2) + dy * (y - picture.height / 2) - place;
    return value * (far < -soft ? 1 : far > soft ? rest : 1 - ((1 - rest) * (far + soft)) / (2 * soft));
  });
}

/** A lamp mirrored in glossy paper: adds light around a point. */
export function glare(picture, chance, strength, size) {
  const [cx, cy] = [picture.width * chance.between(0.35, 0.65), picture.height * chance.between(0.35, 0.65)];
  const radius = Math.min(picture.width, picture.height) * size;
  return each(picture, (value, x, y) => {
    const far = ((x - cx) ** 2 + (y - cy) ** 2) / (radius * radius);
    return value + (255 - value) * strength * Math.exp(-far);
  });
}

/** Stored and opened again. */
export function asJpeg(picture, quality) {
  const bytes = jpeg.encode({ width: picture.width, height: picture.height, data: picture.data }, quality).data;
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true });
  return { width, height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) };
}
