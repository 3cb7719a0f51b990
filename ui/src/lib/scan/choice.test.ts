import { beforeEach, expect, test, vi } from "vitest";
import type { Instruction } from "../ipc/gen/view";
import { choose, decide, type Seen } from "./choice";

const readText = vi.hoisted(() => vi.fn());
vi.mock("../ipc/ipc", () => ({ readText }));

const picture = {} as ImageData;
const found = (text: string) => ({ text, corners: [[0, 0], [1, 0], [1, 1], [0, 1]] as const });
const seen = (...texts: string[]): Seen[] => texts.map((text) => ({ picture, found: found(text) }));
const instruction = (id: string, more: Partial<Instruction>): Partial<Instruction> => ({ id, kind: "lightning", note: null, ...more });

beforeEach(() => {
  let made = 0;
  readText.mockImplementation((text: string) => {
    made += 1;
    if (text.startsWith("https:")) return Promise.reject(new Error("not understood"));
    return Promise.resolve(instruction(`i${made}`, text.includes("@") ? { kind: "node" } : { note: text.toLowerCase() }));
  });
});

test("the one that can be paid wins, wherever it stands", async () => {
  expect(await decide(seen("https://shop.example", "lnbc1"))).toMatchObject({ type: "one", seen: seen("lnbc1")[0] });
  expect(await decide(seen("02ab@host", "lnbc1", "https://shop.example"))).toMatchObject({ type: "one", seen: seen("lnbc1")[0] });
});

test("several that can be paid are all offered, the same one once", async () => {
  const choice = await decide(seen("lnbc1", "LNBC1", "lnbc2"));
  expect(choice.type === "several" && choice.payable.map((one) => one.found.text)).toEqual(["lnbc1", "lnbc2"]);
});

test("where nothing can be paid, a node comes before what is not understood", async () => {
  expect(await decide(seen("https://shop.example", "02ab@host"))).toMatchObject({ type: "one", seen: seen("02ab@host")[0] });
  expect(await decide(seen("https://shop.example"))).toMatchObject({ type: "one", seen: seen("https://shop.example")[0] });
  expect(await decide([])).toEqual({ type: "nothing" });
});

test("a picture is looked at harder only where what was found cannot be paid", async () => {
  const look = vi.fn((_: ImageData, known: readonly string[] = []) => Promise.resolve([found(known.length > 0 ? "lnbc1" : "https://shop.example")]));
  expect(await choose([picture], look)).toMatchObject({ type: "one", seen: seen("lnbc1")[0] });
  expect(look).toHaveBeenLastCalledWith(picture, ["https://shop.example"]);
  look.mockClear().mockResolvedValue([found("lnbc2")]);
  expect(await choose([picture, picture], look)).toMatchObject({ type: "one", seen: seen("lnbc2")[0] });
  expect(look).toHaveBeenCalledTimes(2);
});
