import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { relative } from "node:path";
import test from "node:test";
import { root } from "./paths.mjs";
import { picturesOf } from "./tour.mjs";

test("the tour leaves the checkout clean unless it is asked for the README's pictures", () => {
  const artifacts = relative(root, picturesOf([]));
  assert.equal(artifacts.replaceAll("\\", "/"), "artifacts/tour");
  // Fails where git would see what is written there.
  execFileSync("git", ["check-ignore", "--quiet", `${artifacts}/01.png`], { cwd: root });
  assert.equal(relative(root, picturesOf(["--docs"])).replaceAll("\\", "/"), "docs/tour");
  assert.throws(() => picturesOf(["--doc"]), /knows only --docs/);
});
