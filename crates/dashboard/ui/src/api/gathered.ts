// Many reasons to read something again, gathered into few readings.

/** Reasons are gathered for so long before anything is read again. */
const GATHERED_MS = 250;
/** After a reading, this many times as long as it took is waited before the next. */
const RESTS = 2;

/** What gathers reasons. */
export interface Gathered {
  /** There is a reason to read again. */
  ask(): void;
  end(): void;
}

/**
 * Reads a little after it is asked to, never twice at the same time; what is asked meanwhile leads to
 * one more reading. A server that answers slowly is asked less often.
 */
export function gathered(read: () => Promise<unknown>): Gathered {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let again = false;
  let ended = false;
  const plan = (after: number) => {
    timer ??= setTimeout(() => void run(), after);
  };
  const run = async () => {
    timer = undefined;
    reading = true;
    again = false;
    const began = performance.now();
    // Whoever reads shows why it could not.
    await read().catch(() => {});
    reading = false;
    if (again && !ended) plan(Math.max(GATHERED_MS, (performance.now() - began) * RESTS));
  };
  return {
    ask() {
      if (reading) again = true;
      else if (!ended) plan(GATHERED_MS);
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
