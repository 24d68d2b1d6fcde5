// Words in English and French: each area of the pages brings its own, in both.

import i18next, { type TOptions } from "i18next";
import { useMemo } from "react";
import { initReactI18next, useTranslation } from "react-i18next";

/** The languages that the pages speak. */
export const LANGUAGES = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = "gathering.language";

/** What ends a key that has a form for each number. */
type Plural = "_one" | "_many" | "_other";
type Key<T> = { [K in keyof T & string]: K extends `${infer Base}${Plural}` ? Base : K }[keyof T &
  string];

/** Says something in the person's language. */
export type Say<T> = (key: Key<T>, values?: TOptions) => string;

function remembered(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored !== null && stored in LANGUAGES) return stored as Language;
  return navigator.language.startsWith("fr") ? "fr" : "en";
}

void i18next.use(initReactI18next).init({
  lng: remembered(),
  fallbackLng: "en",
  interpolation: { escapeValue: false },
  resources: {},
  react: { useSuspense: false },
});
document.documentElement.lang = i18next.language;

/** Goes over to another language, and remembers it. */
export async function speak(language: Language): Promise<void> {
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

/** The language that is spoken now. */
export function language(): Language {
  return i18next.language as Language;
}

/** The language that is spoken, as it is where the browser's person lives: `en-GB` rather than `en`. */
export function locale(): string {
  const spoken = language();
  return navigator.languages.find((one) => one.split("-")[0] === spoken) ?? spoken;
}

/** Values with their numbers as the language writes them; the count still says which form is used. */
function localized(values: TOptions): TOptions {
  const format = new Intl.NumberFormat(locale());
  const replace = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === "number" ? format.format(value) : value,
  ]);
  return { ...values, replace: Object.fromEntries(replace) };
}

/** Adds the words of an area, and gives what says them. French must have every key that English has. */
export function words<T extends Record<string, string>>(
  area: string,
  en: T,
  fr: { [K in keyof T]: string } & { [K in `${string}_many`]?: string },
): () => Say<T> {
  i18next.addResourceBundle("en", area, en);
  i18next.addResourceBundle("fr", area, fr);
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each area, by its module
  return function useWords(): Say<T> {
    const { t } = useTranslation(area);
    return useMemo(() => {
      const say = t as unknown as Say<T>;
      return (key, values) => say(key, values && localized(values));
    }, [t]);
  };
}
