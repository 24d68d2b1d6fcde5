// Whether a text is so large or so entangled that reading it as Markdown would stop the page.

/** What is read at the most. Reading costs more than a multiple of each of these. */
export const BOUNDS = {
  /** Characters. */
  size: 64 * 1024,
  /** Quotes and lists within each other. */
  depth: 40,
  /** Quotes and items of lists in all. */
  containers: 3000,
  /** Marks between two empty lines. */
  marksTogether: 1500,
  /** Marks in all. */
  marks: 8000,
  /** Cells of a table, with those that its shorter rows lack. */
  cells: 10_000,
  /** The length of a line that gives an address to a name, which each use repeats. */
  definition: 2048,
};

/** Marks that are matched with others before them. */
const MARKS = /[*[\]`~]|_(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])_/gu;
/** The beginning of a quote, an item of a list, or a footnote, with what is before it. */
const CONTAINER = /([ \t]*)(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$)|\[\^[^\]\s]{1,999}\]:)/y;

/** How many quotes and lists a line is in at the most, and how many of them it begins. */
function containersOf(line: string): { depth: number; begun: number } {
  let begun = 0;
  let depth = 0;
  CONTAINER.lastIndex = 0;
  for (let found = CONTAINER.exec(line); found; found = CONTAINER.exec(line)) {
    begun += 1;
    // An item that is indented is in those of the lines before it.
    depth += 1 + Math.floor((found[1] ?? "").replaceAll("\t", "    ").length / 2);
  }
  return { depth, begun };
}

/** Whether a text is beyond the bounds, in time that is a multiple of its length. */
export function isBeyondBounds(text: string): boolean {
  if (text.length > BOUNDS.size) return true;
  let containers = 0;
  let marks = 0;
  let together = 0;
  let rows = 0;
  let columns = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.trim() === "") {
      together = 0;
      rows = 0;
      columns = 0;
      continue;
    }
    const { depth, begun } = containersOf(line);
    const found = line.match(MARKS)?.length ?? 0;
    containers += begun;
    marks += found;
    together += found;
    rows += 1;
    columns = Math.max(columns, line.split("|").length - 1);
    if (
      depth > BOUNDS.depth ||
      containers > BOUNDS.containers ||
      marks > BOUNDS.marks ||
      together > BOUNDS.marksTogether ||
      rows * columns > BOUNDS.cells ||
      (line.length > BOUNDS.definition && line.includes("]:"))
    ) {
      return true;
    }
  }
  return false;
}
