import { type FailureCause, reasonOf } from "../engine/failure-reports.ts";
import type { StrandFunction, StrandHost } from "../engine/strand-host.ts";
import type { Table } from "../engine/tables/table.ts";
import { loadProgram } from "../node/program.ts";
import type { Ambient } from "../plan/contract/function-spec.ts";
import { sizeOfText } from "../plan/values/bounded.ts";
import { KeyTooLong } from "../plan/values/key.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values, Value } from "../plan/values/value.ts";
import { type ResultSet, resultSetFor } from "./result-set.ts";
import type { Query } from "./compiler.ts";
import type { QueryFailures } from "./query-failures.ts";
import { QueryBudget, BudgetExceeded, QueryTable, TOO_MANY_READS } from "./query-table.ts";

/** Node as a query sees it, between two steps. */
export interface QueriedNode {
  table(name: string): Table | undefined;
  localAddress(overlay: string | null): Value | undefined;
  /** Has a random stream of its own, so that a query does not change the random values that rules draw. */
  readonly ambient: Ambient;
}

export type QueryResult =
  /** Distinct rows, and the derivations without a value. */
  | { readonly ok: true; readonly rows: readonly Values[]; readonly failed: QueryFailures | undefined }
  /** The query exceeded its budget. `message` is a sentence about the query. */
  | { readonly ok: false; readonly message: string };

/** Budget of a query, which must not delay the node: number of rows that it reads, number of distinct answers, bytes and time. */
const MOST_READS = 1_000_000;
const MOST_ANSWERS = 100_000;
/** Limit on the values that the answers hold, by `sizeOfText`. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_SECONDS = 0.5;

const TOO_MANY_BYTES =
  `the answers have more than ${MOST_BYTES >> 20} MiB: ` +
  "ask for fewer rows, or for parts of the values, such as f_size(X)";

/** Evaluates a query on the tables of a node, without any change of the node. Called between two steps. */
export function evaluate(query: Query, node: QueriedNode): QueryResult {
  const host = new QueryHost(query, node);
  const { plan, strands } = loadProgram(query.plan);
  try {
    for (const { id, trigger } of plan.strands) {
      if (trigger.kind === "event" && trigger.predicate === query.ask) (strands[id] as StrandFunction)(host, []);
    }
    const { rows, failures } = host.answers.finish(() => host.checkTime());
    return { ok: true, rows, failed: sumOf(host.failures, failures) };
  } catch (error: unknown) {
    if (error instanceof BudgetExceeded) return { ok: false, message: error.message };
    if (error instanceof KeyTooLong) return { ok: false, message: TOO_MANY_BYTES };
    throw error;
  }
}

function sumOf(some: QueryFailures | undefined, others: QueryFailures | undefined): QueryFailures | undefined {
  return some && others ? { ...some, count: some.count + others.count } : (some ?? others);
}

/** Node as the strand of a query sees it: tables can be read, and an event is an answer. */
class QueryHost implements StrandHost {
  readonly predicates: readonly PredicateSpec[];
  readonly tables: readonly (QueryTable | undefined)[];
  readonly answers: ResultSet;
  failures: QueryFailures | undefined;
  readonly mostVisits = MOST_READS;
  #visits = 0;
  #bytes = 0;
  readonly #end: number;
  /** Argument of a packet that contradicts a signature, until `failed` reports it. */
  #contradiction: FailureCause | undefined;
  readonly #node: QueriedNode;

  constructor(query: Query, node: QueriedNode) {
    this.answers = resultSetFor(query);
    const budget = new QueryBudget(MOST_READS);
    this.#node = node;
    this.#end = node.ambient.now() + MOST_SECONDS;
    this.predicates = query.plan.predicates;
    this.tables = query.plan.predicates.map(({ name, table }) => {
      const queried = table && node.table(name);
      return queried && new QueryTable(queried, table.indexes, budget);
    });
  }

  get visits(): number {
    return this.#visits;
  }

  set visits(visits: number) {
    this.#visits = visits;
    this.checkTime();
  }

  /** An expression may take as long as thousands of rows, so the time is checked for each row and function. */
  checkTime(): void {
    if (this.#node.ambient.now() <= this.#end) return;
    throw new BudgetExceeded(
      `the query takes more than ${MOST_SECONDS} s: ask for fewer rows, or for simpler expressions`,
    );
  }

  exceedVisits(): never {
    throw new BudgetExceeded(TOO_MANY_READS);
  }

  raise(_strand: number, _predicate: number, args: Values): void {
    // The key of a row is as long as the row.
    if (sizeOfText(args) > MOST_BYTES) throw new BudgetExceeded(TOO_MANY_BYTES);
    this.#bytes += this.answers.add(args);
    if (this.#bytes > MOST_BYTES) throw new BudgetExceeded(TOO_MANY_BYTES);
    if (this.answers.size > MOST_ANSWERS)
      throw new BudgetExceeded(
        `the query has more than ${MOST_ANSWERS} answers: ask for fewer rows, or for their number, count<*>`,
      );
  }

  takeTrainMemory(size: number): Uint8Array {
    return new Uint8Array(size);
  }

  failed(_strand: number, expression: string, values: Readonly<Record<string, Value>>): void {
    const cause = this.#contradiction ?? { kind: "no value", expression, values };
    this.#contradiction = undefined;
    const { count, first } = this.failures ?? { count: 0, first: reasonOf(cause) };
    this.failures = { count: count + 1, first };
  }

  contradicts(predicate: number, column: number, value: Value): void {
    const spec = this.predicates[predicate];
    if (spec !== undefined) this.#contradiction = { kind: "wrong type", predicate: spec, column, value };
  }

  secret(): undefined {
    return undefined;
  }

  splitTrain(): never {
    throw new Error("tables hold no packet trains");
  }

  ambient(): Ambient {
    this.checkTime();
    return this.#node.ambient;
  }

  localAddress(overlay: string | null): Value | undefined {
    return this.#node.localAddress(overlay);
  }

  put(): never {
    throw new Error("a query puts no row");
  }

  remove(): never {
    throw new Error("a query removes no row");
  }

  dispatch(): never {
    throw new Error("a query sends nothing");
  }

  costDecreased(): never {
    throw new Error("a query defines no table");
  }

  contribute(): never {
    throw new Error("a query defines no table");
  }

  freshQuery(): never {
    throw new Error("a query calls no view");
  }
}
