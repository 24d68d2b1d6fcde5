// Whatever is said in one language is said in the other, with the same values in it.

import i18next from "i18next";
import { expect, test } from "vitest";
import "./vocabulary";

// Each area adds its words when its module is loaded.
const areas = Object.values(import.meta.glob("../**/words.ts", { eager: true }));
const { en = {}, fr = {} } = i18next.store.data;

const PLURAL = /_(one|many|other)$/;

function placeholders(text: string): string {
  return [...text.matchAll(/\{\{\s*(\w+)/g)]
    .map(([, name]) => name)
    .sort()
    .join(" ");
}

function baseKeys(of: Record<string, string>): string[] {
  return [...new Set(Object.keys(of).map((key) => key.replace(PLURAL, "")))].sort();
}

test("every area is in both languages", () => {
  expect(Object.keys(en).length).toBeGreaterThanOrEqual(areas.length);
  expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
});

test.each(Object.keys(en))("%s says the same in both", (area) => {
  const [english, french] = [en[area], fr[area]] as Record<string, string>[];
  if (english === undefined || french === undefined) throw new Error(`${area} has no words`);
  expect(baseKeys(french)).toEqual(baseKeys(english));
  for (const [key, text] of Object.entries(french)) {
    const base = key.replace(PLURAL, "");
    const said = english[key] ?? english[`${base}_other`] ?? "";
    expect(text.trim(), key).not.toBe("");
    // One is said without its number in some languages.
    if (!key.endsWith("_one")) expect(placeholders(text), key).toBe(placeholders(said));
  }
});

test.each(Object.keys(en))("%s has every plural form", (area) => {
  for (const [language, bundle] of [
    ["en", en[area]],
    ["fr", fr[area]],
  ] as [string, Record<string, string>][]) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const counted = Object.keys(bundle).filter((key) => PLURAL.test(key));
    for (const base of new Set(counted.map((key) => key.replace(PLURAL, "")))) {
      expect(
        counted.filter((key) => key.replace(PLURAL, "") === base).sort(),
        `${language} ${base}`,
      ).toEqual(forms.map((form) => `${base}_${form}`).sort());
    }
  }
});

test("French is written as French is", () => {
  const wrong = Object.entries(fr).flatMap(([area, bundle]) =>
    Object.entries(bundle as Record<string, string>)
      .filter(
        // The typewriter's apostrophe, and signs that have no space before them.
        ([, text]) =>
          /[a-zA-Zàâéèêëîïôûùç]'[a-zA-Zàâéèêëîïôûùç]|[^\s\u00a0\u202f][?!;](?:\s|$)/.test(text),
      )
      .map(([key, text]) => `${area} ${key}: ${text}`),
  );
  expect(wrong).toEqual([]);
});
