/**
 * Invariants of an exploration: rules over the tables of all nodes, evaluated incrementally. A node of its own holds the rows of all nodes,
 * with the node as an additional first column, the tables `up` and `flying.p`, and the derived tables `violation`, `reachable` and `goal`.
 * After each action it gets the changes, and it goes back as other nodes do.
 */
import { Node } from "../../runtime/node/node.ts";
import type { NodeHistory } from "../../runtime/node/node-history.ts";
import type { Program } from "../../runtime/node/program.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { keyOfValues } from "../../runtime/plan/values/key.ts";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { IsolatedWorld } from "../../runtime/world/isolated-world.ts";
import type { Message } from "./flying-messages.ts";
import type { SystemChange, SystemObserver } from "./system.ts";
import { UnexplorableError } from "./unexplorable-error.ts";

export const VIOLATION = "violation";
export const REACHABLE = "reachable";
export const GOAL = "goal";
export const UP = "up";
export const FLYING = "flying";

const INVARIANTS_ADDRESS = "invariants:0";

export interface InvariantSettings {
  /** The compiled invariants. */
  readonly program: Program;
  /** Plan of the explored program. */
  readonly plan: Plan;
  readonly addresses: readonly string[];
  /** Number of hidden columns of a message of a view, by predicate name. */
  readonly hidden: ReadonlyMap<string, number>;
}

export class Invariants implements SystemObserver {
  readonly #node: Node;
  readonly #history: NodeHistory;
  readonly #addresses: readonly string[];
  /** Table of the invariants by predicate of the explored program: for rows, and for messages. */
  readonly #rows: ReadonlyMap<number, PredicateSpec>;
  readonly #messages: ReadonlyMap<number, { readonly table: PredicateSpec; readonly hidden: number }>;
  readonly #up: PredicateSpec | undefined;
  /** Number of equal rows: messages, and rows of tables without a key. Only numbers above 1. */
  readonly #counts = new Map<string, number>();
  /** Values of `#counts` before the changes since the latest checkpoint. */
  #before: [string, number | undefined][] = [];
  #failure: string | undefined;

  constructor({ program, plan, addresses, hidden }: InvariantSettings) {
    this.#addresses = addresses;
    this.#node = new Node(program, new IsolatedWorld(INVARIANTS_ADDRESS, 0, 1), {
      names: [INVARIANTS_ADDRESS],
      facts: [],
      watch: [],
      sendRate: Infinity,
      onLimit: (limit, rule) => {
        this.#failure = `the invariants: rule ${rule} exceeded the limit of ${limit}`;
      },
    });
    const used = usedTables(program.plan);
    const find = (name: string): PredicateSpec | undefined => used.find((one) => one.name === name);
    this.#up = find(UP);
    this.#rows = new Map(plan.predicates.flatMap(({ id, name, table }) => pairOf(id, table && find(name))));
    this.#messages = new Map(
      plan.predicates.flatMap(({ id, name }) => {
        const table = find(`${FLYING}.${name}`);
        return pairOf(id, table && { table, hidden: hidden.get(name) ?? 0 });
      }),
    );
    this.#history = this.#node.keepHistory(NO_OBSERVER);
    this.#node.start();
  }

  /** The predicates of the explored program whose rows the invariants read. */
  get watched(): ReadonlySet<number> {
    return new Set(this.#rows.keys());
  }

  checkpoint(): () => void {
    const before: [string, number | undefined][] = [];
    this.#before = before;
    const node = this.#history.checkpoint();
    return () => {
      node();
      for (const [key, count] of before.toReversed()) this.#setCount(key, count);
    };
  }

  changed(changes: readonly SystemChange[]): void {
    const net = new Map<string, Tuple>();
    for (const change of changes) {
      for (const tuple of this.#tuplesOf(change)) this.#add(tuple, net);
    }
    if (net.size === 0) return;
    this.#history.apply([...net.values()]);
    if (this.#failure !== undefined) throw new UnexplorableError(this.#failure);
  }

  /** Counts a change, and adds it to the net changes if the row begins or ceases to exist. Opposite changes cancel each other. */
  #add(tuple: Tuple, net: Map<string, Tuple>): void {
    const key = `${tuple.predicate.id} ${keyOfValues(tuple.args)}`;
    const before = this.#counts.get(key);
    const count = (before ?? 0) + (tuple.isDelete ? -1 : 1);
    this.#before.push([key, before]);
    this.#setCount(key, count === 0 ? undefined : count);
    const isChanged = tuple.isDelete ? count === 0 : count === 1;
    if (!isChanged) return;
    if (!net.delete(key)) net.set(key, tuple);
  }

  #setCount(key: string, count: number | undefined): void {
    if (count === undefined) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }

  #tuplesOf(change: SystemChange): readonly Tuple[] {
    const isDelete = !change.isPresent;
    switch (change.kind) {
      case "up":
        return tupleOf(this.#up, [this.#addresses[change.node] as string], isDelete);
      case "row": {
        const at = this.#addresses[change.node] as string;
        return tupleOf(this.#rows.get(change.predicate), [at, ...change.values], isDelete);
      }
      case "flying":
        return this.#flying(change.message, isDelete);
      default:
        return change satisfies never;
    }
  }

  #flying({ tuples, from, to }: Message, isDelete: boolean): readonly Tuple[] {
    return tuples.flatMap(({ predicate, args }) => {
      const found = this.#messages.get(predicate.id);
      const ends = [this.#addresses[from] as string, this.#addresses[to] as string];
      return found === undefined ? [] : tupleOf(found.table, [...ends, ...args.slice(found.hidden)], isDelete);
    });
  }

  /** Returns the rows of `violation`, smallest first. */
  get violations(): readonly Values[] {
    return this.#rowsOf(VIOLATION);
  }

  /** Returns the names that `reachable` holds now. */
  get reached(): readonly Value[] {
    return this.#rowsOf(REACHABLE).map(([name]) => name ?? null);
  }

  /** Whether the invariants define a goal. */
  get hasGoal(): boolean {
    const table = this.#node.table(GOAL);
    return table !== undefined && table.spec.derived !== "none";
  }

  get isGoal(): boolean {
    return (this.#node.table(GOAL)?.count ?? 0) > 0;
  }

  #rowsOf(name: string): readonly Values[] {
    const table = this.#node.table(name);
    return table === undefined || table.count === 0 ? [] : [...table.rows()];
  }
}

/** Returns a violation as text: its first column, and the others in brackets. */
export function violationText([name, ...rest]: Values): string {
  const title = typeof name === "string" ? name : formatTuple("", [name ?? null]).slice(1, -1);
  return rest.length === 0 ? title : `${title} ${formatTuple("", rest).slice(1, -1)}`;
}

const NO_OBSERVER = { added: (): void => {}, removed: (): void => {} };

function pairOf<T>(id: number, value: T | undefined): readonly (readonly [number, T])[] {
  return value === undefined ? [] : [[id, value]];
}

function tupleOf(predicate: PredicateSpec | undefined, args: Values, isDelete: boolean): readonly Tuple[] {
  return predicate?.arity === args.length ? [{ predicate, args, isDelete }] : [];
}

/** The tables that rules read. */
function usedTables({ predicates, strands }: Plan): readonly PredicateSpec[] {
  const read = new Set(strands.map(({ trigger }) => trigger.predicate));
  return predicates.filter(({ id, table }) => table !== undefined && read.has(id));
}
