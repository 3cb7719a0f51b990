// npm run test:browser: every *.test.mjs here, in one Chromium. `node tests/browser/run.mjs pay scan` runs some.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { open } from "./harness.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const topics = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs"))
  .map((name) => name.replace(".test.mjs", ""))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort();

const world = await open();
let passed = 0;
let failed = 0;

for (const topic of topics) {
  const { default: tests } = await import(pathToFileURL(join(here, `${topic}.test.mjs`)).href);
  for (const [name, test] of Object.entries(tests)) {
    const pages = [];
    const page = async (scene, options) => {
      const one = await world.page(scene, options);
      pages.push(one);
      return one;
    };
    try {
      await test(page, world.pictures);
      const faults = pages.flatMap((one) => one.faults);
      if (faults.length > 0) throw new Error(`the page complained: ${faults.join("; ")}`);
      passed += 1;
      console.log(`ok ${topic}: ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${topic}: ${name}\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    for (const one of pages) await one.context().close();
  }
}

await world.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
