import { expect, test } from "vitest";
import { places, sameWord } from "./quiz";

test("the quiz asks for three different places, in order", () => {
  const seen = new Set<number>();
  for (let i = 0; i < 500; i += 1) {
    const three = places(12);
    expect(new Set(three).size).toBe(3);
    expect(three).toEqual([...three].sort((a, b) => a - b));
    for (const place of three) seen.add(place);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("a word counts however it is capitalised, and only the word", () => {
  expect(sameWord(" Orbit ", "orbit")).toBe(true);
  expect(sameWord("orbi", "orbit")).toBe(false);
  expect(sameWord("", "orbit")).toBe(false);
});
