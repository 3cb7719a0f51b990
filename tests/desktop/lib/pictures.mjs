// Pictures of QR codes.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes `text` as a QR code to the PNG file `path`: a version-11 code is 414 pixels wide. */
export function writeQr(text, path, pixelsPerModule = 6) {
  run("qrencode", ["-o", path, "-s", String(pixelsPerModule), "-m", "4", "-l", "L", text]);
}

/** What is on the whole display, windows and all, as a PNG file. */
export function screenshot(display, path) {
  mkdirSync(dirname(path), { recursive: true });
  run("import", ["-display", display, "-window", "root", path]);
}

/** Lays pictures on the display's bare ground, each [path, x, y]: what is seen where no window is. */
export function wallpaper(display, folder, pictures) {
  const ground = join(folder, "ground.png");
  const put = pictures.flatMap(([path, x, y]) => [path, "-geometry", `+${x}+${y}`, "-composite"]);
  run("/usr/bin/convert", ["-size", "1280x800", "xc:white", ...put, ground]);
  // It ends with 1 even where it did what it was told.
  const done = spawnSync("/usr/bin/display", ["-display", display, "-window", "root", ground], { encoding: "utf8" });
  if (done.error || done.stderr) throw new Error(`display: ${done.error?.message ?? done.stderr}`);
}

function run(program, args) {
  const done = spawnSync(program, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${program}: ${done.error?.message ?? done.stderr}`);
}
