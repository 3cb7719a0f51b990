/** Light and dark: the setting, or what the system says. */
import type { Theme } from "./ipc/gen/dto";

const system = window.matchMedia("(prefers-color-scheme: dark)");

/** Shows the theme now, and follows the system until the returned function is called. */
export function showTheme(theme: Theme): () => void {
  const show = () => {
    document.documentElement.dataset["theme"] = theme === "system" ? (system.matches ? "dark" : "light") : theme;
  };
  show();
  system.addEventListener("change", show);
  return () => {
    system.removeEventListener("change", show);
  };
}
