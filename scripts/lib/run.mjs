// Starting programs.
import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { environment, root } from "./paths.mjs";

/** A sentence for the person in front of it; the caller prints it and exits 1. */
export class Stop extends Error {}

/** What a program says, or `null` when it is missing or fails. */
export function ask(program, ...args) {
  const done = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  return done.status === 0 ? done.stdout.trim() : null;
}

/** Runs a program, its output on standard error unless it has another place; stops with `sentence` if it fails. */
export async function show(sentence, program, args, env = {}, output = 2) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["inherit", output, 2],
    env: { ...environment(), ...env },
  });
  const code = await ended(child);
  if (code !== 0) throw new Stop(`${sentence} (${program} ${args.join(" ")} ended with ${code}).`);
}

/** Runs a program in front of the person; answers its exit code. */
export function run(program, args) {
  return ended(spawn(program, args, { cwd: root, stdio: "inherit", env: environment() }));
}

/** A log has no colours. */
const PLAIN = { NO_COLOR: "1", FORCE_COLOR: "0", CARGO_TERM_COLOR: "never" };

/** Runs a program with its output into `log`; answers its exit code and the output. */
export async function record(log, program, args, env = {}) {
  mkdirSync(dirname(log), { recursive: true });
  const file = createWriteStream(log, { flags: "a" });
  file.write(`$ ${program} ${args.join(" ")}\n`);
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment(), ...PLAIN, ...env },
  });
  const parts = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      parts.push(text);
      file.write(text);
    });
  }
  const code = await ended(child);
  await new Promise((done) => file.end(done));
  return { code, output: parts.join("") };
}

function ended(child) {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(127);
    });
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
}

/** Runs `main`; a `Stop` is said in one sentence, everything else with its stack. */
export async function program(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof Stop ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
