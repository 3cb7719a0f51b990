// The kinds of pictures that people give a wallet to read. Each answers a picture and the texts in it.
import { creased, photograph, rounded, wavy } from "./camera.mjs";
import * as damage from "./damage.mjs";
import { canvas, code, fill, plain, side, texture, words } from "./paint.mjs";
import { encode } from "./encode.mjs";
import { oneText, webAddress } from "./texts.mjs";

/** One code alone on a sheet of paper, and its text. */
async function sheet(chance, { style = {}, most, level = "M", margin = 40, paper } = {}) {
  const text = oneText(chance, most);
  const symbol = await encode(text, level);
  const looks = { ...plain, ...style };
  const wide = side(symbol, looks);
  const scene = canvas(wide + 2 * margin, wide + 2 * margin, paper ?? looks.light);
  code(scene, symbol, margin, margin, looks);
  return { scene, text, symbol, wide };
}

/** Photographs a sheet so that a module is about `module` pixels wide. */
function shot({ scene, wide }, chance, { module = chance.between(3.2, 6), style = plain, room = 1.35, ...view }) {
  const scale = module / style.module;
  const width = Math.max(240, Math.round(wide * scale * room * chance.between(1, 1.35)));
  const height = Math.max(240, Math.round(wide * scale * room * chance.between(1, 1.2)));
  const free = [(width - wide * scale) / 2, (height - wide * scale) / 2].map((space) => space * 0.3);
  const at = [chance.between(-free[0], free[0]), chance.between(-free[1], free[1])];
  const ground = Array.from({ length: 3 }, () => chance.between(50, 190));
  const picture = photograph(scene, { width, height, scale, at, ground, roll: chance.between(-8, 8), ...view });
  return damage.noise(picture, chance, chance.between(0.5, 3));
}

const one = (made, picture) => ({ picture, texts: [made.text] });

const colours = [
  [[20, 40, 110], [255, 255, 255]], [[120, 20, 30], [255, 244, 220]], [[0, 90, 60], [230, 250, 235]],
  [[60, 30, 90], [250, 200, 80]], [[15, 15, 15], [247, 147, 26]], [[200, 30, 40], [250, 250, 250]],
];

export const KINDS = {
  /** As shown by another program: a page with words and a code. */
  async screenshot(chance) {
    const text = oneText(chance);
    const symbol = await encode(text, chance.pick(["L", "M", "Q"]));
    const style = { ...plain, module: chance.whole(2, 5), quiet: chance.pick([2, 3, 4]) };
    const picture = canvas(chance.whole(900, 1500), chance.whole(760, 1000), chance.pick([[255, 255, 255], [245, 242, 236], [24, 26, 30]]));
    words(picture, chance, 30, 30, 300, picture.height - 60, [110, 110, 110]);
    code(picture, symbol, chance.whole(350, Math.max(360, picture.width - side(symbol, style) - 10)), chance.whole(10, 60), style);
    return { picture, texts: [text] };
  },

  /** Saved without a ground: what is not ink is transparent. */
  async transparent(chance) {
    const white = chance.next() < 0.4;
    const ink = white ? chance.pick([[255, 255, 255], [235, 235, 235]]) : chance.pick([[0, 0, 0], [30, 41, 59], [90, 40, 20]]);
    const under = chance.pick([[0, 0, 0, 0], [255, 255, 255, 0], [128, 128, 128, 0], [...ink, 0]]);
    const style = { module: chance.whole(2, 8), dark: [...ink, chance.pick([255, 255, 200])], light: under };
    const made = await sheet(chance, { style, margin: chance.whole(0, 20), paper: under });
    return one(made, made.scene);
  },

  async inverted(chance) {
    const made = await sheet(chance, { style: { dark: [235, 235, 235], light: chance.pick([[0, 0, 0], [30, 30, 40], [60, 20, 70]]) } });
    return one(made, shot(made, chance, { ground: [25, 25, 30], module: chance.between(2.5, 5) }));
  },

  async coloured(chance) {
    const [dark, light] = chance.pick(colours);
    const made = await sheet(chance, { style: { dark, light } });
    return one(made, damage.asJpeg(shot(made, chance, { module: chance.between(2.5, 5) }), 70));
  },

  async dots(chance) {
    const made = await sheet(chance, { style: { dots: true, module: 12 }, level: chance.pick(["M", "Q"]) });
    return one(made, shot(made, chance, { style: { module: 12 }, module: chance.between(3.5, 6) }));
  },

  async logo(chance) {
    const made = await sheet(chance, { style: { logo: chance.between(0.14, 0.24) }, level: "H", most: 330 });
    return one(made, shot(made, chance, { yaw: chance.between(-20, 20), module: chance.between(3, 5) }));
  },

  async turned(chance) {
    const made = await sheet(chance);
    return one(made, shot(made, chance, { roll: chance.between(0, 360), room: 1.6, module: chance.between(2.2, 5) }));
  },

  async tilted(chance) {
    const made = await sheet(chance, { most: 330 });
    const view = { yaw: chance.aside(30, 62), pitch: chance.aside(0, 35), roll: chance.between(-25, 25), room: 1.3 };
    return one(made, shot(made, chance, { ...view, module: chance.between(4.5, 7) }));
  },

  async bulging(chance) {
    const made = await sheet(chance, { margin: 10 });
    return one(made, shot(made, chance, { barrel: chance.between(0.15, 0.6), room: 1.15, module: chance.between(3.5, 6) }));
  },

  async pinched(chance) {
    const made = await sheet(chance, { margin: 10 });
    return one(made, shot(made, chance, { barrel: -chance.between(0.1, 0.32), room: 1.2, module: chance.between(3.5, 6) }));
  },

  async creased(chance) {
    const made = await sheet(chance, { level: chance.pick(["M", "Q"]) });
    const bend = creased(chance, made.wide, chance.whole(1, 3), chance.between(0.04, 0.16));
    return one(made, shot(made, chance, { bend, yaw: chance.between(-12, 12), module: chance.between(3.5, 6) }));
  },

  async wavy(chance) {
    const made = await sheet(chance, { level: chance.pick(["M", "Q"]), most: 330 });
    return one(made, shot(made, chance, { bend: wavy(chance, made.wide, chance.between(0.05, 0.14)), module: chance.between(4, 6) }));
  },

  async bottle(chance) {
    const made = await sheet(chance, { most: 240, level: chance.pick(["M", "Q"]) });
    return one(made, shot(made, chance, { bend: rounded(made.wide * chance.between(0.62, 0.9)), module: chance.between(4, 6.5) }));
  },

  async blurred(chance) {
    const made = await sheet(chance);
    const module = chance.between(3, 6);
    return one(made, damage.noise(damage.blur(shot(made, chance, { module }), module * chance.between(0.35, 0.68)), chance, 1));
  },

  async shaken(chance) {
    const made = await sheet(chance);
    const module = chance.between(3.5, 6);
    return one(made, damage.shake(shot(made, chance, { module }), module * chance.between(0.7, 1.6), chance.between(0, 180)));
  },

  async faint(chance) {
    const made = await sheet(chance);
    const low = chance.between(20, 190);
    const picture = damage.flatten(shot(made, chance, {}), low, low + chance.between(9, 35));
    return one(made, damage.noise(picture, chance, chance.between(0.5, 2)));
  },

  async dark(chance) {
    const made = await sheet(chance);
    const picture = damage.gamma(damage.flatten(shot(made, chance, {}), 2, chance.between(40, 110)), chance.between(1, 1.8));
    return one(made, damage.noise(picture, chance, chance.between(1, 3.5), true));
  },

  async bright(chance) {
    const made = await sheet(chance);
    return one(made, damage.noise(damage.gamma(damage.flatten(shot(made, chance, {}), chance.between(90, 170), 300), 0.7), chance, 2));
  },

  async noisy(chance) {
    const made = await sheet(chance);
    return one(made, damage.noise(shot(made, chance, { module: chance.between(3.5, 6) }), chance, chance.between(25, 60), chance.next() < 0.5));
  },

  async specked(chance) {
    const made = await sheet(chance);
    return one(made, damage.specks(shot(made, chance, { module: chance.between(3.5, 6) }), chance, chance.between(0.02, 0.1)));
  },

  async slope(chance) {
    const made = await sheet(chance);
    return one(made, damage.slope(shot(made, chance, {}), chance, chance.between(0.08, 0.3)));
  },

  async shadow(chance) {
    const made = await sheet(chance);
    return one(made, damage.shadow(shot(made, chance, {}), chance, chance.between(0.15, 0.45), chance.between(1, 20)));
  },

  async glare(chance) {
    const made = await sheet(chance, { level: chance.pick(["M", "Q", "H"]), most: 330 });
    return one(made, damage.glare(shot(made, chance, {}), chance, chance.between(0.6, 0.93), chance.between(0.15, 0.3)));
  },

  async jpeg(chance) {
    const made = await sheet(chance);
    return one(made, damage.asJpeg(shot(made, chance, { module: chance.between(1.9, 4) }), chance.whole(4, 20)));
  },

  async small(chance) {
    const made = await sheet(chance);
    return one(made, shot(made, chance, { module: chance.between(1.2, 1.9) }));
  },

  /** Far away in a large photo. */
  async tiny(chance) {
    const made = await sheet(chance, { most: 300 });
    const desk = canvas(chance.whole(1600, 2600), chance.whole(1200, 1900), [130, 120, 105]);
    texture(desk, chance);
    words(desk, chance, 100, 100, desk.width * 0.4, desk.height * 0.5, [60, 55, 50], chance.whole(12, 30));
    const small = shot(made, chance, { module: chance.between(2, 3.2), room: 1.1, ground: [130, 120, 105] });
    paste(desk, small, chance.whole(0, desk.width - small.width), chance.whole(0, desk.height - small.height));
    return one(made, damage.asJpeg(damage.noise(desk, chance, 3), 75));
  },

  /** Close, by a camera with many pixels: large and soft. */
  async large(chance) {
    const made = await sheet(chance, { style: { module: 12 } });
    const scene = shot(made, chance, { style: { module: 12 }, module: chance.between(14, 26), yaw: chance.between(-25, 25), room: 1.2 });
    return one(made, damage.noise(damage.blur(scene, chance.between(2, 6)), chance, chance.between(4, 12)));
  },

  /** An invoice among other codes. */
  async several(chance) {
    const texts = [oneText(chance, 330), chance.next() < 0.6 ? webAddress(chance) : oneText(chance, 330)];
    if (chance.next() < 0.3) texts.push(webAddress(chance));
    const symbols = await Promise.all(texts.map((text) => encode(text, "M")));
    const style = { ...plain, module: chance.whole(3, 6) };
    const sides = symbols.map((symbol) => side(symbol, style));
    const desk = canvas(sides.reduce((sum, wide) => sum + wide + 30, 60), Math.max(...sides) + 220, [225, 222, 215]);
    let x = 40;
    for (const [index, symbol] of symbols.entries()) {
      code(desk, symbol, x, chance.whole(20, desk.height - sides[index] - 20), style);
      x += sides[index] + 30;
    }
    const view = { width: desk.width, height: desk.height, scale: chance.between(0.75, 0.95), roll: chance.between(-6, 6), yaw: chance.between(-15, 15) };
    return { picture: damage.noise(photograph(desk, view), chance, 2), texts };
  },

  /** No space around it. */
  async cramped(chance) {
    const quiet = chance.pick([0, 1]);
    const made = await sheet(chance, { style: { quiet, module: 8 }, margin: 60, paper: chance.pick([[170, 170, 170], [150, 170, 200], [215, 215, 215]]) });
    fill(made.scene, 0, 0, made.scene.width, 25, [30, 30, 30]);
    return one(made, shot(made, chance, { module: chance.between(3, 5) }));
  },

  async mirrored(chance) {
    const made = await sheet(chance);
    return one(made, mirror(shot(made, chance, { yaw: chance.between(-20, 20) })));
  },

  /** A bad day: several of these at once. */
  async photo(chance) {
    const made = await sheet(chance, { level: chance.pick(["L", "M", "Q"]), most: 330 });
    const module = chance.between(2.8, 5);
    const bend = chance.next() < 0.4 ? creased(chance, made.wide, 1, 0.05) : undefined;
    const view = { yaw: chance.between(-30, 30), pitch: chance.between(-30, 30), roll: chance.between(0, 360), barrel: chance.between(-0.06, 0.12), room: 1.5 };
    let picture = shot(made, chance, { ...view, bend, module });
    picture = chance.pick([damage.slope, damage.shadow])(picture, chance, chance.between(0.3, 0.6));
    picture = damage.flatten(picture, chance.between(10, 60), chance.between(130, 230));
    picture = damage.noise(damage.blur(picture, module * chance.between(0.12, 0.28)), chance, chance.between(2, 7), true);
    return one(made, damage.asJpeg(picture, chance.whole(35, 80)));
  },

  /** A screen photographed: lines of its pixels over the code. */
  async monitor(chance) {
    const made = await sheet(chance);
    const picture = shot(made, chance, { yaw: chance.between(-15, 15), module: chance.between(3.5, 6) });
    const [period, angle, depth] = [chance.between(2.5, 9), chance.between(0, 0.5), chance.between(0.15, 0.4)];
    damage.each(picture, (value, x, y) => value * (1 - depth * (0.5 + 0.5 * Math.sin(((y + angle * x) * 2 * Math.PI) / period))));
    return one(made, damage.asJpeg(picture, 60));
  },
};

function paste(ground, picture, left, top) {
  for (let y = 0; y < picture.height; y += 1) {
    const row = picture.data.subarray(y * picture.width * 4, (y + 1) * picture.width * 4);
    ground.data.set(row, ((top + y) * ground.width + left) * 4);
  }
}

function mirror({ width, height, data }) {
  const made = canvas(width, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 4;
      made.data.set(data.subarray(from, from + 4), (y * width + width - 1 - x) * 4);
    }
  }
  return made;
}
