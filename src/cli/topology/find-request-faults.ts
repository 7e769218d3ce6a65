/**
 * Checks the requests that a topology makes to its nodes: `insert`, `delete`, `load`, `unload`, `reload` and `rebind` of events, and
 * `query` of checks. Each request is compiled for each of its hosts, with the programs that the host runs at the time of the request.
 */
import type { Plans } from "../../../lab/topology/programs.ts";
import type { DocumentFault } from "../../../lab/topology/topology-document.ts";
import {
  type Host,
  isNodeAction,
  type NodeAction,
  type Topology,
  type TopologyAction,
} from "../../../lab/topology/topology.ts";
import type { Compiled, CompileError, ProgramChange } from "../../../runtime/control/compiler.ts";
import { tableNameIn } from "../../../runtime/control/table-name.ts";
import type { Secrets } from "../../../runtime/engine/strand-context.ts";
import { rebindable } from "../../../runtime/node/rebind.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import type { NodeCompiler, ReadPrograms } from "../run/node-compiler.ts";
import { compilerOf } from "./host-control.ts";

/** An event or the query of a check, with its position in the file. */
type Moment =
  | { readonly at: number; readonly number: number; readonly action: TopologyAction }
  | { readonly at: number; readonly check: number; readonly query: string };

/** Returns the faults of all requests. A request that fails on several hosts is reported once. */
export function findRequestFaults(
  topology: Topology,
  plans: Plans,
  secretsOf: (host: Host) => Secrets,
): readonly DocumentFault[] {
  const read = new Map<string, ReadPrograms>();
  const faults = new Map<string, DocumentFault>();
  for (const host of topology.hosts) {
    const moments = momentsOf(topology, host.name);
    if (!moments.some((one) => "check" in one || isNodeAction(one.action))) continue;
    const key = JSON.stringify([[...host.defines], host.facts, [...host.secrets]]);
    const programs: ReadPrograms = read.get(key) ?? new Map();
    read.set(key, programs);
    const node = new PlannedNode(plans.of(host), () => compilerOf(host, [], secretsOf(host)), programs);
    for (const moment of moments) {
      const fault = node.pass(moment, host.name);
      if (fault !== undefined) faults.set(JSON.stringify(fault.path), faults.get(JSON.stringify(fault.path)) ?? fault);
    }
  }
  return [...faults.values()];
}

/** Returns the actions and queries that concern a host, in the order of time. At equal times, events precede checks. */
function momentsOf({ events, checks }: Topology, host: string): readonly Moment[] {
  const actions = events.filter(({ action }) => "hosts" in action && action.hosts.includes(host));
  const queries = checks.flatMap(({ at, expectation }, check) =>
    expectation.kind === "query" && expectation.hosts.includes(host) ? [{ at, check, query: expectation.query }] : [],
  );
  return [...actions, ...queries].toSorted((one, other) => one.at - other.at);
}

/** The program that the node of a host runs after the events so far. */
class PlannedNode {
  readonly #firstPlan: Plan;
  readonly #newCompiler: () => NodeCompiler;
  readonly #read: ReadPrograms;
  #plan: Plan;
  #compiler: NodeCompiler;

  constructor(plan: Plan, newCompiler: () => NodeCompiler, read: ReadPrograms) {
    this.#firstPlan = plan;
    this.#newCompiler = newCompiler;
    this.#read = read;
    this.#plan = plan;
    this.#compiler = newCompiler();
  }

  /** Compiles the request of an event or check, and follows the changes of the program. Returns the fault of the request, if any. */
  pass(moment: Moment, host: string): DocumentFault | undefined {
    if ("check" in moment) {
      const compiled = this.#query(moment.query);
      return compiled.ok ? undefined : faultAt(["checks", moment.check, "query"], compiled.error, host);
    }
    const { action, number } = moment;
    if (isNodeAction(action)) {
      const error = this.#request(action);
      return error && faultAt(["events", number, error.key ?? action.kind], error, host);
    }
    // A node that starts again has its first program.
    if (action.kind === "start") {
      this.#plan = this.#firstPlan;
      this.#compiler = this.#newCompiler();
    }
    return undefined;
  }

  /** Compiles a query as a running node does: a name alone stands for all rows of the table. */
  #query(text: string): Compiled<unknown> {
    const name = tableNameIn(text);
    if (name === undefined) return this.#compiler.query(text, this.#plan);
    const isTable = this.#plan.predicates.some((spec) => spec.name === name && spec.table !== undefined);
    return isTable ? { ok: true, result: undefined } : this.#compiler.query(`${name}()`, this.#plan);
  }

  #request(action: NodeAction): RequestError | undefined {
    if (action.kind === "rebind") return this.#rebind(action.argument, action.address);
    const { kind, argument } = action;
    if (kind === "insert" || kind === "delete") {
      const compiled = this.#compiler.facts(argument, this.#plan, kind === "delete");
      return compiled.ok ? undefined : compiled.error;
    }
    return this.#change(
      kind === "load" ? { kind, file: argument } : kind === "unload" ? { kind, name: argument } : { kind },
    );
  }

  #rebind(overlay: string, text: string): RequestError | undefined {
    const reading = this.#compiler.address(text);
    if (!reading.ok) return { message: reading.message, key: "address" };
    const found = rebindable(overlay, reading.address, this.#plan, () => undefined);
    return "message" in found ? found : undefined;
  }

  #change(change: ProgramChange): CompileError | undefined {
    const compiled = this.#compiler.program(change, this.#read);
    if (!compiled.ok) return compiled.error;
    compiled.result.keep();
    this.#plan = compiled.result.program.plan;
    return undefined;
  }
}

/** Error of a request. `key` is the key of the event that the error is about; undefined if it is about the action itself. */
interface RequestError extends Pick<CompileError, "message"> {
  readonly key?: string;
}

function faultAt(path: DocumentFault["path"], { message }: RequestError, host: string): DocumentFault {
  return { path, message: `${message} (on ${host})` };
}
