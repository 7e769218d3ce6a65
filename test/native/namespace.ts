import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { Cleaner } from "../../lab/kernel/cleaner.ts";

/** Exit of a process. */
export interface Outcome {
  readonly status: number | null;
  readonly stderr: string;
}

const SESSION: string = new URL("./tun-session.ts", import.meta.url).href;

const PREFIX = `mzt-${process.pid}-`;

let count = 0;
let guard: Cleaner | undefined;

/** Namespaces still open. A test that times out does not dispose of its namespace, so they are killed at exit. */
function standGuard(): void {
  guard ??= new Cleaner(PREFIX, join(mkdtempSync(join(tmpdir(), "mosaic-test-")), "namespaces"));
}

/**
 * A network namespace for one test. Its loopback is up, because IPv6 needs it. Processes started in it end with it.
 */
export class Namespace implements AsyncDisposable {
  readonly name: string = `${PREFIX}${count++}`;
  readonly #sessions: Session[] = [];

  constructor() {
    standGuard();
    execute("ip", "netns", "add", this.name);
    this.run("ip", "link", "set", "lo", "up");
  }

  /** Runs a command, which must succeed. Returns its output. */
  run(...command: readonly string[]): string {
    return execute("ip", "netns", "exec", this.name, ...command);
  }

  /** Runs TypeScript that may use the exports of tun-session.ts, after the command `before`. */
  start(script: string, before: string = "true"): Session {
    const program = `import { echo, hostile, open, print } from "${SESSION}";\n${script}`;
    const node = [process.execPath, "--input-type=module-typescript", "-e", program];
    const shell = ["sh", "-c", `${before} && exec "$@"`, "sh", ...node];
    const session = new Session(
      spawn("ip", ["netns", "exec", this.name, ...shell], { stdio: ["pipe", "pipe", "pipe"] }),
    );
    this.#sessions.push(session);
    return session;
  }

  /** Runs a script, which must succeed. Returns all that it printed. */
  async result(script: string, before?: string): Promise<readonly unknown[]> {
    const session = this.start(script, before);
    const printed = await session.rest();
    const { status, stderr } = await session.ended;
    if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr}`);
    return printed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.kill("SIGKILL")));
    execute("ip", "netns", "del", this.name);
  }
}

/** A running script, which prints a JSON value per line. */
export class Session {
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcess;
  readonly #printed: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    if (child.stdout === null || child.stderr === null) throw new Error("a session is read from");
    this.#child = child;
    this.#printed = createInterface(child.stdout)[Symbol.asyncIterator]();
    this.ended = outcomeOf(child, text(child.stderr));
  }

  /** Returns the next value; undefined when the script ends without one. */
  async next(): Promise<unknown> {
    const line = await this.#printed.next();
    return line.done === true ? undefined : (JSON.parse(line.value) as unknown);
  }

  async rest(): Promise<readonly unknown[]> {
    const printed: unknown[] = [];
    for (let value = await this.next(); value !== undefined; value = await this.next()) printed.push(value);
    return printed;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals): Promise<Outcome> {
    if (this.#child.exitCode === null) this.#child.kill(signal);
    return this.ended;
  }
}

async function outcomeOf(child: ChildProcess, stderr: Promise<string>): Promise<Outcome> {
  await once(child, "exit");
  return { status: child.exitCode, stderr: await stderr };
}

function execute(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 15_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}
