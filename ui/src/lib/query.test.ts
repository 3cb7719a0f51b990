import { describe, expect, it } from "vitest";
import { noFilter, readQuery, saidBack } from "./query";

const now = new Date(2026, 10, 28, 15, 0).getTime() / 1000;
const at = (year: number, month: number, day: number) => new Date(year, month - 1, day).getTime() / 1000;
const read = (text: string) => readQuery(text, "sat", now);

describe("one box", () => {
  it("reads bounds, kinds and times in any order, and leaves the rest as text", () => {
    expect(read("Kiln >100k sent last month & Clay")).toEqual({
      text: "Kiln & Clay", only: ["sent"], minMsat: 100_000_000, maxMsat: null, sinceSecs: at(2026, 10, 1), untilSecs: at(2026, 11, 1),
    });
    expect(read("failed on-chain")).toEqual({ ...noFilter, only: ["failed", "onchain"] });
    expect(read("> 2 000")).toEqual({ ...noFilter, minMsat: 2_000_000 });
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

  it("reads months by name, spans up to today, and one side of a time", () => {
    expect(read("november")).toEqual({ ...noFilter, sinceSecs: at(2026, 11, 1), untilSecs: at(2026, 12, 1) });
    expect(read("dec")).toEqual({ ...noFilter, sinceSecs: at(2025, 12, 1), untilSecs: at(2026, 1, 1) });
    expect(read("Ada october 2024")).toEqual({ ...noFilter, text: "Ada", sinceSecs: at(2024, 10, 1), untilSecs: at(2024, 11, 1) });
    expect(read("last 30 days")).toEqual({ ...noFilter, sinceSecs: at(2026, 10, 30), untilSecs: at(2026, 11, 29) });
    expect(read("last 2 weeks")).toEqual({ ...noFilter, sinceSecs: at(2026, 11, 15), untilSecs: at(2026, 11, 29) });
    expect(read("since march")).toEqual({ ...noFilter, sinceSecs: at(2026, 3, 1) });
    expect(read("since 2025 before 2026-03")).toEqual({ ...noFilter, sinceSecs: at(2025, 1, 1), untilSecs: at(2026, 3, 1) });
    expect(read("after yesterday")).toEqual({ ...noFilter, sinceSecs: at(2026, 11, 28) });
    expect(read("in 2025")).toEqual({ ...noFilter, sinceSecs: at(2025, 1, 1), untilSecs: at(2026, 1, 1) });
  });

  it("reads ranges and exact amounts, and leaves what is quoted", () => {
    expect(read("5k-20k")).toEqual({ ...noFilter, minMsat: 5_000_000, maxMsat: 20_000_000 });
    expect(read("5-20k closed")).toEqual({ ...noFilter, only: ["closed"], minMsat: 5_000_000, maxMsat: 20_000_000 });
    expect(read("100..2000 opened")).toEqual({ ...noFilter, only: ["opened"], minMsat: 100_000, maxMsat: 2_000_000 });
    expect(read("=5000 sat")).toEqual({ ...noFilter, minMsat: 5_000_000, maxMsat: 5_000_000 });
    expect(read("100k")).toEqual({ ...noFilter, minMsat: 100_000_000, maxMsat: 100_000_000 });
    expect(read('"may" "last month" sent')).toEqual({ ...noFilter, text: "may last month", only: ["sent"] });
  });

  it("says back what it looks for", () => {
    expect(saidBack(read("Kiln >100k sent last month"), "sat")).toEqual(["sent", "at least 100\u2009000\u2009sat", "1 Oct 2026 to 31 Oct 2026", "“Kiln”"]);
    expect(saidBack(read("today =5"), "sat")).toEqual(["exactly 5\u2009sat", "28 Nov 2026"]);
    expect(saidBack(read("before march closed"), "sat")).toEqual(["channels closed", "up to 28 Feb 2026"]);
    expect(saidBack(read(""), "sat")).toEqual([]);
  });

  it("takes nothing for a filter that is none", () => {
    for (const text of ["", "2023-02-29", "2024-13", "month", "last", ">", "<x", "2026", "lnbc1xyz"]) expect(read(text)).toEqual({ ...noFilter, text });
  });
});
