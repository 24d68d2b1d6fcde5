// The end of a run's id, by which runs of one pipeline are told apart.

const LETTERS = 6;

/** The last letters: the first ones tell the time, and are alike. */
export function ShortId({ id }: { id: string }) {
  return (
    <code title={id} className="shrink-0 font-mono text-xs font-normal text-soft">
      {id.slice(-LETTERS)}
    </code>
  );
}
