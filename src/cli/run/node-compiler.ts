import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { report } from "../../../grammar/report.ts";
import type { Source } from "../../../grammar/span.ts";
import type {
  Compiled,
  Compiler,
  CompileError,
  NextProgram,
  LocatedFact,
  ProgramChange,
  Query,
} from "../../../runtime/control/compiler.ts";
import type { AddressReading } from "../../../runtime/plan/values/address-reading.ts";
import type { Fact, Peer } from "../../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../../runtime/node/program.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { type ColumnNames, columnNames } from "../../query/column-names.ts";
import { compileQuery } from "../../query/compile-query.ts";
import { readAddress } from "../../query/read-address.ts";
import { readFacts } from "../../query/read-facts.ts";
import { unknownName } from "../../query/unknown-names.ts";
import { loadFacts } from "../files/load-facts.ts";
import { Failure } from "../terminal/failure.ts";
import { jsonDiagnostics } from "../terminal/json-diagnostics.ts";
import type { Output } from "../terminal/output.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkVirtualAddresses } from "./check-virtual-addresses.ts";
import { compileForRun, type ProgramOptions } from "./compile-for-run.ts";
import { factsOfPeers } from "./facts-of-peers.ts";
import { changedFiles } from "./program-files.ts";

/** A compiled program, with the facts that the node loads when it runs the program. */
interface ReadProgram {
  readonly program: Program;
  readonly columns: ColumnNames;
  /** Facts of the fact directories. */
  readonly read: readonly Fact[];
  readonly files: readonly string[];
}

/** Compiled programs by their list of files. Nodes of one process share this map, so they compile the same files only once. */
export type ReadPrograms = Map<string, Compiled<ReadProgram>>;

/** Compiles queries, facts and programs of the control socket for a running node. The runtime calls it through an interface. */
export class NodeCompiler implements Compiler {
  #options: ProgramOptions;
  #columns: ColumnNames;
  readonly #peers: readonly Peer[];
  readonly #factDirectories: readonly string[];

  /**
   * `options` and `columns` belong to the program with which the node starts. The peers stay the same with later programs.
   * `factDirectories` are read again for each program.
   */
  constructor(
    options: ProgramOptions,
    columns: ColumnNames,
    peers: readonly Peer[],
    factDirectories: readonly string[] = [],
  ) {
    this.#options = options;
    this.#columns = columns;
    this.#peers = peers;
    this.#factDirectories = factDirectories;
  }

  get files(): readonly string[] {
    return this.#options.files;
  }

  query(text: string, plan: Plan): Compiled<Query> {
    const { query, diagnostics, source } = compileQuery(text, plan, this.#columns);
    return compiled(query, diagnostics, [source]);
  }

  facts(text: string, plan: Plan, isDelete: boolean): Compiled<readonly LocatedFact[]> {
    const { facts, diagnostics, source } = readFacts(text, plan, isDelete, this.#columns);
    return compiled(facts, diagnostics, [source]);
  }

  address(text: string): AddressReading {
    return readAddress(text);
  }

  predicate(name: string, plan: Plan): CompileError | undefined {
    const names = plan.predicates.map((spec) => spec.name);
    if (names.includes(name)) return undefined;
    return complaintOf([report("E0304", undefined, unknownName(name, names))], []);
  }

  columns(table: string): readonly (string | undefined)[] {
    return this.#columns.get(table) ?? [];
  }

  /** Compiles the files after the change, unless `read` already has the program of these files. */
  program(change: ProgramChange, read: ReadPrograms = new Map()): Compiled<NextProgram> {
    const files = changedFiles(this.#options.files, change);
    if (!files.ok) return { ok: false, error: complaintWith(files.message) };
    const options = { ...this.#options, files: files.files };
    const key = JSON.stringify(files.files);
    const compiled = read.get(key) ?? this.#read(options);
    read.set(key, compiled);
    if (!compiled.ok) return compiled;
    const { program, columns, read: directoryFacts, files: all } = compiled.result;
    const facts = this.#facts(program.plan, directoryFacts);
    if (typeof facts === "string") return { ok: false, error: complaintWith(facts) };
    const keep = (): void => {
      this.#options = options;
      this.#columns = columns;
    };
    return { ok: true, result: { program, facts, files: all, keep } };
  }

  #read(options: ProgramOptions): Compiled<ReadProgram> {
    const { plan, core, diagnostics, sources, files } = compileForRun(options);
    if (plan === undefined || core === undefined) return { ok: false, error: complaintOf(diagnostics, sources) };
    const facts = this.#directoryFacts(plan);
    if (typeof facts === "string") return { ok: false, error: complaintWith(facts) };
    return { ok: true, result: { program: loadProgram(plan), columns: columnNames(core), read: facts, files } };
  }

  /** Returns the facts of the peers and of the fact directories, or a message about invalid facts or missing secrets. */
  #facts(plan: Plan, read: readonly Fact[]): readonly Fact[] | string {
    try {
      const facts = [...factsOfPeers(plan, this.#peers), ...read];
      checkVirtualAddresses(plan, facts);
      checkSecrets(plan, this.#options.secrets);
      return facts;
    } catch (error: unknown) {
      if (error instanceof Failure) return error.message;
      throw error;
    }
  }

  /** Returns the facts of the fact directories, or a message about invalid files. */
  #directoryFacts(plan: Plan): readonly Fact[] | string {
    const problems: string[] = [];
    const output: Output = {
      hasColour: false,
      result: () => undefined,
      data: () => undefined,
      problem: (text) => problems.push(text),
    };
    try {
      return loadFacts(this.#factDirectories, plan, output);
    } catch (error: unknown) {
      if (error instanceof Failure) return [...problems, error.message].join("\n");
      throw error;
    }
  }
}

function compiled<T>(
  result: T | undefined,
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
): Compiled<T> {
  return result === undefined ? { ok: false, error: complaintOf(diagnostics, sources) } : { ok: true, result };
}

function complaintOf(diagnostics: readonly Diagnostic[], sources: readonly Source[]): CompileError {
  const first = diagnostics.find((one) => one.severity === "error");
  return {
    code: first?.code ?? "",
    message: first?.message ?? "it does not compile",
    text: showDiagnostics(diagnostics, sources, false),
    diagnostics: jsonDiagnostics(diagnostics, sources),
  };
}

function complaintWith(message: string): CompileError {
  return { code: "", message, text: message, diagnostics: [] };
}
