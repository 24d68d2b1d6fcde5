// Light or dark: as the system is, unless the person has said otherwise.

import { useSyncExternalStore } from "react";

/** What a person can choose. */
export type Theme = "system" | "light" | "dark";

const STORED = "gathering.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function apply(): void {
  const theme = chosen();
  const isDark = theme === "dark" || (theme === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
apply();

/** Goes over to another theme, and remembers it. */
export function setTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, theme);
  apply();
}

/** The theme that the person has chosen. */
export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chosen);
}
