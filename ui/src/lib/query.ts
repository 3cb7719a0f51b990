/** One box for everything: what is typed into Activity’s search as a filter. `>100k sent last month` and a name, in any order. */
import { t } from "./i18n";
import type { Unit } from "./ipc/gen/dto";
import type { ActivityFilter, ActivityKind } from "./ipc/gen/view";
import { msatOf } from "./typed";

const TIMES: Record<string, number> = { k: 1_000, m: 1_000_000 };
const BOUND = /^([<>])=?([\d.,'_]+)([km])?$/;
const DAY = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/;

export const noFilter: ActivityFilter = { text: "", only: [], minMsat: null, maxMsat: null, sinceSecs: null, untilSecs: null };

const secs = (date: Date) => Math.floor(date.getTime() / 1000);

/** A span of the person’s own calendar: so many days, months or years from a day on. */
function span(from: Date, years: number, months: number, days: number): Pick<ActivityFilter, "sinceSecs" | "untilSecs"> {
  const until = new Date(from.getFullYear() + years, from.getMonth() + months, from.getDate() + days);
  return { sinceSecs: secs(from), untilSecs: secs(until) };
}

function named(when: string, now: Date): Pick<ActivityFilter, "sinceSecs" | "untilSecs"> | null {
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()];
  // A week begins on Monday.
  const monday = date - ((now.getDay() + 6) % 7);
  switch (t.activity.query.when[when]) {
    case "today": return span(new Date(year, month, date), 0, 0, 1);
    case "yesterday": return span(new Date(year, month, date - 1), 0, 0, 1);
    case "thisWeek": return span(new Date(year, month, monday), 0, 0, 7);
    case "lastWeek": return span(new Date(year, month, monday - 7), 0, 0, 7);
    case "thisMonth": return span(new Date(year, month, 1), 0, 1, 0);
    case "lastMonth": return span(new Date(year, month - 1, 1), 0, 1, 0);
    case "thisYear": return span(new Date(year, 0, 1), 1, 0, 0);
    case "lastYear": return span(new Date(year - 1, 0, 1), 1, 0, 0);
    case undefined:
    default: return null;
  }
}

function dated(token: string): Pick<ActivityFilter, "sinceSecs" | "untilSecs"> | null {
  const [, year, month, day] = DAY.exec(token) ?? [];
  if (!year || !month || Number(month) < 1 || Number(month) > 12) return null;
  const from = new Date(Number(year), Number(month) - 1, Number(day ?? 1));
  if (from.getMonth() !== Number(month) - 1) return null;
  return day ? span(from, 0, 0, 1) : span(from, 0, 1, 0);
}

function bounded(token: string, unit: Unit): Pick<ActivityFilter, "minMsat"> | Pick<ActivityFilter, "maxMsat"> | null {
  const [, way, digits, times] = BOUND.exec(token) ?? [];
  if (!way || !digits) return null;
  // Thousands are of satoshis, whatever the unit.
  const msat = msatOf(digits, times ? "sat" : unit);
  if (msat === null) return null;
  const amount = Math.round(msat * (TIMES[times ?? ""] ?? 1));
  return way === ">" ? { minMsat: amount } : { maxMsat: amount };
}

/** What is no filter is text to look for. */
export function readQuery(typed: string, unit: Unit, nowSecs: number): ActivityFilter {
  const now = new Date(nowSecs * 1000);
  const filter: ActivityFilter = { ...noFilter, only: [] };
  const tokens = typed.trim().replace(/([<>]=?)\s+/g, "$1").split(/\s+/).filter(Boolean);
  const rest: string[] = [];
  const kinds: Record<string, ActivityKind | undefined> = t.activity.query.only;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? "";
    const word = token.toLowerCase();
    const two = named(`${word} ${tokens[at + 1]?.toLowerCase() ?? ""}`, now);
    const found = two ?? named(word, now) ?? dated(word) ?? bounded(word, unit);
    if (two) at += 1;
    if (found) Object.assign(filter, found);
    else if (kinds[word]) filter.only.push(kinds[word]);
    else rest.push(token);
  }
  filter.text = rest.join(" ");
  return filter;
}
