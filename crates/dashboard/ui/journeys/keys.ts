// A walk through a page by the Tab key alone: what can be clicked, what is reached, what shows the focus.

import type { Page } from "@playwright/test";

/** What the walk keeps in the page. */
interface Walk {
  /** What can be clicked, with how it looks without the focus. */
  clickable: Map<Element, string>;
  reached: Set<Element>;
  /** Where the focus is, and for how many presses it has been: a date has several parts. */
  at: Element | null;
  stayed: number;
  /** Whether the focus has left the page at its end once. */
  left: boolean;
  faults: string[];
}

declare global {
  interface Window {
    walk: Walk;
    /** How an element is told to a person. */
    named: (element: Element) => string;
    look: (element: Element) => string;
  }
}

/** So many times Tab is pressed at most: long lists bring more of themselves as the focus comes down. */
const MOST = 600;

/** Everything on the page that is wrong for whoever has no mouse. */
export async function faultsByKeyboard(page: Page): Promise<string[]> {
  await page.evaluate(begin);
  for (let step = 0; step < MOST; step++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(noteFocus);
    if (focus === "around") return page.evaluate(unreached);
    if (focus === "trapped") break;
  }
  const at = await page.evaluate(() => window.named(document.activeElement ?? document.body));
  return [`the focus does not come out of ${at}`, ...(await page.evaluate(unreached))];
}

/** Finds what can be clicked. */
function begin(): void {
  window.named = (element) => {
    const name = element.getAttribute("aria-label") ?? element.textContent?.trim().slice(0, 60);
    return `<${element.tagName.toLowerCase()}> ${name || element.outerHTML.slice(0, 120)}`;
  };
  window.look = (element) => {
    // A drawn line shows the focus by its stroke; a field within frames by one of them.
    const shapes = [...element.querySelectorAll("path")].slice(0, 1) as Element[];
    let one: Element | null = element;
    for (let frame = 0; one && frame < 4; frame++) {
      shapes.push(one);
      one = one.parentElement;
    }
    const looks = shapes.map((shape) => {
      const look = getComputedStyle(shape);
      const { outline, boxShadow, borderColor, backgroundColor, stroke, strokeWidth } = look;
      return [outline, boxShadow, borderColor, backgroundColor, stroke, strokeWidth].join();
    });
    return looks.join();
  };
  const NATIVE =
    "a[href], button, input, select, textarea, summary, [contenteditable=true], [tabindex]";
  const answers = (element: Element) => {
    const key = Object.keys(element).find((one) => one.startsWith("__reactProps$"));
    const props = key ? (element as unknown as Record<string, Record<string, unknown>>)[key] : {};
    return typeof props?.onClick === "function";
  };
  const shown = (element: Element) => {
    const { width, height } = element.getBoundingClientRect();
    return (
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
      width > 0 &&
      height > 0 &&
      element.closest("[inert], [aria-hidden=true]") === null
    );
  };
  const clickable = new Map<Element, string>();
  for (const element of document.body.querySelectorAll("*")) {
    const native = element.matches(NATIVE) && !element.matches(":disabled, [tabindex='-1']");
    const loose = answers(element) && !element.matches(":disabled, label");
    if (!shown(element) || !(native || loose)) continue;
    // Of what is clicked within a thing that is reached, the thing counts.
    if (loose && !native && (element.closest(NATIVE) || element.querySelector(NATIVE))) continue;
    clickable.set(element, window.look(element));
  }
  // Where the page itself has put the focus, the walk begins.
  const at = document.activeElement;
  const reached = new Set(at && at !== document.body ? [at] : []);
  window.walk = { clickable, reached, at, stayed: 0, left: false, faults: [] };
}

/** Notes where the focus is; "around" once it comes for the second time to where it was. */
async function noteFocus(): Promise<"on" | "around" | "trapped"> {
  const at = document.activeElement;
  const { walk } = window;
  if (!at || at === document.body) {
    if (walk.left) return "around";
    walk.left = true;
    return "on";
  }
  walk.stayed = walk.at === at ? walk.stayed + 1 : 0;
  walk.at = at;
  if (walk.stayed > 0 && walk.stayed < 12) return "on";
  if (walk.reached.has(at)) {
    const [first] = walk.reached;
    return walk.left || at === first ? "around" : "trapped";
  }
  walk.reached.add(at);
  const before = walk.clickable.get(at);
  // Some show it from the next frame on.
  for (let frame = 0; frame < 2 && before === window.look(at); frame++) {
    await new Promise(requestAnimationFrame);
  }
  if (before === window.look(at)) {
    walk.faults.push(`nothing shows the focus of ${window.named(at)}`);
  }
  return "on";
}

/** What is wrong: what was not reached, besides what was noted on the way. */
function unreached(): string[] {
  const { clickable, reached, faults } = window.walk;
  const groups =
    "[role=tablist], [role=radiogroup], [role=menu], [role=listbox], [role=tree], [role=grid], [role=toolbar]";
  const inReachedGroup = (element: Element) => {
    // Within a group one is reached by Tab, the others by the arrows.
    const group = element.closest(groups);
    if (group) return [...reached].some((one) => group.contains(one));
    if (!(element instanceof HTMLInputElement) || element.type !== "radio") return false;
    return [...reached].some((one) => one instanceof HTMLInputElement && one.name === element.name);
  };
  const missed = [...clickable.keys()].filter(
    (element) =>
      element.isConnected &&
      !reached.has(element) &&
      !inReachedGroup(element) &&
      !element.matches(":disabled"),
  );
  return [...faults, ...missed.map((element) => `Tab does not reach ${window.named(element)}`)];
}
