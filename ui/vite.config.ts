import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [svelte()],
  clearScreen: false,
  resolve: {
    // Tests want the reactive Svelte, not the one for servers.
    ...(process.env["VITEST"] ? { conditions: ["browser"] } : {}),
    alias: { $lib: here("src/lib"), $components: here("src/components"), $screens: here("src/screens") },
  },
  server: { host: "127.0.0.1", port: 1420, strictPort: true },
  preview: { host: "127.0.0.1", strictPort: true },
  build: { outDir: "../dist", emptyOutDir: true, target: ["es2022", "safari16"], assetsInlineLimit: 0 },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
