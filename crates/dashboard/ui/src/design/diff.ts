// Which lines of a text were removed and added on the way to another.

/** A line, and whether both texts have it. */
export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** How two texts compare. */
export interface Comparison {
  lines: DiffLine[];
  /** How much work it was. */
  steps: number;
  /** Whether they are too different: what lies between their common beginning and end is then replaced as a whole. */
  coarse: boolean;
}

/** The most steps of a comparison: some hundredths of a second, and some megabytes. */
export const MOST_STEPS = 2_000_000;

/** The shortest way from one text to another, line by line. */
export function diffLines(from: string, to: string): DiffLine[] {
  return compareLines(from, to).lines;
}

/** Compares two texts, with at most so many steps. */
export function compareLines(from: string, to: string, most = MOST_STEPS): Comparison {
  const before = from.split("\n");
  const after = to.split("\n");
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const [oldEnd, freshEnd] = [before.length - tail, after.length - tail];
  const old = shared(before, head, oldEnd, new Set(after.slice(head, freshEnd)));
  const fresh = shared(after, head, freshEnd, new Set(before.slice(head, oldEnd)));
  const same = (at: number, other: number) => before[old[at] ?? -1] === after[fresh[other] ?? -1];
  const { pairs, steps } = inCommon(old.length, fresh.length, same, most);

  const lines: DiffLine[] = [];
  const add = (kind: DiffLine["kind"], texts: string[], begin: number, end: number) => {
    for (let at = begin; at < end; at++) lines.push({ kind, text: texts[at] ?? "" });
  };
  add("same", before, 0, head);
  let [row, column] = [head, head];
  for (const [at, other] of pairs ?? []) {
    const [nextRow, nextColumn] = [old[at] ?? oldEnd, fresh[other] ?? freshEnd];
    add("removed", before, row, nextRow);
    add("added", after, column, nextColumn);
    add("same", before, nextRow, nextRow + 1);
    [row, column] = [nextRow + 1, nextColumn + 1];
  }
  add("removed", before, row, oldEnd);
  add("added", after, column, freshEnd);
  add("same", before, oldEnd, before.length);
  return { lines, steps, coarse: pairs === null };
}

/** The places of the lines that the other text has, too: all others are removed or added in any case. */
function shared(lines: string[], begin: number, end: number, other: ReadonlySet<string>): number[] {
  const places: number[] = [];
  for (let at = begin; at < end; at++) if (other.has(lines[at] ?? "")) places.push(at);
  return places;
}

/**
 * The longest sequence in common, as pairs of places: by Myers' greedy algorithm, whose work grows with
 * how much differs. On a diagonal, the difference of the two places is the same; for each number of
 * changes it is known how far one gets on each diagonal. No pairs if that takes too many steps.
 */
function inCommon(
  length: number,
  otherLength: number,
  same: (at: number, other: number) => boolean,
  most: number,
): { pairs: [number, number][] | null; steps: number } {
  const reached: Int32Array[] = [];
  let steps = 0;
  for (let changes = 0; changes <= length + otherLength; changes++) {
    const before = reached[changes - 1];
    // How far on the diagonals from -changes to changes; the steps of this round are known to begin with.
    if (steps + changes + 1 > most) return { pairs: null, steps };
    const far = new Int32Array(2 * changes + 1).fill(-1);
    reached.push(far);
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      steps++;
      let at = before ? begin(before, changes, diagonal) : 0;
      if (at < 0 || at > length || at - diagonal > otherLength) continue;
      while (at < length && at - diagonal < otherLength && same(at, at - diagonal)) {
        at++;
        steps++;
        if (steps > most) return { pairs: null, steps };
      }
      far[diagonal + changes] = at;
      if (at === length && at - diagonal === otherLength) {
        return { pairs: wayBack(reached, length, otherLength), steps };
      }
    }
  }
  return { pairs: [], steps };
}

/** Where a diagonal begins with one change more: behind an addition or a removal, whichever gets farther. */
function begin(before: Int32Array, changes: number, diagonal: number): number {
  const added = before[diagonal + changes] ?? -1;
  const removed = before[diagonal + changes - 2] ?? -1;
  return Math.max(added, removed < 0 ? -1 : removed + 1);
}

/** The pairs on the way that has reached the end. */
function wayBack(reached: Int32Array[], length: number, otherLength: number): [number, number][] {
  const pairs: [number, number][] = [];
  let [at, other] = [length, otherLength];
  for (let changes = reached.length - 1; changes >= 0; changes--) {
    const before = reached[changes - 1];
    const diagonal = at - other;
    const first = before ? begin(before, changes, diagonal) : 0;
    while (at > first) pairs.push([--at, --other]);
    if (!before) break;
    if ((before[diagonal + changes] ?? -1) === first) other--;
    else at--;
  }
  return pairs.reverse();
}
