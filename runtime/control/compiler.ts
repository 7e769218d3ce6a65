import type { Fact } from "../node/peer-facts.ts";
import type { Program } from "../node/program.ts";
import type { JsonDiagnostic } from "../observe/json-diagnostic.ts";
import type { AggregateKind, Plan } from "../plan/contract/plan.ts";
import type { AddressReading } from "../plan/values/address-reading.ts";
import type { Value } from "../plan/values/value.ts";

/** Diagnostics of a text that an operator sent. */
export interface CompileError {
  /** Code of the first error: `E0301`. */
  readonly code: string;
  /** First error in one sentence. */
  readonly message: string;
  /** All diagnostics with their positions, as text for people. */
  readonly text: string;
  /** The same diagnostics as data. */
  readonly diagnostics: readonly JsonDiagnostic[];
}

export type Compiled<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly error: CompileError };

/** Fact that an operator inserts or deletes. */
export interface LocatedFact extends Fact {
  /** Location of the fact; undefined for the node that received the request. */
  readonly location: Value | undefined;
}

/** Compiled query on the tables of a node. */
export interface Query {
  /**
   * Plan with one rule, which raises an event for each answer. Its tables have the names, arities and keys of the node's
   * tables.
   */
  readonly plan: Plan;
  /** Predicates of `plan`: the event that triggers the rule, and the event of an answer. */
  readonly ask: number;
  readonly answer: number;
  /** Name of the head of the rule; `query` for a rule body. */
  readonly name: string;
  /** Names of the columns of an answer. */
  readonly columns: readonly string[];
  /** Aggregate of each column; undefined if each distinct answer is a row. */
  readonly aggregates: readonly ("group" | AggregateKind)[] | undefined;
}

/** Change of the program files of a node. */
export type ProgramChange =
  | { readonly kind: "reload" }
  | { readonly kind: "load"; readonly file: string }
  /** `name` is the path, the file name, or the file name without its extension. */
  | { readonly kind: "unload"; readonly name: string };

/** Program that replaces the running one. */
export interface NextProgram {
  readonly program: Program;
  /** Facts that the node adds to the program: the peers and the fact directories that it was started with. */
  readonly facts: readonly Fact[];
  readonly files: readonly string[];
  /** Makes this program the base of further changes. Called once the node runs it. */
  keep(): void;
}

/** Compiler as a running node uses it. The runtime does not import the compiler; `mosaic run` passes it in. */
export interface Compiler {
  /** Program files of the running program. */
  readonly files: readonly string[];
  /** Compiles a query. `text` is a rule body, or a rule whose head gives the columns of the result. */
  query(text: string, plan: Plan): Compiled<Query>;
  /** Parses facts to insert or delete. The last full stop may be missing. */
  facts(text: string, plan: Plan, isDelete: boolean): Compiled<readonly LocatedFact[]>;
  /** Reads the address of a node: `host:port`, or a literal in the notation of programs. */
  address(text: string): AddressReading;
  /** Returns an error if the plan has no predicate of this name. */
  predicate(name: string, plan: Plan): CompileError | undefined;
  /** Returns the names that the running program gives to the columns of a table; undefined for a column without one. */
  columns(table: string): readonly (string | undefined)[];
  /** Compiles the program files of the node after a change. */
  program(change: ProgramChange): Compiled<NextProgram>;
}
