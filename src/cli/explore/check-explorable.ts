import { getHeapStatistics } from "node:v8";
import { impureCalls } from "../../../lab/explorer/impure-calls.ts";
import type { Plan, StrandSpec } from "../../../runtime/plan/contract/plan.ts";
import type { PredicateRole } from "../../../runtime/plan/values/predicate-spec.ts";
import { countOf } from "../../../runtime/plan/values/count-of.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";

/** What a predicate of the role needs that an exploration does not have. */
const OUTSIDE: Partial<Record<PredicateRole["kind"], string>> = {
  tun: "a TUN device",
  tap: "a TAP device",
  tcp: "TCP sockets",
  tcpClosed: "TCP sockets",
  udp: "UDP sockets",
  udpRecv: "UDP sockets",
  udpSend: "UDP sockets",
};

/** Approximate memory of a node with few rows, and of a pair of nodes, in bytes. */
const NODE_BYTES: number = 160 * 1024;
const PAIR_BYTES = 100;
const HEAP_SHARE = 0.5;

/** Throws `Failure` if the program reaches outside of its nodes, or the nodes need too much memory. */
export function checkExplorable(plan: Plan, nodes: number): void {
  for (const { id, name, role } of plan.predicates) {
    const outside = OUTSIDE[role.kind];
    const user = outside === undefined ? undefined : plan.strands.find((strand) => uses(strand, id, name));
    if (user !== undefined)
      throw runFailed(
        `rule ${user.origin.rule} (${user.origin.file}:${user.origin.line}) uses ${outside}, which an exploration does not have`,
      );
  }
  const needed = nodes * NODE_BYTES + nodes * nodes * PAIR_BYTES;
  const available = getHeapStatistics().heap_size_limit * HEAP_SHARE;
  if (needed > available)
    throw wrongUsage(
      "--nodes",
      `${countOf(nodes, "node")} would need about ${megabytes(needed)} MB; ${megabytes(available)} MB are available`,
    );
}

function uses({ trigger, operators }: StrandSpec, predicate: number, name: string): boolean {
  if (trigger.predicate === predicate) return true;
  const action = operators.at(-1) ?? "";
  return action.split(" ").includes(name);
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}

/** Returns a warning for each rule that puts a time or a random value into a table or message, by which states never repeat. */
export function unrepeatableRules(plan: Plan): readonly string[] {
  const found = new Map<string, string>();
  for (const { origin, name } of impureCalls(plan)) {
    if (found.has(origin.rule)) continue;
    found.set(origin.rule, `rule ${origin.rule} (${origin.file}:${origin.line}) uses ${name}()`);
  }
  return [...found.values()];
}
