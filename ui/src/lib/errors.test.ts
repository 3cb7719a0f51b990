import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { wordsFor } from "./errors";
import { errors } from "./i18n/en/errors";

/** The codes as the engine's generated types name them. */
const view = readFileSync(new URL("./ipc/gen/view.ts", import.meta.url), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
const codes = [...(/export type Code = ([^;]+);/.exec(view)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(([, code]) => code ?? "");

describe("errors", () => {
  it("has words for every code of the engine, and for no other", () => {
    expect(codes.length).toBeGreaterThan(30);
    expect(Object.keys(errors).sort()).toEqual([...codes].sort());
  });

  it.each(codes)("%s: a verdict, a reason and a next step, without blame", (code) => {
    const words = wordsFor({ code, message: "", detail: null });
    for (const text of Object.values(words)) {
      expect(text.length).toBeGreaterThan(3);
      expect(text).not.toMatch(/oops|something went wrong|invalid|!$/i);
    }
  });

  it("names the wrong word by its place", () => {
    expect(wordsFor({ code: "unknown_word", message: "", detail: 7 }).title).toContain("7");
  });

  it("calls anything else an unforeseen fault", () => {
    expect(wordsFor(new TypeError("x is not a function")).title).toBe(errors.internal(null).title);
  });
});
