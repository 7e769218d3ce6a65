/**
 * read-overlog: translates an OverLog file into equivalent Mozlog, the only language of the later phases.
 *
 *   h@Y(Y, X) :- e@X(X, Y).               h(@Y, X) :- e(@X, Y).
 *   h@Y(X) :- e@X(Y).                     h(@Y, X) :- e(@X, Y).
 *   h(@X) :- periodic(@X, E, 10).         h(@X) :- periodic@X(E, 10).
 *   h(@X, C) :- t(@X, C), C := C + 1.     h(@X, C$2) :- t(@X, C), C$2 := C + 1.
 *   node("10.0.0.1:1", 5).                node(@"10.0.0.1:1", 5).
 *   pred@X(X, "-").                       pred(@X, "-") :- periodic@X(_, 0, 1).
 *   stage("TOKENIZER", in, out).          a rule with body `in` and head `out`
 *   stage("CSVtuple", "a.csv", out).      the facts of the file
 */
import type { Argument, Atom, Expression, Fact, Literal, Materialize, Rule, Statement } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { Module } from "../0-load/load.ts";
import { builtinNamed, PERIODIC } from "../program/builtin.ts";
import { rebindVariables } from "./rebind-variables.ts";
import { type Neighbours, withLocation } from "./broadcast.ts";
import { withOverlogValues } from "./overlog-values.ts";
import { isStage, stageStatements } from "./stage.ts";

/** Returns the text of a file that the file `from` names; undefined if it cannot be read. */
export type TextOf = (path: string, from: string) => string | undefined;

/** Returns the module in Mozlog, whatever its dialect. */
export function readOverlog(module: Module, textOf: TextOf, diagnostics: Diagnostic[]): Module {
  if (module.dialect === "mozlog") return module;
  const reader = new OverlogReader(module, textOf, diagnostics);
  return { ...module, tree: { ...module.tree, statements: withOverlogValues(reader.statements()) } };
}

class OverlogReader {
  readonly #statements: readonly Statement[];
  readonly #diagnostics: Diagnostic[];
  /** Names of views, whose calls are written as in Mozlog. */
  readonly #views: ReadonlySet<string>;
  /** Predicates that repeat their location as the first argument: `p@X(X, ..)`. */
  readonly #repeatingLocation: ReadonlySet<string>;
  /** Predicates whose first argument is their location. */
  readonly #located: ReadonlySet<string>;
  /** Numbers of columns of the predicates that rules and facts of the file fill. */
  readonly #columns: ReadonlyMap<string, number>;
  /** Numbers of columns of all predicates of the file: as declared, else as filled, else as read. */
  readonly #arities: ReadonlyMap<string, number>;
  readonly #neighbours: Neighbours;
  readonly #textOf: (path: string) => string | undefined;

  constructor({ file, tree: { statements, neighbours } }: Module, textOf: TextOf, diagnostics: Diagnostic[]) {
    this.#statements = statements;
    this.#textOf = (path) => textOf(path, file);
    this.#diagnostics = diagnostics;
    this.#views = new Set(statements.flatMap((one) => (one.kind === "view" ? [one.name.text] : [])));
    const atoms = statements.flatMap(atomsOf);
    this.#repeatingLocation = new Set(atoms.filter(repeatsLocation).map(({ name }) => name.text));
    const read = atoms.map((atom) => this.#atom(atom));
    this.#located = new Set(read.filter((atom) => atom.locatedArgument === 0).map(({ name }) => name.text));
    this.#columns = columnsIn(statements.flatMap(filledBy).map((atom) => this.#atom(atom)));
    this.#arities = new Map([...columnsIn(read), ...this.#columns, ...statements.flatMap(declaredBy)]);
    this.#neighbours = neighboursIn(statements, neighbours, this.#arities);
  }

  statements(): readonly Statement[] {
    return this.#statements.flatMap((statement) => this.#statement(statement));
  }

  #statement(statement: Statement): readonly Statement[] {
    switch (statement.kind) {
      case "rule":
        return [this.#rule(statement)];
      case "fact":
        return isStage(statement) ? this.#stage(statement) : [this.#factOrRule(statement)];
      case "materialize":
        return [this.#table(statement)];
      default:
        return [statement];
    }
  }

  #rule(rule: Rule): Rule {
    const body = rule.body.map((literal) => this.#literal(literal));
    const located = withLocation({ ...rule, head: this.#atom(rule.head), body }, this.#neighbours, this.#diagnostics);
    return rebindVariables(located);
  }

  #literal(literal: Literal): Literal {
    if (literal.kind !== "predicate" || literal.isFailure) return literal;
    return { ...literal, atom: this.#atom(literal.atom) };
  }

  #stage(fact: Fact): readonly Statement[] {
    const context = { arities: this.#arities, textOf: this.#textOf, diagnostics: this.#diagnostics };
    return stageStatements(fact, context).map((one) => (one.kind === "fact" ? this.#factOrRule(one) : one));
  }

  /** `p@X(X, 0).` is a fact of every node, with its own address as X. */
  #factOrRule(written: Fact): Statement {
    const fact = this.#fact(written);
    const { atom, label, span } = fact;
    const location = atom.args[0];
    if (location?.kind !== "variable" || atom.locatedArgument !== 0) return fact;
    const here: Expression = location.name === "Broadcast" ? { ...location, name: "Local" } : location;
    const rule: Rule = { kind: "rule", label, isDelete: false, head: atom, body: [startAt(here, span)], span };
    return withLocation(rule, this.#neighbours, this.#diagnostics);
  }

  /** Facts are written without `@`, so the location is known from the rules only. */
  #fact(fact: Fact): Fact {
    const atom = this.#atom(fact.atom);
    const isLocated = atom.locatedArgument === undefined && this.#located.has(atom.name.text) && atom.args.length > 0;
    return { ...fact, atom: isLocated ? { ...atom, locatedArgument: 0 } : atom };
  }

  #table(table: Materialize): Materialize {
    const arity = this.#columns.get(table.name.text) ?? Infinity;
    const beyond = table.keys.filter(({ column }) => column > arity);
    for (const { column, span } of beyond) {
      this.#diagnostics.push(report("W0220", span, { table: table.name.text, column, arity }));
    }
    return { ...table, keys: table.keys.filter((key) => !beyond.includes(key)) };
  }

  #atom(atom: Atom): Atom {
    if (this.#views.has(atom.name.text)) return atom;
    if (builtinNamed(atom.name.text) !== undefined) return builtinAtom(atom);
    const { location, args } = atom;
    if (location === undefined) return atom;
    if (repeatsLocation(atom)) return { ...atom, location: undefined, locatedArgument: 0 };
    if (this.#repeatingLocation.has(atom.name.text)) return atom;
    return { ...atom, location: undefined, locatedArgument: 0, args: [location, ...args] };
  }
}

/** `periodic@X(_, 0, 1)` */
function startAt(location: Expression, span: Span): Literal {
  const number = (value: number): Expression => ({ kind: "constant", value, text: `${value}`, span });
  const args: readonly Expression[] = [{ kind: "wildcard", span }, number(0), number(1)];
  const atom = { name: { text: PERIODIC, span }, location, locatedArgument: undefined, args, span };
  return { kind: "predicate", negated: false, isFailure: false, atom, timeout: undefined, outcome: undefined, span };
}

function atomsOf(statement: Statement): readonly Atom[] {
  if (statement.kind !== "rule") return [];
  const body = statement.body.flatMap((literal) =>
    literal.kind === "predicate" && !literal.isFailure ? [literal.atom] : [],
  );
  return [statement.head, ...body];
}

/** The atom of a fact or the head of a rule: the statement produces its tuples. */
function filledBy(statement: Statement): readonly Atom[] {
  if (statement.kind === "fact") return isStage(statement) ? [] : [statement.atom];
  return statement.kind === "rule" ? [statement.head] : [];
}

function declaredBy(statement: Statement): readonly (readonly [string, number])[] {
  if (statement.kind !== "signature" && statement.kind !== "accept") return [];
  return [[statement.name.text, statement.types.length]];
}

/** The table that `#pragma neighbours` names, else `link` if declared. If no rule uses it, it has as many columns as its key needs. */
function neighboursIn(
  statements: readonly Statement[],
  named: string | undefined,
  arities: ReadonlyMap<string, number>,
): Neighbours {
  const tables = statements.filter((one) => one.kind === "materialize");
  const table = named ?? tables.find(({ name }) => name.text === "link")?.name.text;
  if (table === undefined) return { table, columns: 0 };
  const keys = tables.find(({ name }) => name.text === table)?.keys ?? [];
  const least = keys.reduce((most, { column }) => Math.max(most, column), 0);
  return { table, columns: arities.get(table) ?? least };
}

/** Greatest number of arguments of each predicate. */
function columnsIn(atoms: readonly Atom[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  for (const { name, args } of atoms) columns.set(name.text, Math.max(columns.get(name.text) ?? 0, args.length));
  return columns;
}

/** `p@X(X, ..)`, or `p@X(min<X>, ..)`. */
function repeatsLocation({ location, args }: Atom): boolean {
  const first = args[0]?.kind === "aggregate" ? args[0].operand : args[0];
  return location?.kind === "variable" && first?.kind === "variable" && first.name === location.name;
}

/** Built-in predicates have no location among their arguments. */
function builtinAtom(atom: Atom): Atom {
  if (repeatsLocation(atom)) return { ...atom, args: atom.args.slice(1) };
  const at = atom.locatedArgument;
  const location = at === undefined ? undefined : atom.args[at];
  if (location === undefined || !isExpression(location)) return atom;
  return {
    ...atom,
    location,
    locatedArgument: undefined,
    args: atom.args.filter((_, index) => index !== at),
  };
}

function isExpression(argument: Argument): argument is Expression {
  return argument.kind !== "return" && argument.kind !== "aggregate";
}
