// What a camera makes of a flat picture: where each point lands.

/**
 * A picture `width` by `height` of the flat `scene`. `scale` is the number of its pixels for one of the scene's. Angles are in
 * degrees: `roll` in the picture's plane, `yaw` and `pitch` out of it. `barrel` above zero bulges, below zero it pinches.
 * `bend` moves a point of the scene before the camera sees it and answers [x, y, brightness].
 */
export function photograph(scene, view) {
  const { width, height, scale = 1, roll = 0, yaw = 0, pitch = 0, barrel = 0, at = [0, 0], ground = [120, 116, 110], bend } = view;
  const picture = { width, height, data: new Uint8ClampedArray(width * height * 4) };
  const reach = Math.hypot(width, height) / 2;
  // A camera with a view of some 60 degrees.
  const focal = reach * 1.75;
  const back = inverse(plane(roll, yaw, pitch, focal / scale));
  const steps = scale < 0.4 ? 4 : scale < 0.8 ? 3 : 2;
  const sum = [0, 0, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      sum.fill(0);
      for (let step = 0; step < steps * steps; step += 1) {
        let px = x + ((step % steps) + 0.5) / steps - width / 2;
        let py = y + (Math.floor(step / steps) + 0.5) / steps - height / 2;
        if (barrel !== 0) {
          const bulge = 1 + barrel * ((px / reach) ** 2 + (py / reach) ** 2);
          px *= bulge;
          py *= bulge;
        }
        const [u, v, w] = times(back, (px - at[0]) / focal, (py - at[1]) / focal, 1);
        let [sx, sy, light] = [u / w, v / w, 1];
        if (bend) [sx, sy, light] = bend(sx, sy);
        sample(scene, sx + scene.width / 2, sy + scene.height / 2, light, ground, w > 0, sum);
      }
      const pixel = (y * width + x) * 4;
      for (let channel = 0; channel < 4; channel += 1) picture.data[pixel + channel] = sum[channel] / (steps * steps);
    }
  }
  return picture;
}

/** Adds the scene's colour at a point, or the ground's around it. */
function sample(scene, x, y, light, ground, before, sum) {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  if (!before || left < 0 || top < 0 || left + 1 >= scene.width || top + 1 >= scene.height) {
    for (let channel = 0; channel < 3; channel += 1) sum[channel] += ground[channel];
    sum[3] += 255;
    return;
  }
  const [fx, fy] = [x - 0.5 - left, y - 0.5 - top];
  const at = (top * scene.width + left) * 4;
  const below = at + scene.width * 4;
  const { data } = scene;
  for (let channel = 0; channel < 4; channel += 1) {
    const upper = data[at + channel] * (1 - fx) + data[at + 4 + channel] * fx;
    const lower = data[below + channel] * (1 - fx) + data[below + 4 + channel] * fx;
    sum[channel] += (upper * (1 - fy) + lower * fy) * (channel < 3 ? light : 1);
  }
}

/** From a point of the turned plane to a ray: its columns are the plane's axes and its place. */
function plane(roll, yaw, pitch, distance) {
  const [r, y, p] = [roll, yaw, pitch].map((degrees) => (degrees * Math.PI) / 180);
  const [sr, cr, sy, cy, sp, cp] = [Math.sin(r), Math.cos(r), Math.sin(y), Math.cos(y), Math.sin(p), Math.cos(p)];
  const across = [cr * cy, sr * cp + cr * sy * sp, sr * sp - cr * sy * cp];
  const down = [-sr * cy, cr * cp - sr * sy * sp, cr * sp + sr * sy * cp];
  return [across[0], down[0], 0, across[1], down[1], 0, across[2], down[2], distance];
}

const times = (m, x, y, z) => [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];

function inverse([a, b, c, d, e, f, g, h, i]) {
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const rest = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
  return rest.map((value) => value / det);
}

/** Folded paper: each fold turns what lies behind it away, and one side is darker. */
export function creased(chance, reach, folds, strength) {
  const all = Array.from({ length: folds }, (_, index) => {
    const angle = chance.between(0, Math.PI / 2) + (index * Math.PI) / 2;
    return {
      nx: Math.cos(angle), ny: Math.sin(angle), place: chance.between(-0.3, 0.3) * reach,
      turn: chance.between(0.3, 1) * strength, shade: chance.between(0.72, 0.95), deep: chance.between(0.5, 0.8), wide: reach * 0.006,
    };
  });
  return (x, y) => {
    let [u, v, light] = [x, y, 1];
    for (const fold of all) {
      const far = fold.nx * x + fold.ny * y - fold.place;
      if (far > 0) {
        u += fold.nx * far * fold.turn;
        v += fold.ny * far * fold.turn;
        light *= fold.shade;
      }
      if (Math.abs(far) < fold.wide) light *= fold.deep;
    }
    return [u, v, light];
  };
}

/** Paper that waves. */
export function wavy(chance, reach, strength) {
  const [a, b] = [chance.between(0, 6), chance.between(0, 6)];
  const long = reach * chance.between(0.5, 1);
  const high = long * 0.08 * strength;
  return (x, y) => {
    const slope = Math.cos((y / long) * 2 * Math.PI + b);
    return [x + high * Math.sin((y / long) * 2 * Math.PI + b), y + high * Math.sin((x / long) * 2 * Math.PI + a), 1 - 0.15 * strength * slope];
  };
}

/** Around a bottle of this radius, in the scene's pixels. */
export function rounded(radius) {
  return (x, y) => {
    const turn = Math.max(-1, Math.min(1, x / radius));
    return [radius * Math.asin(turn), y, 0.35 + 0.65 * Math.sqrt(1 - turn * turn)];
  };
}
