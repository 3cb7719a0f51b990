import assert from "node:assert/strict";
import { test } from "node:test";
import { excerpt } from "./excerpt.mjs";

const passed = Array.from({ length: 200 }, (_, index) => `ok ${index + 1} - fine`);

test("the first failure and the end are shown", () => {
  const later = Array.from({ length: 100 }, (_, index) => `    not ok ${index + 5} - an earlier step failed`);
  const shown = excerpt([...passed, "    not ok 4 - step 7", "      error: 'why'", ...later, "# fail 101"].join("\n"));
  assert.equal(shown[0], "    not ok 4 - step 7");
  assert.equal(shown[1], "      error: 'why'");
  assert.equal(shown.at(-1), "# fail 101");
  assert.ok(shown.includes("…"));
});

test("further failures are named", () => {
  const shown = excerpt(["---- a::b stdout ----", ...passed, "---- c::d stdout ----", ...passed, "2 failed"].join("\n"));
  assert.equal(shown.filter((line) => line.startsWith("---- ")).length, 2);
});

test("a failure near the end is shown once", () => {
  assert.deepEqual(excerpt([...passed, "---- a::b stdout ----", "why", ""].join("\n")), ["---- a::b stdout ----", "why"]);
});

test("a failure of the browser tests is recognised", () => {
  assert.equal(excerpt([...passed, "FAILED receive: it moved", "  why", ...passed, "400 passed, 1 failed"].join("\n"))[0], "FAILED receive: it moved");
});

test("where no failure is recognised the end is shown", () => {
  assert.deepEqual(excerpt(passed.join("\n")), passed.slice(-60));
  assert.deepEqual(excerpt("short\n"), ["short"]);
});
