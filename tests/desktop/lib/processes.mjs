// Processes of a test: each is started here and ended here, by its id.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { artifacts } from "../../../scripts/lib/paths.mjs";

/** Starts `program`, its output into artifacts/desktop/NAME.log; answers the child. */
export function start(name, program, args, { env, stdio = [] } = {}) {
  const folder = join(artifacts, "desktop");
  mkdirSync(folder, { recursive: true });
  const log = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe", ...stdio] });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => log.write(chunk));
  child.on("error", (error) => log.write(`${error.message}\n`));
  child.exited = new Promise((resolve) => child.on("close", resolve));
  child.exited.then(() => log.end());
  return child;
}

/** Ends `child` and waits for it. */
export async function end(child, signal = "SIGTERM") {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await child.exited;
}

/** Asks process `id`, which is not our child, to end, and waits until it is gone; it goes by force where it does not. */
export async function terminate(id, patience = 15_000) {
  const there = () => /^State:\s+[^ZX]/m.test(quietly(() => readFileSync(`/proc/${id}/status`, "utf8")) ?? "");
  const deadline = performance.now() + patience;
  if (there()) process.kill(id, "SIGTERM");
  while (there()) {
    if (performance.now() > deadline) process.kill(id, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves once `child` prints a line that matches; fails if it ends first. */
export function printed(child, pattern, stream = child.stdout) {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
      const found = pattern.exec(text);
      if (found) resolve(found);
    });
    child.exited.then((code) => reject(new Error(`${child.spawnfile} ended with ${code}: ${text}`)));
  });
}

/** Resolves once something listens on `port`; fails if `child`, which should, ends first. */
export async function listening(child, port) {
  let over = false;
  child.exited.then(() => (over = true));
  while (!(await answers(port))) {
    if (over) throw new Error(`${child.spawnfile} ended before it listened on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

/** The ids of `pid`'s descendants that run the program at `path`, or at one that matches it. */
export function descendantsRunning(pid, path) {
  const fits = (exe) => (path instanceof RegExp ? path.test(exe) : exe === path);
  return descendants(pid).filter((id) => fits(quietly(() => readlinkSync(`/proc/${id}/exe`))));
}

/** The ids of all processes below `pid`. */
export function descendants(pid) {
  const parents = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const parent = quietly(() => /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1]);
    if (parent) parents.set(Number(name), Number(parent));
  }
  const below = (id) => parents.has(id) && (parents.get(id) === pid || below(parents.get(id)));
  return [...parents.keys()].filter(below);
}

/** A process may be gone between two looks. */
function quietly(look) {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes(error.code)) return undefined;
    throw error;
  }
}
