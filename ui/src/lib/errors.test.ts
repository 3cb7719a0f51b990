import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { wordsFor } from "./errors";
import { errors } from "./i18n/en/errors";
import type { Code } from "./ipc/gen/view";

/** The codes as the engine's generated types name them. */
const view = readFileSync(new URL("./ipc/gen/view.ts", import.meta.url), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
const codes = [...(/export type Code = ([^;]+);/.exec(view)?.[1] ?? "").matchAll(/"(\w+)"/g)].map(([, code]) => code ?? "");

/** No money moved, or all of it is here. */
const SAFE = /nothing (more )?(left this wallet|was (paid|signed|sent|changed)|is lost)|no money (had )?left|your (money|wallet itself) is (safe|fine)|did nothing|came back/i;
/** What says something else of the money, and why. */
const EXCEPT: Partial<Record<Code, string>> = {
  in_flight: "it is under way", outcome_unknown: "nobody knows", replaced: "it was somebody else’s",
  channel_gone: "it says where the money is shown",
  nothing_to_withdraw: "money for us", cannot_receive: "money for us", refund_expired: "money for us", refund_collected: "money for us",
  refund_too_large: "money for us", own_refund: "money for us",
  channel_stale: "said before any channel", words_not_proven: "said before any channel",
  copy_wanted: "said before any channel", copy_not_fresh: "said before any channel", channel_cap: "said before any channel",
  unknown_word: "no wallet yet", word_count: "no wallet yet", words_checksum: "no wallet yet", wallet_exists: "no wallet was opened",
  no_wallet: "no wallet is open", already_running: "no wallet was opened", newer_vault: "no wallet was opened", vault_damaged: "it stopped before doing harm",
  no_click: "no money is meant", only_practice: "no money is meant", picture_unreadable: "no money is meant",
  copy_within: "only a copy", copy_not_admitted: "only a copy",
};

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

  it.each(codes)("%s: whether the money is safe", (code) => {
    const { text } = wordsFor({ code, message: "", detail: null });
    if (code in EXCEPT) expect(text).not.toMatch(SAFE);
    else expect(text).toMatch(SAFE);
  });

  it("names the wrong word by its place", () => {
    expect(wordsFor({ code: "unknown_word", message: "", detail: 7 }).title).toContain("7");
  });

  it("calls anything else an unforeseen fault", () => {
    expect(wordsFor(new TypeError("x is not a function")).title).toBe(errors.internal(null).title);
  });
});
