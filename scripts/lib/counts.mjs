// Reads how many tests passed, failed and were skipped from what a runner printed.
import { stripVTControlCharacters } from "node:util";

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Count */

/** A tool that is one check: it passes or it fails. */
export function one(code) {
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

/** `cargo test`: every "test result" line; an ignored test is a skip. */
export function cargo(code, output) {
  const lines = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; \d+ ignored;/gm)];
  const skipped = [...output.matchAll(/^test (\S+)(?: - should panic)? \.\.\. ignored/gm)].map(([, name]) => name);
  return honest(code, { passed: sum(lines, 1), failed: sum(lines, 2), skipped });
}

/** Node's own runner, in either of its reporters. */
export function node(code, output) {
  const figure = (word) => sum([...output.matchAll(new RegExp(`^(?:#|ℹ) ${word} (\\d+)$`, "gm"))], 1);
  const named = [...output.matchAll(/^\s*(?:﹣|ok \d+ -) (.+?)(?: \([\d.]+ms\))? # (?:SKIP\b.*|.*)$/gm)].map(([, name]) => name);
  const skipped = named.slice(0, figure("skipped"));
  while (skipped.length < figure("skipped")) skipped.push("unnamed");
  return honest(code, { passed: figure("pass"), failed: figure("fail") + figure("cancelled"), skipped });
}

/** The plain closing line, "N passed, N failed, N skipped"; "skip NAME" lines name the skipped. */
export function plain(code, output) {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].slice(-1);
  const skipped = [...output.matchAll(/^skip (.+)$/gm)].map(([, name]) => name);
  const missing = Math.max(0, sum(lines, 3) - skipped.length);
  for (let i = 0; i < missing; i += 1) skipped.push("unnamed");
  return honest(code, { passed: sum(lines, 1), failed: sum(lines, 2), skipped });
}

/** vitest's summary: "Tests  1 failed | 12 passed | 1 skipped (14)". */
export function vitest(code, output) {
  const line = /^\s*Tests\s+(.*)$/m.exec(stripVTControlCharacters(output))?.[1] ?? "";
  const figure = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  const skipped = Array.from({ length: figure("skipped") + figure("todo") }, () => "unnamed");
  return honest(code, { passed: figure("passed"), failed: figure("failed"), skipped });
}

/** A runner that failed without a failed test, or passed without a test, has failed. */
function honest(code, count) {
  const silent = count.failed === 0 && (code !== 0 || count.passed + count.skipped.length === 0);
  return silent ? { ...count, failed: 1 } : count;
}

function sum(matches, group) {
  return matches.reduce((total, match) => total + Number(match[group] ?? 0), 0);
}
