import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { NetStreams } from "../../runtime/device/net-streams.ts";
import { Node } from "../../runtime/node/node.ts";
import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import type { SocketLimits } from "../../runtime/socket/socket-limits.ts";
import { manualWorld } from "../session/manual-world.ts";
import { compileProgram } from "../sim/program-network.ts";

/** A node whose sockets are those of this host; its clock, datagrams and device are not. */
export class TcpNode implements AsyncDisposable {
  readonly node: Node;
  /** Lines about the predicates that the program watches. */
  readonly #lines: WatchLine[] = [];

  constructor(
    program: string,
    socketLimits: Partial<SocketLimits> = {},
    defines: Readonly<Record<string, string>> = {},
  ) {
    const world = { ...manualWorld("here:1"), clock: new LinuxClock(), streams: new NetStreams() };
    const onWatch = (line: WatchLine): void => void this.#lines.push(line);
    this.node = new Node(compileProgram(program, defines), world, {
      names: ["here:1"],
      facts: [],
      watch: [],
      limits: { derivations: 10_000 },
      socketLimits,
      onWatch,
    });
    this.node.start();
  }

  /** Returns the arguments of the events of a predicate so far. */
  events(predicate: string): readonly (readonly unknown[])[] {
    return this.#lines.flatMap(({ tuple: [name, ...args] }) => (name === predicate ? [args] : []));
  }

  /** Waits for the event with this number (from 1) of a predicate, and returns its arguments. */
  async event(predicate: string, number = 1): Promise<Values> {
    for (;;) {
      const found = this.events(predicate)[number - 1];
      if (found !== undefined) return found as Values;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  get sockets(): number {
    return this.node.metrics().streams?.sockets ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.stop();
  }
}
