// Whatever is said in one language is said in the other, with the same values in it.

import i18next from "i18next";
import { expect, test } from "vitest";
import "./vocabulary";

// Each area adds its words when its module is loaded.
const areas = Object.values(import.meta.glob("../**/words.ts", { eager: true }));
/** The texts of the sources, by their paths from here. */
const SOURCES = import.meta.glob<string>(["../**/*.{ts,tsx}", "!**/*.test.*", "!**/generated/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});
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

/** Keys that are put together from parts, by area: how they are written, with `*` for what is put in. */
const PUT_TOGETHER: Record<string, readonly string[]> = {
  shell: ["kind.*", "theme.*"],
  vocabulary: ["actor.*", "diff.*", "role.*", "status.*", "waiting.*"],
  chat: ["call.*", "stop.*"],
  agents: ["choice.*", "field.*", "role.*", "tool.*", "versions.*", "view.*"],
  approvals: ["answer.*", "filter.*", "status.*"],
  audit: ["fault.*", "outcome.*"],
  entrance: ["fault.*", "field.*", "refused.*", "*.lead", "*.submit", "*.title"],
  "pipeline-editor": ["field.*", "hint.*", "line.*", "value.*", "yaml.*"],
  runs: ["tab.*", "trigger.*", "unknown.*"],
  schedules: ["cal.*", "fire.*", "misfire.*", "overlap.*", "said.fire.*", "status.*", "timing.*"],
  "settings.channels": ["type.*"],
  "settings.keys": ["scope.*"],
  "settings.people": ["role.*"],
  "settings.system": ["breaker.*"],
  startables: ["events.*", "kind.*"],
  triggers: ["count.*", "outcome.*", "verification.*"],
  webhooks: ["delivery.*"],
};

/** The sources that say words of an area: those below its words, and those that import them. */
function speakers(words: string): string[] {
  const folder = words.replace(/[^/]*$/, "");
  const imported = words.replace(/^\.\.\//, "@/").replace(/\.ts$/, "");
  const within = (path: string, text: string) => {
    const up = path.replace(/[^/]*$/, "");
    const from = [...text.matchAll(/from "(\.{1,2}\/[^"]*)"/g)].map(([, to]) =>
      new URL(to ?? "", `file:///here/${up.replace(/^\.\.\//, "")}`).pathname.replace(
        "/here/",
        "../",
      ),
    );
    return text.includes(`"${imported}"`) || from.includes(words.replace(/\.ts$/, ""));
  };
  return Object.entries(SOURCES)
    .filter(([path, text]) => path !== words && (path.startsWith(folder) || within(path, text)))
    .map(([, text]) => text);
}

/** What finds a shape, between bounds, with this in the place of each `*`. */
function pattern(shape: string, bound: string, within: string): RegExp {
  const parts = shape.split("*").map((part) => part.replaceAll(".", "\\."));
  return new RegExp(bound === "" ? `^${parts.join(within)}$` : bound + parts.join(within) + bound);
}

/** The words files by their area. */
const FILES = Object.entries(SOURCES).flatMap(([path, text]) => {
  const area = /= words\(\s*"([^"]+)"/.exec(text)?.[1];
  return area === undefined ? [] : [[area, path] as const];
});

test("every area is in a file", () => {
  expect(FILES.map(([area]) => area).sort()).toEqual(Object.keys(en).sort());
});

test.each(FILES)("every word of %s is said", (area, file) => {
  const texts = file.endsWith("vocabulary.ts")
    ? Object.entries(SOURCES).flatMap(([path, text]) => (path === file ? [] : [text]))
    : speakers(file);
  const made = PUT_TOGETHER[area] ?? [];
  const isSaid = (key: string) => texts.some((text) => text.includes(`"${key}"`));
  const isMade = (shape: string) =>
    texts.some((text) => pattern(shape, "`", "\\$\\{[^}`]*\\}").test(text));
  const unsaid = baseKeys(en[area] as Record<string, string>).filter(
    (key) => !isSaid(key) && !made.some((shape) => pattern(shape, "", ".+").test(key)),
  );
  expect(unsaid).toEqual([]);
  expect(made.filter((shape) => !isMade(shape))).toEqual([]);
});
