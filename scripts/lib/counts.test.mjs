import assert from "node:assert/strict";
import { test } from "node:test";
import * as counts from "./counts.mjs";
import { allowedSkips } from "./skips.mjs";
import { familyOf } from "./system.mjs";

test("cargo's results are added up over all binaries", () => {
  const output = `test a ... ok
test slow ... ignored, needs a camera
test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;
  assert.deepEqual(counts.cargo(101, output), { passed: 3, failed: 3, skipped: ["slow"] });
});

test("a build that breaks is a failure although no test failed", () => {
  assert.equal(counts.cargo(101, "error[E0432]: unresolved import").failed, 1);
});

test("a runner that ran nothing has failed", () => {
  assert.equal(counts.cargo(0, "").failed, 1);
  assert.equal(counts.node(0, "# pass 0\n# fail 0\n").failed, 1);
  assert.equal(counts.vitest(0, "No test files found").failed, 1);
});

test("node's runner is read in both of its reporters", () => {
  const spec = "✔ opens (3.1ms)\n﹣ sees the camera (0.2ms) # no camera\nℹ pass 1\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\n";
  const tap = "ok 1 - opens\nok 2 - sees the camera # SKIP no camera\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 1\n";
  for (const output of [spec, tap]) {
    assert.deepEqual(counts.node(0, output), { passed: 1, failed: 0, skipped: ["sees the camera"] });
  }
});

test("a cancelled test is a failed one", () => {
  assert.equal(counts.node(1, "# pass 1\n# fail 0\n# cancelled 2\n# skipped 0\n").failed, 2);
});

test("vitest's summary is read through its colours", () => {
  const output = "\u001b[2m      Tests \u001b[22m \u001b[31m1 failed\u001b[39m | \u001b[32m12 passed\u001b[39m | 1 skipped (14)\n";
  assert.deepEqual(counts.vitest(1, output), { passed: 12, failed: 1, skipped: ["unnamed"] });
});

test("the plain closing line is read, with the names of the skipped", () => {
  const output = "skip drop a picture\n4 passed, 0 failed, 1 skipped\n";
  assert.deepEqual(counts.plain(0, output), { passed: 4, failed: 0, skipped: ["drop a picture"] });
});

test("a skip without a reason is not allowed", () => {
  const allowed = allowedSkips("# a comment = no\ndesktop: camera = no WebDriver on macOS\ndesktop: screen =\ndesktop: drop\n");
  assert.deepEqual([...allowed.keys()], ["desktop: camera"]);
});

test("derivatives are known by what they are like", () => {
  assert.equal(familyOf('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n'), "debian");
  assert.equal(familyOf("ID=debian\n"), "debian");
  assert.equal(familyOf('ID="nobara"\nID_LIKE="rhel centos fedora"\n'), "fedora");
  assert.equal(familyOf("ID=arch\n"), undefined);
});
