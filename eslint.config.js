import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

const onlyIpc = {
  patterns: [{ group: ["@tauri-apps/*"], message: "All calls and listening live in lib/ipc/ipc.ts." }],
};

export default ts.config(
  { ignores: ["dist", "dist-test", "target", "gen", "node_modules", "artifacts", "src-tauri", "ui/src/lib/ipc/gen", "scripts", "tests/desktop"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ["ui/**/*.ts", "ui/**/*.svelte"],
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: [".svelte"], parser: ts.parser },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-imports": ["error", onlyIpc],
      "no-undef": "off",
      "svelte/no-useless-mustaches": "off",
    },
  },
  { files: ["ui/src/lib/ipc/ipc.ts", "ui/src/lib/ipc/mock.ts", "ui/src/lib/ipc/mock/*.ts"], rules: { "no-restricted-imports": "off" } },
  // Pixels by the million, at places that were just computed: no check for each.
  { files: ["ui/src/lib/scan/grey.ts", "ui/src/lib/scan/straighten.ts"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
  { files: ["**/*.svelte"], rules: { "max-lines": ["error", { max: 150 }] } },
);
