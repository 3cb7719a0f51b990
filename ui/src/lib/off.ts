/** How long this computer may be off, in words. */
import { t } from "./i18n";
import type { SafeOff } from "./ipc/gen/view";
import { dayAndTime } from "./moment";

export function offWords(safe: SafeOff, now: number): { title: string; text: string } {
  if (safe.blocks === 0) return { title: t.off.now, text: t.off.meanwhile(safe.risk) };
  return { title: t.off.until(dayAndTime(safe.untilSecs, now)), text: t.off.after(safe.risk) };
}
