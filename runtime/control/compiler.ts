import type { Fact } from "../node/peer-facts.ts";
import type { Program } from "../node/program.ts";
import type { AggregateKind, Plan } from "../plan/contract/plan.ts";
import type { Value } from "../plan/values/value.ts";

/** What is wrong with a text that was sent to be compiled. */
export interface CompileError {
  /** Of the first error, as `E0301`. */
  readonly code: string;
  /** One sentence: the first error. */
  readonly message: string;
  /** All of them, with the places in the text, as people read them. */
  readonly text: string;
}

export type Compiled<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly error: CompileError };

/** A fact as an operator puts it. */
export interface LocatedFact extends Fact {
  /** The node it is for; undefined: the one that is asked. */
  readonly location: Value | undefined;
}

/** A question about the tables of a node. */
export interface Query {
  /**
   * A plan of its own: its tables have the names, arities and keys of the node's, its one rule raises an event for each
   * answer.
   */
  readonly plan: Plan;
  /** The predicates of `plan` that ask and answer. */
  readonly ask: number;
  readonly answer: number;
  /** What the answer's columns are called. */
  readonly columns: readonly string[];
  /** What is done with each column of the answers; undefined: each different answer is a row. */
  readonly aggregates: readonly ("group" | AggregateKind)[] | undefined;
}

/** What is to become of the files that a node runs. */
export type ProgramChange =
  | { readonly kind: "reload" }
  | { readonly kind: "load"; readonly file: string }
  /** By its path, its file name, or that without the ending. */
  | { readonly kind: "unload"; readonly name: string };

/** A program for a node that runs another. */
export interface NextProgram {
  readonly program: Program;
  /** The node's own, as at its start. */
  readonly facts: readonly Fact[];
  readonly files: readonly string[];
  /** The node runs it: further changes start from here. */
  keep(): void;
}

/** What a running node needs of the compiler: the runtime never imports it, but is handed it. */
export interface Compiler {
  /** `text` is a rule body, or a whole rule whose head says what to show. */
  query(text: string, plan: Plan): Compiled<Query>;
  /** Facts as a program writes them, to be put or deleted; the last full stop may be missing. */
  facts(text: string, plan: Plan, isDelete: boolean): Compiled<readonly LocatedFact[]>;
  /** What is wrong with a predicate's name; undefined when the plan has one of that name. */
  predicate(name: string, plan: Plan): CompileError | undefined;
  /** What the running program calls the columns of a table: undefined where it has no name for one. */
  columns(table: string): readonly (string | undefined)[];
  /** The node's files, read again, after a change. */
  program(change: ProgramChange): Compiled<NextProgram>;
}
