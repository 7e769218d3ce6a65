/**
 * prove-recursion: rows that support only each other, round a circle of nodes, must not outlive what they came from.
 *
 * No node sees the whole of such a circle. So each row of a table that is defined by itself across nodes carries how it was
 * derived: the rows of such tables it stands on, as ids, and how deep they go. A derivation that would stand on its own
 * result is none; of several the least deep is kept, so that the proofs come to rest where the rows do. It is the path vector of
 * routing, for any rules (a proof list in the sense of Liu et al., ICDE 2009).
 *
 *   r(X, Z) :- r?in(_, Y, X), r(Y, Z).   becomes   r?proof(X, Z, H, P) :- r?in(..), r?proof(Y, Z, H1, P1),
 *                                                    T := id of r(X, Z) here, T not in P1, H := H1 + 1, P := [T] + P1.
 *                                                  r(X, Z) :- r?proof(X, Z, _, _).
 */
import type { Argument, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { localAddressTable } from "../1-check/builtin.ts";
import { isPredicate } from "../1-check/rule-shape.ts";
import {
  atomAt,
  callAt,
  constantAt,
  type CoreChannel,
  type CoreProgram,
  type CoreRule,
  literalAt,
  variableAt,
} from "../2-rewrite/core.ts";
import type { TableDeclaration } from "../program.ts";
import { type RuleStratum, strataOfNetwork } from "./strata.ts";
import { viewKinds } from "./view-kinds.ts";

export function proveRecursion(core: CoreProgram): { core: CoreProgram; diagnostics: readonly Diagnostic[] } {
  const outlets = new Set(core.channels.map((channel) => channel.outlet));
  const circles = strataOfNetwork(core).filter(
    ({ isRecursive, tables }) => isRecursive && [...tables].some((table) => outlets.has(table)),
  );
  if (circles.length === 0) return { core, diagnostics: [] };
  const kinds = viewKinds(core);
  const diagnostics = circles.flatMap((circle) => circle.rules.flatMap((rule) => checkRule(rule, kinds)));
  return { core: circles.reduce((proved, circle) => new Circle(proved, circle).proved(), core), diagnostics };
}

function checkRule({ head, span }: CoreRule, kinds: ReturnType<typeof viewKinds>): readonly Diagnostic[] {
  const name = head.name.text;
  const aggregates = head.args.filter((argument) => argument.kind === "aggregate");
  if (kinds.get(name) === "mixed") {
    const what = `\`${name}\`, which rules define by itself across nodes, with a lifetime, a size or rows of its own`;
    return [report("E0208", span, { what })];
  }
  return aggregates.length > 1 ? [report("E0208", span, { what: "several aggregates in recursion across nodes" })] : [];
}

/** Tables that depend on each other across nodes. */
class Circle {
  readonly #core: CoreProgram;
  readonly #tables: ReadonlySet<string>;
  readonly #rules: ReadonlySet<CoreRule>;

  constructor(core: CoreProgram, { tables, rules }: RuleStratum) {
    this.#core = core;
    this.#tables = tables;
    this.#rules = new Set(rules);
  }

  proved(): CoreProgram {
    const { rules, tables, arities } = this.#core;
    const declarations = new Map(tables);
    const counts = new Map(arities);
    for (const name of this.#tables) {
      const table = tables.get(name);
      if (table === undefined) continue;
      if (isHidden(name)) forget(name, declarations, counts);
      const arity = arities.get(name) ?? 0;
      counts.set(provedName(name), arity + 2);
      declarations.set(provedName(name), withProof(table, arity, this.#isInlet(name)));
    }
    const own = rules.flatMap((rule) => (this.#rules.has(rule) ? [this.#proved(rule)] : [rule]));
    const shown = [...this.#tables].filter((name) => !isHidden(name)).flatMap((name) => this.#shown(name));
    const channels = this.#core.channels.map((channel) => this.#channel(channel));
    return { ...this.#core, rules: [...own, ...shown], tables: declarations, arities: counts, channels };
  }

  #channel(channel: CoreChannel): CoreChannel {
    if (!this.#tables.has(channel.outlet)) return channel;
    return { ...channel, outlet: provedName(channel.outlet), inlet: provedName(channel.inlet) };
  }

  #isInlet(name: string): boolean {
    return this.#core.channels.some((channel) => channel.inlet === name);
  }

  /** The table as the program knows it: its proved rows without their proofs. */
  #shown(name: string): readonly CoreRule[] {
    const rule = [...this.#rules].find((one) => one.head.name.text === name);
    if (rule === undefined) return [];
    const { span } = rule;
    const args = rule.head.args.map((_, column) => variableAt(`$${column + 1}`, span));
    const any: Expression = { kind: "wildcard", span };
    const body = [literalAt(atomAt(provedName(name), [...args, any, any], span))];
    return [{ ...rule, head: atomAt(name, args, span), body }];
  }

  #proved(rule: CoreRule): CoreRule {
    const { span, head } = rule;
    const depths: Expression[] = [];
    const proofs: Expression[] = [];
    const body = rule.body.map((literal): Literal => {
      if (!isPredicate(literal) || !this.#tables.has(literal.atom.name.text)) return literal;
      const [depth, proof] = ["$Depth", "$Proof"].map((name) => variableAt(`${name}${depths.length + 1}`, span));
      depths.push(depth as Expression);
      proofs.push(proof as Expression);
      const args = [...literal.atom.args, depth as Expression, proof as Expression];
      return { ...literal, atom: atomAt(provedName(literal.atom.name.text), args, span) };
    });
    const steps = isHidden(head.name.text) ? passedOn(depths, proofs, rule) : this.#deeper(depths, proofs, rule);
    const args = [...head.args, variableAt("$Depth", span), variableAt("$Proof", span)];
    return { ...rule, head: atomAt(provedName(head.name.text), args, span), body: [...body, ...steps] };
  }

  /** A row of the program: it stands on those of the body, and may be none of what they stand on. */
  #deeper(depths: readonly Expression[], proofs: readonly Expression[], rule: CoreRule): readonly Literal[] {
    const { span } = rule;
    const id = variableAt("$Id", span);
    const apart = proofs.map((proof): Literal => {
      const isIn = callAt("f_member", [proof, id], span);
      return { kind: "condition", test: { kind: "binary", operator: "==", left: isIn, right: zero(rule), span }, span };
    });
    const own: Expression = { kind: "list", items: [id], span };
    const depth = depths.length === 0 ? zero(rule) : sum(deepest(depths, rule), constantAt(1, span));
    const proof = all([own, ...proofs]);
    const here = literalAt(atomAt(localAddressTable(rule.overlay), [variableAt("$Here", span)], span));
    return [
      here,
      assign("$Id", this.#rowId(rule), rule),
      ...apart,
      assign("$Depth", depth, rule),
      assign("$Proof", proof, rule),
    ];
  }

  /** Stands for what is here under the key of the head. */
  #rowId({ head, span }: CoreRule): Expression {
    const keys = this.#core.tables.get(head.name.text)?.keys ?? [];
    const key = keys.flatMap((column) => valueOf(head.args[column]));
    const items = [constantAt(head.name.text, span), variableAt("$Here", span), ...key];
    return callAt("f_sha1", [{ kind: "list", items, span }], span);
  }
}

function valueOf(argument: Argument | undefined): readonly Expression[] {
  return argument === undefined || argument.kind === "aggregate" || argument.kind === "return" ? [] : [argument];
}

function forget(name: string, tables: Map<string, TableDeclaration>, arities: Map<string, number>): void {
  tables.delete(name);
  arities.delete(name);
}

/** A hidden table is a step within a rule: it stands on what the rule does. */
function passedOn(depths: readonly Expression[], proofs: readonly Expression[], rule: CoreRule): readonly Literal[] {
  const nothing: Expression = { kind: "list", items: [], span: rule.span };
  return [
    assign("$Depth", depths.length === 0 ? zero(rule) : deepest(depths, rule), rule),
    assign("$Proof", proofs.length === 0 ? nothing : all(proofs), rule),
  ];
}

function sum(left: Expression, right: Expression): Expression {
  return { kind: "binary", operator: "+", left, right, span: left.span };
}

function all(lists: readonly Expression[]): Expression {
  return lists.reduce((joined, list) => sum(joined, list));
}

function deepest(depths: readonly Expression[], { span }: CoreRule): Expression {
  return depths.reduce((one, other) => callAt("f_max", [one, other], span));
}

function zero({ span }: CoreRule): Expression {
  return constantAt(0, span);
}

function assign(name: string, value: Expression, { span }: CoreRule): Literal {
  return { kind: "assign", target: { kind: "variable", name, span }, value, span };
}

function isHidden(table: string): boolean {
  return table.includes("?");
}

function provedName(table: string): string {
  return `${table}?proof`;
}

/** One proof a row, the least deep; a peer's rows are all kept, for it takes back the one it has said. */
function withProof(table: TableDeclaration, arity: number, isInlet: boolean): TableDeclaration {
  const all = Array.from({ length: arity + 2 }, (_, column) => column);
  return { ...table, name: provedName(table.name), keys: isInlet ? all : table.keys };
}
