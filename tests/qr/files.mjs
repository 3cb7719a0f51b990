// Pictures in files.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { Stop } from "../../scripts/lib/run.mjs";

const READERS = { ".png": png, ".jpg": jpg, ".jpeg": jpg };

/** The pictures of a folder, each with a text file of the same name: a line for each code. */
export function* folder(dir) {
  if (!existsSync(dir)) throw new Stop(`There is no folder ${dir}.`);
  for (const file of readdirSync(dir).sort()) {
    const type = extname(file).toLowerCase();
    const name = file.slice(0, -type.length);
    const right = join(dir, `${name}.txt`);
    if (type === ".txt" || type === "" || !existsSync(right)) continue;
    const read = READERS[type];
    if (!read) throw new Stop(`${file} is neither PNG nor JPEG.`);
    const texts = readFileSync(right, "utf8").split(/\r?\n/).filter((line) => line !== "");
    yield { name, kind: "picture", picture: read(readFileSync(join(dir, file))), texts };
  }
}

function png(bytes) {
  return pixels(PNG.sync.read(bytes));
}

function jpg(bytes) {
  return pixels(jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true, maxMemoryUsageInMB: 4096, maxResolutionInMP: 400 }));
}

function pixels({ width, height, data }) {
  return { width, height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, width * height * 4) };
}
