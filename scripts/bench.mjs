// npm run bench -- pay: what a payment costs. npm run bench -- graph: what a large network costs. npm run bench -- activity: what a
// long history costs. npm run bench -- restore: what coming back costs. npm run bench -- qr: which pictures of codes are read.
// With --json one object on standard output; what is for a person goes to standard error.
import { options } from "./lib/bench.mjs";
import { program } from "./lib/run.mjs";
import { checkVersions } from "./lib/versions.mjs";

await program(async () => {
  checkVersions();
  const { what, given } = options(process.argv.slice(2));
  const { bench } = await import(what === "qr" ? "../tests/qr/bench.mjs" : `./lib/bench-${what}.mjs`);
  return bench(given);
});
