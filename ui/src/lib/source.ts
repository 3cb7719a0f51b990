/** What a person should know of the chain source, in words: what is wrong with it, what it cannot do, what it could hide. */
import { amountText, DOTS } from "./format";
import { t } from "./i18n";
import type { Health, Watcher } from "./ipc/gen/view";
import type { Unit } from "./ipc/gen/dto";

/** What one server alone could hide, or what another one says of it. */
function watcherWords(watcher: Watcher | null): string {
  const say = t.health;
  if (!watcher) return say.alone;
  return watcher.ahead > 0 ? say.ahead(watcher.source, watcher.ahead) : say.watched(watcher.source);
}

/** `ours`: the practice network's own, in this process. */
export function sourceWords(found: Health, unit: Unit, ours: boolean, hidden = false): string | null {
  const words = [
    found.sourceTrouble && t.source.trouble(found.sourceTrouble),
    found.channelsTrouble && t.source.channels(t.source.trouble(found.channelsTrouble)),
    found.relaysPackages === false && t.source.noPackages,
    found.uncheckedMsat > 0 && t.health.unchecked(hidden ? DOTS : amountText(found.uncheckedMsat, unit)),
    !ours && watcherWords(found.watcher),
  ];
  return words.filter(Boolean).join(" ") || null;
}
