// The page's own reader, in Node: its TypeScript built by vite, its library with the wasm that the page ships.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { prepareZXingModule } from "zxing-wasm/reader";
import { artifacts, root } from "../../scripts/lib/paths.mjs";

/** `find` and `glance` of `ui/src/lib/scan/find.ts`. */
export async function pageReader() {
  const wasm = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");
  prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer } });
  // Inside the repository, so that it finds the same library.
  const outDir = join(artifacts, "qr-reader");
  await build({
    configFile: false, root: join(root, "ui"), logLevel: "error",
    build: { ssr: join(root, "ui/src/lib/scan/find.ts"), outDir, emptyOutDir: true, rollupOptions: { output: { entryFileNames: "find.mjs" } } },
  });
  return import(pathToFileURL(join(outDir, "find.mjs")).href);
}
