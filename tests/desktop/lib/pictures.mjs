// Pictures of QR codes.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Writes `text` as a QR code to the PNG file `path`: a version-11 code is 414 pixels wide. */
export function writeQr(text, path, pixelsPerModule = 6) {
  run("qrencode", ["-o", path, "-s", String(pixelsPerModule), "-m", "4", "-l", "L", text]);
}

/** What is on the whole display, windows and all, as a PNG file. */
export function screenshot(display, path) {
  mkdirSync(dirname(path), { recursive: true });
  run("import", ["-display", display, "-window", "root", path]);
}

function run(program, args) {
  const done = spawnSync(program, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${program}: ${done.error?.message ?? done.stderr}`);
}
