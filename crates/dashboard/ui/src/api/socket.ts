// One WebSocket for all views: subscriptions that go on exactly where they were after a loss.

import type { Schemas } from "./client";
import { parseJson } from "./exact";

/** An event, or a piece of an answer on its way (`position` null). */
export type Event = Schemas["Envelope"];

/** Which events somebody wants. */
export interface Wanted {
  types?: string[];
  runId?: string;
  /** Answers of models while they are written. */
  previews?: boolean;
  /** The position after which to begin; negative: so many rows of the log back; its end if absent. */
  after?: number;
}

/** What is told to whoever subscribed. */
export interface Listener {
  onEvent(event: Event): void;
  /** Something is missing: what is shown must be read again. */
  onGap?(): void;
  /** The connection is there again: events are complete, but what was read meanwhile may have failed. */
  onBack?(): void;
  /** The server has ended the subscription. */
  onEnd?(): void;
}

/** How the connection is. */
export type Link = "connecting" | "open" | "lost";

interface Subscription {
  wanted: Wanted;
  listener: Listener;
  position: number | undefined;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** The server ends a socket that has nothing to do after 75 s; views open and close more often. */
const CLOSES_AFTER_MS = 30_000;

/** The one connection for events of a project. */
export class EventSocket {
  readonly #url: string;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #watchers = new Set<() => void>();
  #socket: WebSocket | null = null;
  #link: Link = "connecting";
  #lostAt: number | null = null;
  #failures = 0;
  #names = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** How the connection is now. */
  get link(): Link {
    return this.#link;
  }

  /** Since when it is lost, in milliseconds of the epoch. */
  get lostAt(): number | null {
    return this.#lostAt;
  }

  /** Calls this at each change of the connection; returns what ends that. */
  watch = (call: () => void): (() => void) => {
    this.#watchers.add(call);
    return () => this.#watchers.delete(call);
  };

  /** Subscribes until what it returns is called. */
  subscribe(wanted: Wanted, listener: Listener): () => void {
    const id = `s${this.#names++}`;
    this.#subscriptions.set(id, { wanted, listener, position: wanted.after });
    if (this.#socket === null) this.#open();
    else if (this.#link === "open") this.#send(id);
    return () => {
      this.#subscriptions.delete(id);
      if (this.#link === "open") this.#say({ type: "unsubscribe", id });
      if (this.#subscriptions.size === 0) this.#rest();
    };
  }

  /** Tries at once, if it is lost; a try that is under way is given up. */
  retry(): void {
    if (this.#link === "lost") this.#open();
  }

  /** Ends the connection, until somebody subscribes again. */
  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#become("connecting");
    socket?.close(1000);
  }

  #rest(): void {
    setTimeout(() => {
      if (this.#subscriptions.size === 0) this.close();
    }, CLOSES_AFTER_MS);
  }

  #open(): void {
    clearTimeout(this.#timer);
    const before = this.#socket;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    before?.close();
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      const back = this.#link === "lost";
      this.#failures = 0;
      this.#become("open");
      for (const id of this.#subscriptions.keys()) this.#send(id);
      if (back) for (const { listener } of [...this.#subscriptions.values()]) listener.onBack?.();
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#told(parseJson(String(data)) as Schemas["SocketMessage"]);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#become("lost");
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
      this.#failures += 1;
      this.#timer = setTimeout(() => this.#open(), pause * (0.75 + Math.random() / 2));
    };
  }

  #become(link: Link): void {
    if (this.#link === link) return;
    this.#link = link;
    this.#lostAt = link === "lost" ? Date.now() : null;
    for (const call of this.#watchers) call();
  }

  #send(id: string): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    const { types, runId, previews } = subscription.wanted;
    this.#say({
      type: "subscribe",
      id,
      ...(types && { types }),
      ...(runId && { run_id: runId }),
      ...(previews && { previews }),
      ...(subscription.position !== undefined && { after: subscription.position }),
    });
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #told(message: Schemas["SocketMessage"]): void {
    if (message.type === "pong") return;
    const subscription = message.id == null ? undefined : this.#subscriptions.get(message.id);
    if (subscription === undefined) return;
    const { listener } = subscription;
    switch (message.type) {
      case "subscribed":
        // What was counted back from the end is a position now.
        if ((subscription.position ?? -1) < 0) subscription.position = message.resume_after;
        break;
      case "event":
        if (message.event.position != null) subscription.position = message.event.position;
        listener.onEvent(message.event);
        break;
      case "lagged":
        listener.onGap?.();
        break;
      case "gone":
        subscription.position = message.resume_after;
        listener.onGap?.();
        break;
      case "ended":
        if (message.id != null) this.#subscriptions.delete(message.id);
        listener.onEnd?.();
        break;
      default:
        break;
    }
  }
}
