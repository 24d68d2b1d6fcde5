// The real server under a journey: started, asked, killed, started again on the same store.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The longest that a server may take to be ready, in milliseconds. */
const LONGEST_START = 30_000;
/** What a server says when it can be asked; behind it the address of the set-up, if nobody has yet. */
const READY = /Gathering is ready at (\S+)(?:.*?(\S+#setup=\S+))?/;

export class Server {
  readonly url: string;
  /** Where the first owner is made; empty once there is one. */
  setUp = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "gathering-journey-"));
  private readonly address: string;
  private readonly settings: Record<string, string>;
  private process: ChildProcess | null = null;
  private said = "";

  private constructor(
    address: string,
    settings: Record<string, string>,
    files: Record<string, string>,
  ) {
    this.address = address;
    this.url = `http://${address}`;
    this.settings = settings;
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true, mode: 0o700 });
      writeFileSync(this.path(name), text);
    }
  }

  /**
   * A server on a fresh store, ready to be asked. `files` are written into its folder first;
   * `settings` are variables of its environment, where `{folder}` stands for that folder.
   */
  static async start(
    settings: Record<string, string> = {},
    files: Record<string, string> = {},
  ): Promise<Server> {
    const server = new Server(`127.0.0.1:${await freePort()}`, settings, files);
    await server.begin();
    return server;
  }

  /** A file of the server's folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Starts on what the store holds. */
  async begin(): Promise<void> {
    const settings = Object.entries(this.settings).map(([name, value]) => [
      name,
      value.replaceAll("{folder}", this.folder),
    ]);
    const child = spawn(
      binary(),
      ["serve", "--listen", this.address, "--data-dir", this.path("data")],
      {
        cwd: this.folder,
        env: { PATH: process.env.PATH, HOME: this.folder, ...Object.fromEntries(settings) },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    this.process = child;
    this.said = "";
    await new Promise<void>((ready, failed) => {
      const late = setTimeout(
        () => failed(new Error(`the server is not ready:\n${this.said}`)),
        LONGEST_START,
      );
      const listen = (data: Buffer) => {
        this.said += data.toString();
        const found = READY.exec(this.said);
        if (found) {
          clearTimeout(late);
          this.setUp = found[2] ?? "";
          ready();
        }
      };
      child.stdout?.on("data", listen);
      child.stderr?.on("data", listen);
      child.once("error", failed);
      child.once("exit", (code) =>
        failed(new Error(`the server ended with ${code}:\n${this.said}`)),
      );
    });
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  /** Ends the process and removes what it wrote. */
  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the process has said since it was last started. */
  log(): string {
    return this.said;
  }
}

/** The program under test. */
function binary(): string {
  const binary = process.env.GATHERING_BINARY;
  if (!binary) throw new Error("GATHERING_BINARY names no program: use `cargo xtask journeys`");
  return binary;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? found(address.port) : failed(new Error("no port")),
      );
    });
  });
}
