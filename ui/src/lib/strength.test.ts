import { expect, it } from "vitest";
import { strength } from "./strength";

it("tells easy passwords from hard ones", () => {
  expect(strength("")).toBe(0);
  expect(strength("password")).toBeLessThan(2);
  expect(strength("aaaaaaaaaaaaaaaaaaaa")).toBe(0);
  expect(strength("12345678")).toBeLessThan(2);
  expect(strength("lamp orbit violin ridge")).toBe(4);
});
