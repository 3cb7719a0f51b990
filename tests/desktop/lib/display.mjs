// A display of our own: what a test sees must not depend on what else is open.
import { end, printed, start } from "./processes.mjs";

/** Starts Xvfb on a free number. */
export async function openDisplay(size = "1280x800x24") {
  const args = ["-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp", "-dpi", "96"];
  const server = start("xvfb", "Xvfb", args, { env: process.env, stdio: ["pipe"] });
  const [, number] = await printed(server, /(\d+)\n/, server.stdio[3]);
  return { name: `:${number}`, close: () => end(server) };
}
