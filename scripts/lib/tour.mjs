// Where the tour's pictures go.
import { join } from "node:path";
import { root } from "./paths.mjs";
import { Stop } from "./run.mjs";

/** `docs/tour` is part of the repository: only who asks for it changes it. */
export function picturesOf(args) {
  const unknown = args.find((arg) => arg !== "--docs");
  if (unknown !== undefined) throw new Stop(`The tour knows only --docs, not ${unknown}.`);
  return args.includes("--docs") ? join(root, "docs", "tour") : join(root, "artifacts", "tour");
}
