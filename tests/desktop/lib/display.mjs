// A display of our own: what a test sees must not depend on what else is open.
import { spawnSync } from "node:child_process";
import { end, printed, start } from "./processes.mjs";

/** Starts Xvfb on a free number. */
export async function openDisplay(size = "1280x800x24") {
  const args = ["-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp", "-dpi", "96"];
  const server = start("xvfb", "Xvfb", args, { env: process.env, stdio: ["pipe"] });
  const [, number] = await printed(server, /(\d+)\n/, server.stdio[3]);
  return { name: `:${number}`, close: () => end(server) };
}

/** Presses keys, one after the other, in the window with this title. */
export function press(display, title, ...keys) {
  const args = ["search", "--onlyvisible", "--name", title, "windowfocus", "--sync", "key", ...keys];
  const done = spawnSync("xdotool", args, { env: { ...process.env, DISPLAY: display }, encoding: "utf8", timeout: 30_000 });
  if (done.status !== 0) throw new Error(`xdotool: ${done.error?.message ?? done.stderr}`);
}
