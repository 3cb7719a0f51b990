/** Moments in words, as far from now as they are. */
import { day, dayFrom, duration, time } from "./format";
import { t } from "./i18n";

/** `15:12`, `tomorrow 15:12`, `Sun 29 Nov, 15:12`, `Fri 29 Nov 2024, 15:12`. */
export function dayAndTime(secs: number, now: number): string {
  const when = dayFrom(secs, now);
  if (when === "today") return time(secs);
  if (when === "tomorrow") return `${t.common.tomorrow} ${time(secs)}`;
  if (when === "yesterday") return `${t.common.yesterday.toLowerCase()} ${time(secs)}`;
  return `${day(secs, now)}, ${time(secs)}`;
}

/** `41 min`, `12 s`: how old, in one unit where it is more than a minute. */
export function age(secs: number, now: number): string {
  const passed = Math.max(0, now - secs);
  if (passed < 60) return duration(passed);
  return duration(passed - (passed % (passed < 7200 ? 60 : 3600)));
}

/** `6 days`, `23 h 59 min`, `12 min`, `41 s`: what is left, never more than there is. In whole minutes until the last one. */
export const left = (secs: number) => duration(secs < 60 ? secs : secs - (secs % 60));

/** Beyond these nobody counts days: it is long, or for ever. */
export const YEAR_SECS = 366 * 86_400;
export const CENTURY_SECS = 100 * YEAR_SECS;
