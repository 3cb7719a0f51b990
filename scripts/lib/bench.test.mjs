import assert from "node:assert/strict";
import { test } from "node:test";
import { options } from "./bench.mjs";
import { Stop } from "./run.mjs";

test("the bench is told what to measure and how far away it is", () => {
  assert.deepEqual(options(["pay"]), { what: "pay", given: [] });
  const all = ["--json", "--rtt", "50", "--sync-delay", "0.5"];
  assert.deepEqual(options(["pay", ...all]), { what: "pay", given: all });
  const copied = ["--copy", "vss", "--copy-rtt", "50"];
  assert.deepEqual(options(["pay", ...copied]), { what: "pay", given: copied });
  assert.deepEqual(options(["graph", "--json"]), { what: "graph", given: ["--json"] });
  assert.deepEqual(options(["activity", "--json"]), { what: "activity", given: ["--json"] });
  assert.deepEqual(options(["restore", "--json"]), { what: "restore", given: ["--json"] });
  const pictures = ["--json", "--dir", "some/pictures"];
  assert.deepEqual(options(["qr", ...pictures]), { what: "qr", given: pictures });
});

test("what the bench does not know is refused before it builds for minutes", () => {
  for (const args of [[], ["receive"], ["pay", "--rtt"], ["pay", "--rtt", "near"], ["pay", "--rtt", "-1"], ["pay", "--fast"], ["pay", "--copy", "cloud"], ["pay", "--dir", "a"], ["graph", "--rtt", "5"], ["activity", "--rtt", "1"], ["restore", "--copy", "vss"], ["qr", "--dir"], ["qr", "--each", "0"]]) {
    assert.throws(() => options(args), Stop, args.join(" "));
  }
});
