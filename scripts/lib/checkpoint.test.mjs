import assert from "node:assert/strict";
import { test } from "node:test";
import { agreed, checked, heightBelow, written } from "./checkpoint.mjs";

/** Bitcoin's first two blocks. */
const first = {
  hash: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
  header: `01000000${"00".repeat(32)}3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c`,
  next: "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299\n",
};

test("it is the last block of a period that is buried by a week", () => {
  assert.equal(heightBelow(963_647 + 1008), 963_647);
  assert.equal(heightBelow(963_647 + 1007), 963_647 - 2016);
  assert.equal(heightBelow(965_663 + 1008), 965_663);
  assert.throws(() => heightBelow(2_000), /No period/);
});

test("a block has the name of its header, and the next one follows it", () => {
  assert.deepEqual(checked(first), { hash: first.hash, nextBits: 0x1d00ffff });
  const other = first.hash.replace("26f", "26e");
  assert.throws(() => checked({ ...first, hash: other }), /another's/);
  assert.throws(() => checked({ ...first, next: first.header }), /does not/);
  assert.throws(() => checked({ ...first, header: "00" }), /none/);
});

test("servers that differ are not believed", () => {
  const one = { hash: "aa", nextBits: 1 };
  assert.deepEqual(agreed([one, { ...one }]), one);
  assert.throws(() => agreed([one, { ...one, hash: "bb" }]), /differ/);
  assert.throws(() => agreed([one, { ...one, nextBits: 2 }]), /differ/);
  assert.throws(() => agreed([]), /Nobody/);
});

test("it is written as the table of networks has it", () => {
  const block = { hash: "00d2", nextBits: 0x17023cc1 };
  assert.equal(
    written(963_647, block, true),
    'checkpoint: Some(Checkpoint {\n    height: 963_647,\n    hash: "00d2",\n    next_bits: Some(0x1702_3cc1),\n}),',
  );
  assert.match(written(149_183, block, false), /next_bits: None/);
});
