/** Times as people write them: `last month`, `november 2025`, `2026-11`, `last 30 days`, `since october`. */
import { t } from "./i18n";

export interface Span {
  sinceSecs: number | null;
  untilSecs: number | null;
}

/** A span, and how many words said it. */
export interface Found {
  span: Span;
  words: number;
}

const DAY = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/;
const YEAR = /^\d{4}$/;
const COUNT = /^[1-9]\d{0,2}$/;

const secs = (date: Date) => Math.floor(date.getTime() / 1000);

/** A span of the person’s own calendar: so many years, months and days from a day on. */
function span(from: Date, years: number, months: number, days: number): Span {
  const until = new Date(from.getFullYear() + years, from.getMonth() + months, from.getDate() + days);
  return { sinceSecs: secs(from), untilSecs: secs(until) };
}

function named(when: string, now: Date): Span | null {
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

function dated(token: string): Span | null {
  const [, year, month, day] = DAY.exec(token) ?? [];
  if (!year || !month || Number(month) < 1 || Number(month) > 12) return null;
  const from = new Date(Number(year), Number(month) - 1, Number(day ?? 1));
  if (from.getMonth() !== Number(month) - 1) return null;
  return day ? span(from, 0, 0, 1) : span(from, 0, 1, 0);
}

/** A month by its name: of the year behind it, else the last one that has begun. */
function monthly(words: readonly string[], now: Date): Found | null {
  const month = t.activity.query.months[words[0] ?? ""];
  if (month === undefined) return null;
  const given = YEAR.test(words[1] ?? "") ? Number(words[1]) : null;
  const year = given ?? now.getFullYear() - (month > now.getMonth() ? 1 : 0);
  return { span: span(new Date(year, month, 1), 0, 1, 0), words: given === null ? 1 : 2 };
}

/** `last 30 days`: up to and with today. */
function counted(words: readonly string[], now: Date): Found | null {
  const [first = "", count = "", unit = ""] = words;
  const [year, month, tomorrow] = [now.getFullYear(), now.getMonth(), now.getDate() + 1];
  const step = t.activity.query.units[unit];
  if (t.activity.query.last !== first || !COUNT.test(count) || step === undefined) return null;
  const n = Number(count);
  const from =
    step === "months" ? new Date(year, month - n, tomorrow)
    : step === "years" ? new Date(year - n, month, tomorrow)
    : new Date(year, month, tomorrow - n * (step === "weeks" ? 7 : 1));
  return { span: { sinceSecs: secs(from), untilSecs: secs(new Date(year, month, tomorrow)) }, words: 3 };
}

function plainly(words: readonly string[], now: Date): Found | null {
  const [first = "", second = ""] = words;
  const two = named(`${first} ${second}`, now);
  if (two) return { span: two, words: 2 };
  const one = named(first, now) ?? dated(first);
  return one ? { span: one, words: 1 } : (monthly(words, now) ?? counted(words, now));
}

/** The time that these words begin with, if they do. In lower case. */
export function readWhen(words: readonly string[], now: Date): Found | null {
  const [first = "", second = ""] = words;
  const side = t.activity.query.sides[first];
  if (!side) return plainly(words, now);
  if (side === "in" && YEAR.test(second)) return { span: span(new Date(Number(second), 0, 1), 1, 0, 0), words: 2 };
  const year = side !== "in" && YEAR.test(second) ? { span: span(new Date(Number(second), 0, 1), 1, 0, 0), words: 1 } : null;
  const found = year ?? plainly(words.slice(1), now);
  if (!found) return null;
  const { sinceSecs, untilSecs } = found.span;
  const open: Record<typeof side, Span> = {
    in: found.span, since: { sinceSecs, untilSecs: null }, after: { sinceSecs: untilSecs, untilSecs: null },
    before: { sinceSecs: null, untilSecs: sinceSecs }, until: { sinceSecs: null, untilSecs },
  };
  return { span: open[side], words: found.words + 1 };
}
