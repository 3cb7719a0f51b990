import { describe, expect, it } from "vitest";
import { amount, amountText, bytes, day, dayFrom, dayKey, duration, fiatText, fullDate, inFours, longDay, oldness, shortId, stopwatch, time, timeWithSeconds } from "./format";

const T = "\u2009";

describe("amount", () => {
  it("groups by thousands with thin spaces and keeps the unit", () => {
    expect(amount(2_136_060_000, "sat")).toEqual({ sign: "", whole: `2${T}136${T}060`, fraction: "", unit: "sat" });
    expect(amount(0, "sat").whole).toBe("0");
    expect(amount(999_000, "sat").whole).toBe("999");
  });

  it("shows parts of a satoshi, and drops them downwards only where asked", () => {
    expect(amount(1_234_567, "sat").fraction).toBe(".567");
    expect(amount(1_500, "sat").fraction).toBe(".5");
    expect(amount(1_999, "sat", true)).toEqual({ sign: "", whole: "1", fraction: "", unit: "sat" });
  });

  it("writes bitcoin with eight decimals in readable groups", () => {
    expect(amount(2_136_060_000, "btc").whole).toBe(`0.02${T}136${T}060`);
    expect(amount(123_456_789_012_000, "btc").whole).toBe(`1${T}234.56${T}789${T}012`);
    expect(amount(1, "btc")).toEqual({ sign: "", whole: `0.00${T}000${T}000`, fraction: "001", unit: "BTC" });
  });

  it("is exact up to the largest integer a page can hold", () => {
    expect(amount(Number.MAX_SAFE_INTEGER, "sat")).toEqual({ sign: "", whole: `9${T}007${T}199${T}254${T}740`, fraction: ".991", unit: "sat" });
  });

  it("writes ₿ before satoshis, and never before a part of one", () => {
    expect(amountText(2_136_060_000, "integer")).toBe(`₿2${T}136${T}060`);
    expect(amountText(1_500, "integer")).toBe(`1.5${T}sat`);
    expect(amountText(1_500, "integer", true)).toBe("₿1");
  });

  it("never stands without its unit", () => {
    expect(amountText(21_000)).toBe(`21${T}sat`);
    expect(amountText(100_000_000_000, "btc")).toContain("BTC");
  });
});

describe("times and ids", () => {
  it("says how long", () => {
    expect(duration(581)).toBe("9 min 41 s");
    expect(duration(7_500)).toBe("2 h 5 min");
    expect(duration(5 * 86_400)).toBe("5 days");
    expect(duration(-3)).toBe("0 s");
    expect(stopwatch(340)).toBe("0.34 s");
    expect(stopwatch(3_640)).toBe("3.6 s");
    const ages = [40, 840, 12_300, 119_000, 1_500_000, 9_000_000, 200_000_000].map(oldness);
    expect(ages).toEqual(["0.0 s", "0.8 s", "12 s", "1 min 59 s", "25 min", "2 h", "2 days"]);
  });

  it("knows today, yesterday and tomorrow by the calendar", () => {
    const noon = new Date(2026, 10, 24, 12).getTime() / 1000;
    expect(dayFrom(noon - 11 * 3600, noon)).toBe("today");
    expect(dayFrom(noon - 13 * 3600, noon)).toBe("yesterday");
    expect(dayFrom(noon + 13 * 3600, noon)).toBe("tomorrow");
    expect(dayFrom(noon - 3 * 86_400, noon)).toBe("other");
  });

  it("shortens ids and groups addresses", () => {
    expect(shortId("03a74f".padEnd(60, "0") + "9c41c2")).toBe("03a74f…9c41c2");
    expect(shortId("short")).toBe("short");
    expect(inFours("bcrt1qxyz")).toBe(`bcrt${T}1qxy${T}z`);
    expect(bytes(4_300_000)).toBe("4.3 MB");
  });
});

describe("days", () => {
  const at = (year: number, month: number, date: number) => new Date(year, month - 1, date, 12).getTime() / 1000;
  const now = at(2026, 3, 10);

  it("name the year where it is another", () => {
    expect(day(at(2026, 3, 3), now)).toBe("Tue 3 Mar");
    expect(day(at(2020, 3, 3), now)).toBe("Tue 3 Mar 2020");
    expect(longDay(at(2026, 3, 3), now)).toBe("Tuesday 3 March");
    expect(longDay(at(2020, 3, 3), now)).toBe("Tuesday 3 March 2020");
    expect(day(at(2027, 1, 1), at(2026, 12, 31))).toBe("Fri 1 Jan 2027");
  });

  it("are told apart by their date, not by their name", () => {
    expect(new Set([at(2020, 3, 3), at(2023, 2, 3), at(2026, 3, 3)].map(dayKey)).size).toBe(3);
    expect(dayKey(at(2026, 3, 3))).toBe(dayKey(at(2026, 3, 3) + 3600));
  });

  it("no time is too far away to be written", () => {
    for (const secs of [8_640_000_000_001, Number.MAX_SAFE_INTEGER, 2 ** 64, Infinity, -1, NaN])
      for (const write of [time, timeWithSeconds, fullDate, (one: number) => day(one, now), (one: number) => longDay(one, now), dayKey, duration, (one: number) => dayFrom(one, now)])
        expect(typeof write(secs)).toBe("string");
    expect(fullDate(8_640_000_000_001)).toMatch(/ 9999$/);
    expect(duration(Number.MAX_SAFE_INTEGER)).toBe("more than 100 years");
    expect(duration(800 * 86_400)).toBe("2 years");
    expect(duration(729 * 86_400)).toBe("729 days");
  });
});

describe("fiatText", () => {
  const fiat = (minor: number, currency = "EUR", decimals = 2) => ({ currency, decimals, minor, belowOne: false });

  it("puts the point where the currency has it, and groups what is before it", () => {
    expect(fiatText(fiat(0))).toBe("€0.00");
    expect(fiatText(fiat(5))).toBe("€0.05");
    expect(fiatText(fiat(123_456_789))).toBe(`€1${T}234${T}567.89`);
    expect(fiatText(fiat(9_600_000, "JPY", 0))).toBe(`¥9${T}600${T}000`);
    expect(fiatText(fiat(100, "CHF"))).toBe(`CHF${T}1.00`);
    expect(fiatText(fiat(100, "XAU"))).toBe(`XAU${T}1.00`);
  });

  it("shows less than the smallest part as that part, which stands behind a sign for less", () => {
    expect(fiatText({ ...fiat(0), belowOne: true })).toBe("€0.01");
    expect(fiatText({ ...fiat(0, "JPY", 0), belowOne: true })).toBe("¥1");
  });
});
