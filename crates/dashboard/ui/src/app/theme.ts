// Light or dark: as the system is, unless the person has said otherwise.

import { useSyncExternalStore } from "react";

/** What a person can choose. */
export type Theme = "system" | "light" | "dark";

const STORED = "gathering.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

/** The theme that was chosen. */
export function theme(): Theme {
  const stored = localStorage.getItem(STORED);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function apply(): void {
  const wanted = theme();
  const isDark = wanted === "dark" || (wanted === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

dark.addEventListener("change", apply);
apply();

/** Goes over to another theme, and remembers it. */
export function setTheme(next: Theme): void {
  if (next === "system") localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, next);
  apply();
}

/** The theme that the person has chosen. */
export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, theme);
}
