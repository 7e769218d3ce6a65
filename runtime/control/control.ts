import type { Node } from "../node/node.ts";
import { streamOf } from "../world/random.ts";
import type { Compiler } from "./compiler.ts";
import type { QueriedNode } from "./evaluate.ts";
import type { ControlMetrics, NodeDescription, RequestErrorReason } from "./reply.ts";

interface ControlCounters {
  /** Number of clients since the start. */
  clients: number;
  requests: number;
  /** Requests that were refused, by reason. */
  readonly refused: Map<RequestErrorReason, number>;
}

/** Control interface of one node: state that all its sessions share. */
export class Control {
  readonly node: Node;
  readonly compiler: Compiler;
  readonly counters: ControlCounters = { clients: 0, requests: 0, refused: new Map() };
  readonly queried: QueriedNode;

  constructor(node: Node, compiler: Compiler) {
    this.node = node;
    this.compiler = compiler;
    const stream = streamOf(0, "operators");
    this.queried = {
      table: (name) => node.table(name),
      localAddress: (overlay) => node.localAddress(overlay),
      ambient: {
        now: () => node.clock.now(),
        random: () => stream.next(),
        randomId: () => stream.id160(),
        source: () => null,
      },
    };
  }

  describe(): NodeDescription {
    const { node, compiler } = this;
    const { name, listen, devices, uptime, isStopping } = node;
    const [device = null] = devices;
    const state = isStopping ? "stopping" : "running";
    return { name, pid: process.pid, files: compiler.files, listen, device, devices, uptime, state };
  }

  metrics(): ControlMetrics {
    const { clients, requests, refused } = this.counters;
    return { clients, requests, refused: Object.fromEntries(refused) };
  }

  /** Counts a refused request. */
  countRefused(reason: RequestErrorReason): void {
    this.counters.refused.set(reason, (this.counters.refused.get(reason) ?? 0) + 1);
  }
}
