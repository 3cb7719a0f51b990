// What `npm run bench` understands.
import { Stop } from "./run.mjs";

const USAGE = "Use: npm run bench -- pay [--json] [--rtt MS] [--sync-delay MS] | pay [--json] --copy folder|vss [--copy-rtt MS], npm run bench -- graph [--json], npm run bench -- activity [--json], npm run bench -- restore [--json], or npm run bench -- qr [--json] [--dir FOLDER] [--each N] [--seed N]";

/** What the value of each option is. */
const OPTIONS = {
  pay: { "--rtt": /^\d+(\.\d+)?$/, "--sync-delay": /^\d+(\.\d+)?$/, "--copy": /^(folder|vss)$/, "--copy-rtt": /^\d+(\.\d+)?$/ },
  graph: {},
  activity: {},
  restore: {},
  qr: { "--dir": /^[^-]/, "--each": /^[1-9]\d*$/, "--seed": /^\d+$/ },
};

/** The words after `npm run bench --`, checked before anything is built: which bench, and what it is given. */
export function options(args) {
  const [what, ...rest] = args;
  if (!Object.hasOwn(OPTIONS, what ?? "")) throw new Stop(USAGE);
  const given = [];
  while (rest.length > 0) {
    const name = rest.shift();
    given.push(name);
    if (name === "--json") continue;
    const value = rest.shift() ?? "";
    if (!OPTIONS[what][name]?.test(value)) throw new Stop(USAGE);
    given.push(value);
  }
  return { what, given };
}
