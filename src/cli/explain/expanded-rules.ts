import type { Atom, Expression, PredicateLiteral, Statement } from "../../../grammar/ast.ts";
import { print } from "../../../grammar/print.ts";
import type { Name, Span } from "../../../grammar/span.ts";
import type { RowEvent } from "../../../runtime/plan/contract/plan.ts";
import { constantAt, type CoreProgram, type CoreRule } from "../../2-rewrite/core.ts";
import { isLocalAddressTable } from "../../program/builtin.ts";
import { deltaEventNamed } from "../../program/delta-events.ts";
import type { TableDeclaration } from "../../program/program.ts";
import { withAddressLiterals } from "./address-literals.ts";
import { plainName, PlainNames, type PlainRule } from "./plain-names.ts";

const NO_SPAN: Span = { file: "", start: 0, end: 0 };

/**
 * The rules after view expansion and localisation as a program text that compiles again, with declarations. A rule that runs when a row
 * expires or is refreshed becomes a comment, since no program can write it. With `only`, the text has just the rules with these names.
 */
export function expandedRules(core: CoreProgram, only: ReadonlySet<string> | undefined): string {
  const names = new PlainNames([...core.tables.keys(), ...core.arities.keys()]);
  const written = writtenRules(core, names, only);
  if (only !== undefined) return written.join("");
  const declarations = declarationsOf(core, names).map((statement) => printed(statement));
  return [...declarations, ...written].join("");
}

function printed(statement: Statement): string {
  return print({ file: "", statements: [statement] });
}

function declarationsOf(core: CoreProgram, names: PlainNames): readonly Statement[] {
  const span = NO_SPAN;
  const named = (text: string): Name => ({ text: names.predicate(text), span });
  const sender = (from: Name): Name => (from.text === "any" ? from : named(from.text));
  const texts = (types: readonly string[]): readonly Name[] => types.map((text) => ({ text, span }));
  return [
    ...core.signatures.map(
      ({ name, types }): Statement => ({ kind: "signature", name: named(name), types: texts(types), span }),
    ),
    ...[...core.tables.values()]
      .filter(({ name }) => !isLocalAddressTable(name))
      .map((table) => materialize(table, named(table.name))),
    ...core.accepts.map(({ statement }): Statement => {
      return { ...statement, name: named(statement.name.text), from: statement.from && sender(statement.from) };
    }),
    ...core.watches.map(({ name, modes }): Statement => ({ kind: "watch", name: named(name), modes, span })),
    ...core.facts.map(({ atom }): Statement => ({ kind: "fact", label: undefined, atom: names.atom(atom), span })),
  ];
}

function materialize({ lifetime, size, keys, evict }: TableDeclaration, name: Name): Statement {
  const span = NO_SPAN;
  return {
    kind: "materialize",
    name,
    lifetime: numberAt(lifetime),
    size: numberAt(size),
    keys: keys.map((column) => ({ column: column + 1, span })),
    evict: evict.policy === "fifo" ? undefined : { policy: evict.policy, column: evict.column + 1, span },
    span,
  };
}

function numberAt(value: number): Expression {
  const constant = constantAt(value, NO_SPAN);
  return value === Infinity ? ({ ...constant, text: "infinity" } as Expression) : constant;
}

/** The text of each rule: a statement, or a comment if no program can write it. */
function writtenRules(core: CoreProgram, names: PlainNames, only: ReadonlySet<string> | undefined): readonly string[] {
  const isTable = (name: string): boolean => core.tables.has(name) || isLocalAddressTable(name);
  const rules = withoutRepeats(core.rules, isTable)
    .filter(({ name }) => deltaEventNamed(name, isTable) === undefined)
    .filter(({ name }) => only?.has(name) !== false);
  const forms = rules.map((rule) => ({ rule, form: formOf(rule, core, names, isTable) }));
  return forms.map(({ rule, form }) => {
    const ofName = rules.filter((other) => other.name === rule.name);
    const number = ofName.length === 1 ? "" : `_${ofName.indexOf(rule) + 1}`;
    const { head, body } = names.rule(form);
    const label = { text: `${plainName(rule.name)}${number}`, span: NO_SPAN };
    const text = printed({ kind: "rule", label, isDelete: rule.isDelete, head, body, span: NO_SPAN });
    return form.triggerText === undefined ? text : commented(`${form.triggerText}\n${text}`);
  });
}

/** A rule that raises an event for changes of several tables exists once for each table. Keeps only the first of these copies. */
function withoutRepeats(rules: readonly CoreRule[], isTable: (name: string) => boolean): readonly CoreRule[] {
  const seen = new Set<Atom>();
  return rules.filter((rule) => {
    if (rule.trigger.kind !== "inserted" || definesTable(rule, isTable)) return true;
    if (seen.has(rule.head)) return false;
    seen.add(rule.head);
    return true;
  });
}

function definesTable({ head, isDelete }: CoreRule, isTable: (name: string) => boolean): boolean {
  return !isDelete && isTable(head.name.text);
}

interface Form extends PlainRule {
  /** Description of the trigger if a program cannot write it. */
  readonly triggerText: string | undefined;
}

function formOf(rule: CoreRule, core: CoreProgram, names: PlainNames, isTable: (name: string) => boolean): Form {
  const { trigger } = rule;
  const { head, body, readsLocalAddress } = withAddressLiterals(rule);
  if (trigger.kind === "maintained") return { head, body, triggerText: undefined };
  const plain: Form = { head, body: [trigger.literal, ...body], triggerText: undefined };
  if (trigger.kind === "event") return plain;
  const needsDelta = readsLocalAddress || definesTable(rule, isTable) || trigger.kind === "deleted";
  if (trigger.kind === "inserted" && !needsDelta) return plain;
  const delta = deltaLiteral(trigger.literal, trigger.kind, core);
  return delta === undefined
    ? { ...plain, triggerText: describeTrigger(trigger.kind, names.predicate(trigger.literal.atom.name.text)) }
    : { ...plain, body: [delta, ...body] };
}

function describeTrigger(kind: RowEvent, table: string): string {
  const phrase = {
    inserted: "that is inserted into",
    deleted: "that is deleted from",
    refreshed: "that is refreshed in",
    expired: "that expires in",
  } as const;
  return `for each row ${phrase[kind]} ${table}:`;
}

/** Returns the literal of the event for a change of the table, `T_DELTA_INSERT` or `T_DELTA_DELETE`, if the language has one. */
function deltaLiteral(literal: PredicateLiteral, kind: string, { tables }: CoreProgram): PredicateLiteral | undefined {
  const { atom } = literal;
  const ending = kind === "inserted" ? "_DELTA_INSERT" : "_DELTA_DELETE";
  const name = `${atom.name.text}${ending}`;
  if (deltaEventNamed(name, (table) => tables.has(table))?.kind !== kind) return undefined;
  return { ...literal, atom: { ...atom, name: { ...atom.name, text: name } } };
}

function commented(text: string): string {
  return `${text
    .trimEnd()
    .split("\n")
    .map((line) => `// ${line}`)
    .join("\n")}\n`;
}
