import type { Node } from "../node/node.ts";
import { streamOf } from "../world/random.ts";
import type { Compiler } from "./compiler.ts";
import type { QueriedNode } from "./evaluate.ts";
import type { ControlMetrics, RequestErrorReason } from "./reply.ts";

interface ControlCounters {
  /** Clients so far. */
  clients: number;
  requests: number;
  /** Requests of which nothing was done. */
  readonly refused: Map<RequestErrorReason, number>;
}

/** A node as its operators see it: what all sessions of one node share. */
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

  figures(): ControlMetrics {
    const { clients, requests, refused } = this.counters;
    return { clients, requests, refused: Object.fromEntries(refused) };
  }

  refused(reason: RequestErrorReason): void {
    this.counters.refused.set(reason, (this.counters.refused.get(reason) ?? 0) + 1);
  }
}
