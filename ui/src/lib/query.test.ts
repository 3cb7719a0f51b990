import { describe, expect, it } from "vitest";
import { noFilter, readQuery } from "./query";

const now = new Date(2026, 10, 28, 15, 0).getTime() / 1000;
const at = (year: number, month: number, day: number) => new Date(year, month - 1, day).getTime() / 1000;
const read = (text: string) => readQuery(text, "sat", now);

describe("one box", () => {
  it("reads bounds, kinds and times in any order, and leaves the rest as text", () => {
    expect(read("Kiln >100k sent last month & Clay")).toEqual({
      text: "Kiln & Clay", only: ["sent"], minMsat: 100_000_000, maxMsat: null, sinceSecs: at(2026, 10, 1), untilSecs: at(2026, 11, 1),
    });
    expect(read("failed on-chain")).toEqual({ ...noFilter, only: ["failed", "onchain"] });
    expect(read("> 2 000")).toEqual({ ...noFilter, minMsat: 2_000, text: "000" });
    expect(read("<= 2_000")).toEqual({ ...noFilter, maxMsat: 2_000_000 });
    expect(read(">1.5m")).toEqual({ ...noFilter, minMsat: 1_500_000_000 });
  });

  it("reads days and months of the person’s own calendar", () => {
    expect(read("today")).toEqual({ ...noFilter, sinceSecs: at(2026, 11, 28), untilSecs: at(2026, 11, 29) });
    expect(read("this week")).toEqual({ ...noFilter, sinceSecs: at(2026, 11, 23), untilSecs: at(2026, 11, 30) });
    expect(read("last year")).toEqual({ ...noFilter, sinceSecs: at(2025, 1, 1), untilSecs: at(2026, 1, 1) });
    expect(read("2024-02")).toEqual({ ...noFilter, sinceSecs: at(2024, 2, 1), untilSecs: at(2024, 3, 1) });
    expect(read("2024-02-29")).toEqual({ ...noFilter, sinceSecs: at(2024, 2, 29), untilSecs: at(2024, 3, 1) });
  });

  it("takes nothing for a filter that is none", () => {
    for (const text of ["", "2023-02-29", "2024-13", "month", "last", ">", "<x", "2026", "lnbc1xyz"]) expect(read(text)).toEqual({ ...noFilter, text });
  });
});
