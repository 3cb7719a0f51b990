// Skipped tests: in CI each needs a line with its reason in tests/allowed-skips.txt.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";

/** Those of `skipped` ("phase: test") that no line allows. */
export function notAllowed(skipped) {
  const allowed = allowedSkips(readFileSync(join(root, "tests", "allowed-skips.txt"), "utf8"));
  return skipped.filter((name) => !allowed.has(name));
}

/** Lines are "phase: test = reason"; a line without a reason allows nothing. */
export function allowedSkips(text) {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const pairs = lines.map((line) => line.split(" = ").map((part) => part.trim()));
  return new Map(pairs.filter(([name, reason]) => name && reason));
}
