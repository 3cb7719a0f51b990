import { describe, expect, it } from "vitest";
import { left } from "./moment";

describe("what is left", () => {
  it("is counted in minutes, and in seconds during the last one", () => {
    expect(left(86_399)).toBe("23 h 59 min");
    expect(left(7 * 86_400 - 1)).toBe("6 days");
    expect(left(119)).toBe("1 min");
    expect(left(60)).toBe("1 min");
    expect(left(59)).toBe("59 s");
    expect(left(0)).toBe("0 s");
    expect(left(-5)).toBe("0 s");
  });
});
