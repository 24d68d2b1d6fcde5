// The server's side of the connection for events, as a test plays it.

/** Stands in the place of `WebSocket`. */
export class Wire {
  static readonly all: Wire[] = [];
  readonly said: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    Wire.all.push(this);
  }

  send(text: string): void {
    this.said.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.closed = true;
    this.onclose?.();
  }

  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** The connection that was opened last. */
export function wire(): Wire {
  const last = Wire.all.at(-1);
  if (last === undefined) throw new Error("nothing was opened");
  return last;
}
