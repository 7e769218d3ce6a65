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
 */
import type { Argument, Atom, Expression, Fact, Literal, Materialize, Rule, Statement } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { Module } from "../0-load/load.ts";
import { builtinNamed, PERIODIC } from "../program/builtin.ts";
import { rebindVariables } from "./rebind-variables.ts";
import { withOverlogValues } from "./overlog-values.ts";
import { isStage, stageRule } from "./stage.ts";

/** Returns the module in Mozlog, whatever its dialect. */
export function readOverlog(module: Module, diagnostics: Diagnostic[]): Module {
  if (module.dialect === "mozlog") return module;
  const reader = new OverlogReader(module.tree.statements, diagnostics);
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
  readonly #arities: ReadonlyMap<string, number>;

  constructor(statements: readonly Statement[], diagnostics: Diagnostic[]) {
    this.#statements = statements;
    this.#diagnostics = diagnostics;
    this.#views = new Set(statements.flatMap((one) => (one.kind === "view" ? [one.name.text] : [])));
    const atoms = statements.flatMap(atomsOf);
    this.#repeatingLocation = new Set(atoms.filter(repeatsLocation).map(({ name }) => name.text));
    const read = atoms.map((atom) => this.#atom(atom));
    this.#located = new Set(read.filter((atom) => atom.locatedArgument === 0).map(({ name }) => name.text));
    this.#arities = new Map(read.map(({ name, args }) => [name.text, args.length]));
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
    return rebindVariables({ ...rule, head: this.#atom(rule.head), body });
  }

  #literal(literal: Literal): Literal {
    if (literal.kind !== "predicate" || literal.isFailure) return literal;
    return { ...literal, atom: this.#atom(literal.atom) };
  }

  #stage(fact: Fact): readonly Statement[] {
    const rule = stageRule(fact, this.#arities, this.#diagnostics);
    return rule === undefined ? [] : [rule];
  }

  /** `p@X(X, 0).` is a fact of every node, with its own address as X. */
  #factOrRule(written: Fact): Statement {
    const fact = this.#fact(written);
    const { atom, label, span } = fact;
    const location = atom.args[0];
    if (location?.kind !== "variable" || atom.locatedArgument !== 0) return fact;
    return { kind: "rule", label, isDelete: false, head: atom, body: [startAt(location, span)], span };
  }

  /** Facts are written without `@`, so the location is known from the rules only. */
  #fact(fact: Fact): Fact {
    const atom = this.#atom(fact.atom);
    const isLocated = atom.locatedArgument === undefined && this.#located.has(atom.name.text) && atom.args.length > 0;
    return { ...fact, atom: isLocated ? { ...atom, locatedArgument: 0 } : atom };
  }

  #table(table: Materialize): Materialize {
    const arity = this.#arities.get(table.name.text) ?? Infinity;
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
  return { kind: "predicate", negated: false, isFailure: false, atom, timeout: undefined, span };
}

function atomsOf(statement: Statement): readonly Atom[] {
  if (statement.kind !== "rule") return [];
  const body = statement.body.flatMap((literal) =>
    literal.kind === "predicate" && !literal.isFailure ? [literal.atom] : [],
  );
  return [statement.head, ...body];
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
