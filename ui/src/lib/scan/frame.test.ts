import { expect, test } from "vitest";
import { between, MIDDLE, nudge, tooSmall } from "./frame";

test("a frame is drawn in any direction and ends at the picture's edge", () => {
  const frame = between([0.75, 0.5], [0.25, 1.5]);
  expect(frame).toEqual({ left: 0.25, top: 0.5, width: 0.5, height: 0.5 });
  expect(tooSmall(frame)).toBe(false);
  expect(tooSmall(between([0.5, 0.5], [0.501, 0.9]))).toBe(true);
});

test("arrow keys move it, with Shift they change its size, and it stays inside", () => {
  expect(nudge(MIDDLE, "ArrowLeft", false)?.left).toBeCloseTo(0.28);
  expect(nudge(MIDDLE, "ArrowDown", true)?.height).toBeCloseTo(0.42);
  let frame = MIDDLE;
  for (let i = 0; i < 99; i += 1) frame = nudge(frame, "ArrowRight", false) ?? frame;
  expect(frame.left + frame.width).toBeCloseTo(1);
  for (let i = 0; i < 99; i += 1) frame = nudge(frame, "ArrowUp", true) ?? frame;
  expect(tooSmall(frame)).toBe(false);
  expect(nudge(MIDDLE, "a", false)).toBe(null);
});
