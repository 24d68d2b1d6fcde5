// Which lines of a text were removed and added on the way to another.

/** A line, and whether both texts have it. */
export interface DiffLine {
  kind: "same" | "removed" | "added";
  text: string;
}

/** The shortest way from one text to another, line by line. */
export function diffLines(from: string, to: string): DiffLine[] {
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
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...before.slice(0, head).map(same),
    ...between(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** The longest lines in common, by a table of the lengths that are left from each place on. */
function between(before: string[], after: string[]): DiffLine[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const left = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      common[row * width + column] =
        before[row] === after[column]
          ? left(row + 1, column + 1) + 1
          : Math.max(left(row + 1, column), left(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const old = before[row];
    const fresh = after[column];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: "same", text: old });
      row++;
      column++;
    } else if (
      old !== undefined &&
      (fresh === undefined || left(row + 1, column) >= left(row, column + 1))
    ) {
      lines.push({ kind: "removed", text: old });
      row++;
    } else if (fresh !== undefined) {
      lines.push({ kind: "added", text: fresh });
      column++;
    }
  }
  return lines;
}
