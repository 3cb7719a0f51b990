// npm run bench -- qr: how many pictures of codes the page reads, and how long it takes.
import { folder } from "./files.mjs";
import { frames } from "./frames.mjs";
import { pictures } from "./generate.mjs";
import { pageReader } from "./reader.mjs";

/** Of every kind; some five hundred pictures together. */
const EACH = 16;
const FRAMES = 12;
const TURNS = 4;
/** Of our own pictures; none may be read wrongly. */
const GOAL = 0.99;

export async function bench(given) {
  const value = (name, otherwise) => (given.includes(name) ? given[given.indexOf(name) + 1] : otherwise);
  const dir = value("--dir", null);
  const seed = Number(value("--seed", 1));
  const reader = await pageReader();
  const source = dir === null ? pictures({ each: Number(value("--each", EACH)), seed }) : folder(dir);
  const results = [];
  for await (const one of source) results.push(await read(reader, one));
  const line = { ...sums(results), frame_p95_ms: await glances(reader, frames(FRAMES, seed)) };
  tell(results, line);
  if (given.includes("--json")) process.stdout.write(`${JSON.stringify(line)}\n`);
  return dir === null && (line.rate < GOAL || line.wrong > 0) ? 1 : 0;
}

/** Read is a picture whose codes were all found; wrong is one that gave a text which is not in it. */
async function read({ find }, { name, kind, picture, texts }) {
  const start = performance.now();
  const found = (await find(picture)).map(({ text }) => text);
  const ms = performance.now() - start;
  return { name, kind, ms, read: texts.every((text) => found.includes(text)), wrong: found.some((text) => !texts.includes(text)) };
}

async function glances({ glance }, shown) {
  const times = [];
  for (let turn = 0; turn < TURNS * 3; turn += 1) {
    for (const frame of shown) {
      const start = performance.now();
      await glance(frame, turn);
      // The first turns warm up.
      if (turn >= TURNS) times.push(performance.now() - start);
    }
  }
  return p95(times);
}

export function sums(results) {
  const read = results.filter((one) => one.read).length;
  return {
    pictures: results.length,
    read,
    rate: results.length === 0 ? 0 : Number((read / results.length).toFixed(4)),
    wrong: results.filter((one) => one.wrong).length,
    p95_ms: p95(results.map(({ ms }) => ms)),
  };
}

function p95(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return Number((sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0).toFixed(1));
}

/** For a person: each kind in a line, then what was missed. */
function tell(results, line) {
  const say = (words) => process.stderr.write(`${words}\n`);
  for (const kind of new Set(results.map((one) => one.kind))) {
    const of = results.filter((one) => one.kind === kind);
    const { read, pictures, p95_ms: ms } = sums(of);
    say(`${kind.padEnd(12)} ${String(read).padStart(3)} of ${pictures}, ${ms} ms`);
  }
  for (const { name, read, wrong } of results) if (!read || wrong) say(`${wrong ? "WRONG" : "missed"} ${name}`);
  say(`${line.read} of ${line.pictures} read (${(line.rate * 100).toFixed(1)} %), ${line.wrong} wrong`);
}
