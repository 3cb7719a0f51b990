// The shop's own window: it shows an invoice, and we have nothing but eyes.
import { spawnSync } from "node:child_process";

/** The shop window's picture as a PNG file. Waits until the window is there. */
export function photographShop(display, path) {
  const env = { ...process.env, DISPLAY: display };
  const found = run(env, "xdotool", "search", "--sync", "--onlyvisible", "--name", "Shop");
  run(env, "import", "-window", found.split("\n")[0], path);
}

/** The same picture, small enough to hold before a camera of 640 × 480. */
export function shrink(from, to) {
  run(process.env, "/usr/bin/convert", from, "-resize", "560x440", to);
}

function run(env, program, ...args) {
  const done = spawnSync(program, args, { env, encoding: "utf8", timeout: 30_000 });
  if (done.status !== 0) throw new Error(`${program}: ${done.error?.message ?? done.stderr}`);
  return done.stdout.trim();
}
