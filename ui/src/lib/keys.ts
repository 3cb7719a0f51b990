/** The keyboard map of the whole window. Letters do nothing while someone types or a dialog is open. */
import type { Nav, Page } from "./nav.svelte";

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
const inDialog = () => document.querySelector("[data-dialog]") !== null;
const pages: Record<string, Page> = { h: "home", a: "activity", c: "channels" };

/** Handles one key; true where it was ours. */
export function keyHandler(nav: Nav, lock: () => void): (event: KeyboardEvent) => void {
  let goPressedAt = -Infinity;

  const letter = (key: string): boolean => {
    const after = pages[key];
    if (performance.now() - goPressedAt < 1000 && after) {
      nav.go(after);
      goPressedAt = -Infinity;
      return true;
    }
    goPressedAt = key === "g" ? performance.now() : -Infinity;
    if (key === "p") nav.open({ type: "pay" });
    else if (key === "r") nav.open({ type: "receive" });
    else if (key === "s") nav.open({ type: "scan" });
    else if (key === "/") nav.search();
    else if (key === "?") nav.helpOpen = true;
    else return key === "g";
    return true;
  };

  return (event) => {
    if (event.defaultPrevented || event.altKey || inDialog()) return;
    const key = event.key.toLowerCase();
    let ours = false;
    if (event.ctrlKey || event.metaKey) {
      ours = key === "," || key === "l";
      if (key === ",") nav.go("settings");
      if (key === "l") lock();
    } else if (key === "escape") {
      ours = true;
      nav.back();
    } else if (!typing(event.target)) {
      ours = letter(key);
    }
    if (ours) event.preventDefault();
  };
}
