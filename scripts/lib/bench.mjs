// What `npm run bench` understands.
import { Stop } from "./run.mjs";

const USAGE = "Use: npm run bench -- pay [--json] [--rtt MS] [--sync-delay MS]";

/** The words after `npm run bench --`, checked before anything is built. */
export function options(args) {
  const [what, ...rest] = args;
  if (what !== "pay") throw new Stop(USAGE);
  const given = [];
  while (rest.length > 0) {
    const name = rest.shift();
    given.push(name);
    if (name === "--json") continue;
    const value = rest.shift() ?? "";
    if (!["--rtt", "--sync-delay"].includes(name) || !/^\d+(\.\d+)?$/.test(value)) throw new Stop(USAGE);
    given.push(value);
  }
  return given;
}
