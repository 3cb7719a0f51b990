/** One box for everything: what is typed into Activity’s search as a filter. `>100k sent last month` and a name, in any order. */
import { amountText, fullDate } from "./format";
import { t } from "./i18n";
import type { Unit } from "./ipc/gen/dto";
import type { ActivityFilter, ActivityKind } from "./ipc/gen/view";
import { msatOf } from "./typed";
import { readWhen } from "./when";

const TIMES: Record<string, number> = { k: 1_000, m: 1_000_000 };
const BOUND = /^([<>=])=?([\d.,'_]+)([km])?(?:sats?)?$/;
/** `100k` alone is an amount; `100` may be a part of anything. */
const EXACT = /^([\d.,'_]+)([km])$/;
const RANGE = /^([\d.,'_]+)([km])?(?:-|–|\.\.)([\d.,'_]+)([km])?$/;

export const noFilter: ActivityFilter = { text: "", only: [], minMsat: null, maxMsat: null, sinceSecs: null, untilSecs: null };

/** Thousands are of satoshis, whatever the unit. */
function amount(digits: string, times: string | undefined, unit: Unit): number | null {
  const msat = msatOf(digits, times ? "sat" : unit);
  return msat === null ? null : Math.round(msat * (TIMES[times ?? ""] ?? 1));
}

function bounded(token: string, unit: Unit): Partial<ActivityFilter> | null {
  const [, way, digits, times] = BOUND.exec(token) ?? [];
  const bound = way && digits ? amount(digits, times, unit) : null;
  if (bound !== null) return way === ">" ? { minMsat: bound } : way === "<" ? { maxMsat: bound } : { minMsat: bound, maxMsat: bound };
  const [, least, leastTimes, most, mostTimes] = RANGE.exec(token) ?? [];
  // `2026-11` is a month: a range says its thousands, or has two points.
  if (least && most && (leastTimes ?? mostTimes ?? token.includes(".."))) {
    const [minMsat, maxMsat] = [amount(least, leastTimes ?? mostTimes, unit), amount(most, mostTimes, unit)];
    return minMsat === null || maxMsat === null ? null : { minMsat, maxMsat };
  }
  const [, exact, exactTimes] = EXACT.exec(token) ?? [];
  const only = exact ? amount(exact, exactTimes, unit) : null;
  return only === null ? null : { minMsat: only, maxMsat: only };
}

interface Token {
  word: string;
  quoted: boolean;
}

/** Words; what stands in quotes is one that is no filter. */
function tokensOf(typed: string): Token[] {
  const joined = typed.replace(/([<>=]=?)\s+/g, "$1").replace(/([<>=]=?\d{1,3})((?: \d{3})+)(?!\d)/g, (_, head: string, rest: string) => head + rest.replaceAll(" ", ""));
  return [...joined.matchAll(/["“”]([^"“”]*)["“”]|(\S+)/g)].flatMap(([, quote, word]): Token[] => {
    if (word !== undefined) return [{ word, quoted: false }];
    return quote?.trim() ? [{ word: quote.trim(), quoted: true }] : [];
  });
}

/** What is no filter is text to look for: all of its words. */
export function readQuery(typed: string, unit: Unit, nowSecs: number): ActivityFilter {
  const now = new Date(nowSecs * 1000);
  const filter: ActivityFilter = { ...noFilter, only: [] };
  const tokens = tokensOf(typed);
  const rest: string[] = [];
  const kinds: Record<string, ActivityKind | undefined> = t.activity.query.only;
  for (let at = 0; at < tokens.length; at++) {
    const { word = "", quoted = true } = tokens[at] ?? {};
    const plain = tokens.slice(at).map((one) => (one.quoted ? "" : one.word.toLowerCase()));
    const when = quoted ? null : readWhen(plain, now);
    const bound = quoted || when ? null : bounded(word.toLowerCase(), unit);
    const kind = kinds[plain[0] ?? ""];
    if (when) {
      // Of two times both count.
      filter.sinceSecs = when.span.sinceSecs ?? filter.sinceSecs;
      filter.untilSecs = when.span.untilSecs ?? filter.untilSecs;
      at += when.words - 1;
    } else if (bound) {
      Object.assign(filter, bound);
      if (t.activity.query.satoshis.includes(plain[1] ?? "")) at += 1;
    } else if (kind && !quoted) filter.only.push(kind);
    else rest.push(word);
  }
  filter.text = rest.join(" ");
  return filter;
}

/** A filter in words, so that a person sees what is looked for. */
export function saidBack(filter: ActivityFilter, unit: Unit): string[] {
  const say = t.activity.query.says;
  const { minMsat, maxMsat, sinceSecs, untilSecs } = filter;
  const parts = filter.only.map((kind) => say.only[kind]);
  if (minMsat !== null && minMsat === maxMsat) parts.push(say.exactly(amountText(minMsat, unit)));
  else {
    if (minMsat !== null) parts.push(say.least(amountText(minMsat, unit)));
    if (maxMsat !== null) parts.push(say.most(amountText(maxMsat, unit)));
  }
  const [from, last] = [sinceSecs === null ? null : fullDate(sinceSecs), untilSecs === null ? null : fullDate(untilSecs - 1)];
  if (from !== null && from === last) parts.push(say.on(from));
  else if (from !== null && last !== null) parts.push(say.fromTo(from, last));
  else if (from !== null) parts.push(say.from(from));
  else if (last !== null) parts.push(say.to(last));
  if (filter.text !== "") parts.push(say.text(filter.text));
  return parts;
}
