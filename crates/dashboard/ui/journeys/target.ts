// Another program's server, which the runs of a journey change: what it was asked, and what took effect.

import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that changes something. */
interface Asked {
  path: string;
  /** Under which it takes effect once, if it has one. */
  key: string | undefined;
}

export class Target {
  readonly asked: Asked[] = [];
  private readonly server: Server;
  private readonly held = new Map<string, ServerResponse[]>();

  private constructor() {
    this.server = createServer((request, response) => {
      const path = request.url ?? "/";
      const key = request.headers["idempotency-key"];
      this.asked.push({ path, key: typeof key === "string" ? key : undefined });
      request.resume();
      const held = this.held.get(path);
      if (held) held.push(response);
      else response.end("{}");
    });
  }

  static async start(): Promise<Target> {
    const target = new Target();
    await new Promise<void>((ready) => target.server.listen(0, "127.0.0.1", ready));
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Answers nothing at that path until it is released. */
  hold(path: string): void {
    this.held.set(path, []);
  }

  release(path: string): void {
    for (const response of this.held.get(path) ?? []) response.end("{}");
    this.held.delete(path);
  }

  /** How often that path was asked for. */
  count(path: string): number {
    return this.asked.filter((one) => one.path === path).length;
  }

  /** How often it took effect: what comes under the same key is done once. */
  effects(path: string): number {
    const keys = this.asked.filter((one) => one.path === path).map(({ key }) => key);
    const named = new Set(keys.filter((key) => key !== undefined));
    return named.size + keys.filter((key) => key === undefined).length;
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
