import { describe, expect, it } from "vitest";
import table from "../../../tests/fixtures/amounts.json";
import { amountText } from "./format";
import type { Unit } from "./ipc/gen/dto";
import { fieldText, inUnit, msatOf, typedAmount, typedFiat } from "./typed";

describe("what people type and paste", () => {
  it.each(table)("$name: $text", ({ text, unit, msat, fault }) => {
    expect(typedAmount(text, unit as Unit)).toMatchObject(fault === undefined ? { msat } : { fault });
  });

  it("says both readings of what is ambiguous, each in a form that is read", () => {
    for (const { text, unit } of table.filter((row) => row.fault === "ambiguous")) {
      const typed = typedAmount(text, unit as Unit);
      if (!("fault" in typed) || typed.fault !== "ambiguous") throw new Error(text);
      const [grouped, decimal] = [msatOf(typed.grouped, unit as Unit), msatOf(typed.decimal, unit as Unit)];
      expect(grouped).not.toBeNull();
      expect(decimal).not.toBeNull();
      expect(grouped).not.toBe(decimal);
    }
    expect(typedAmount("10,000", "sat")).toEqual({ fault: "ambiguous", grouped: "10000", decimal: "10.0" });
    expect(typedAmount("1.567", "sat")).toEqual({ fault: "ambiguous", grouped: "1567", decimal: "1.5670" });
  });
});

describe("what stands in a field is read back as the same", () => {
  const amounts = [1, 500, 999, 1_000, 1_500, 1_567, 10_000, 999_999, 1_000_000, 1_234_567, 21_400_000, 123_456_789, 100_000_000_000, 123_456_789_012_345];

  it("in each unit", () => {
    for (const msat of amounts)
      for (const unit of ["sat", "btc", "integer"] as const) {
        expect(msatOf(fieldText(msat, unit), unit), fieldText(msat, unit)).toBe(msat);
        const other = unit === "sat" ? "btc" : "sat";
        expect(msatOf(inUnit(fieldText(msat, unit), unit, other), other)).toBe(msat);
      }
  });

  it("what the screen shows is read as it is, or refused, never otherwise", () => {
    for (const msat of amounts)
      for (const unit of ["sat", "btc", "integer"] as const)
        for (const field of ["sat", "btc", "integer"] as const) expect([msat, null]).toContain(msatOf(amountText(msat, unit), field));
  });

  it("a typed amount stays what it is when the unit is switched", () => {
    expect(inUnit("5000", "sat", "btc")).toBe("0.00\u2009005\u2009000");
    expect(inUnit("0.00005", "btc", "sat")).toBe("5\u2009000");
    expect(inUnit("1.5", "sat", "btc")).toBe("0.00\u2009000\u20090015");
    expect(inUnit("", "sat", "btc")).toBe("");
    expect(inUnit("a lot", "sat", "btc")).toBe("a lot");
    expect(inUnit("10,000", "sat", "btc")).toBe("10,000");
    expect(inUnit("12", "sat", "sat")).toBe("12");
  });
});

describe("₿", () => {
  it("is read as satoshis only where that is the unit, and never with a point", () => {
    expect(typedAmount("₿2 100", "integer")).toEqual({ msat: 2_100_000 });
    expect(typedAmount("2100", "integer")).toEqual({ msat: 2_100_000 });
    expect(typedAmount("₿0.5", "integer")).toEqual({ fault: "sign" });
    expect(typedAmount("₿2 100", "sat")).toEqual({ fault: "sign" });
  });
});

describe("a sum of a currency", () => {
  it("is its smallest parts, or says what is wrong", () => {
    expect(typedFiat("12.50", 2)).toEqual({ minor: 1_250 });
    expect(typedFiat("12,5", 2)).toEqual({ minor: 1_250 });
    expect(typedFiat("1 234", 2)).toEqual({ minor: 123_400 });
    expect(typedFiat("500", 0)).toEqual({ minor: 500 });
    const faults = { "": "empty", "-3": "negative", "ten": "notNumber", "€5": "notNumber", "0.001": "tooPrecise", "0.00": "zero", "1,234": "ambiguous", "99999999999999999": "tooLarge" };
    for (const [text, fault] of Object.entries(faults)) expect(typedFiat(text, 2), text).toMatchObject({ fault });
    expect(typedFiat("1.5", 0)).toMatchObject({ fault: "tooPrecise", places: 0 });
  });
});
