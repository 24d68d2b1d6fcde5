// Which browser on which system a session says that it was opened with.

/** From the most particular: all of them say that they are Safari, too. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bCriOS\/|Chrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;
const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
] as const;

/** The names of both; `null` where the text is that of no browser. */
export function browserOf(client: string): string | null {
  const named = (names: readonly (readonly [RegExp, string])[]) =>
    names.find(([pattern]) => pattern.test(client))?.[1];
  const browser = client.startsWith("Mozilla/") ? named(BROWSERS) : undefined;
  const system = named(SYSTEMS);
  if (browser === undefined) return null;
  return system ? `${browser}, ${system}` : browser;
}
