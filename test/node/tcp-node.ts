import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { NetStreams } from "../../runtime/device/net-streams.ts";
import { Node } from "../../runtime/node/node.ts";
import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import type { SocketLimits } from "../../runtime/socket/socket-limits.ts";
import { manualWorld } from "../session/manual-world.ts";
import { compileProgram } from "../sim/program-network.ts";

/** A node on the TCP of this host, on nothing else of it. */
export class TcpNode implements AsyncDisposable {
  readonly node: Node;
  /** What it has said of the predicates that the program watches. */
  readonly #said: WatchLine[] = [];

  constructor(
    program: string,
    socketLimits: Partial<SocketLimits> = {},
    defines: Readonly<Record<string, string>> = {},
  ) {
    const world = { ...manualWorld("here:1"), clock: new LinuxClock(), streams: new NetStreams() };
    const onWatch = (line: WatchLine): void => void this.#said.push(line);
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

  /** The arguments of the events of a predicate so far. */
  said(predicate: string): readonly (readonly unknown[])[] {
    return this.#said.flatMap(({ tuple: [name, ...args] }) => (name === predicate ? [args] : []));
  }

  /** The arguments of the event of this number (from 1) of a predicate, once it has been. */
  async heard(predicate: string, number = 1): Promise<Values> {
    for (;;) {
      const found = this.said(predicate)[number - 1];
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
