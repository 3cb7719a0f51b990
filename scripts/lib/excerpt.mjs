// What of a failed phase's output is shown: the first failure says why, the others are named, the end says how many. All of
// it is in its log.
const FIRST = 60;
const LAST = 20;
const NAMED = 20;

/** Where a failure begins, in the words of node's runner, cargo test, rustc and clippy, vitest, and the browser tests. */
const FAILURE = /^\s*not ok \d+|^---- .* stdout ----$|^error(\[E\d+\])?:|^\s*FAIL(ED)?\s/;

/** The lines to show: the first failure, the names of further ones, and the end, or the end alone where no failure is recognised. */
export function excerpt(output) {
  const lines = output.trimEnd().split("\n");
  const first = lines.findIndex((line) => FAILURE.test(line));
  const rest = Math.max(lines.length - LAST, 0);
  if (first < 0) return lines.slice(-FIRST);
  if (first + FIRST >= rest) return lines.slice(first);
  const others = lines.slice(first + FIRST, rest).filter((line) => FAILURE.test(line));
  return [...lines.slice(first, first + FIRST), "…", ...others.slice(0, NAMED), "…", ...lines.slice(rest)];
}
