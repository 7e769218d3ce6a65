/**
 * announce-addresses: the own addresses that rules over tables define. A hidden table holds all addresses that rules and facts derive,
 * and `localAddr` gets the smallest of these as its only row. Runs after `find-triggers`.
 *
 *   ron.localAddr(A) :- a(A).   becomes   ron.localAddr?of(A) :- a(A).
 *   ron.localAddr(A) :- b(A).             ron.localAddr?of(A) :- b(A).
 *                                         ron.localAddr(min<A>) :- ron.localAddr?of(A).
 *
 * An instance (an overlay, or the node itself) whose address depends on rules may have no address for a while. During this time heads
 * with a location in its rules have no value, and rows that its rules derive for other nodes wait.
 */
import type { Aggregate } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import {
  ADDRESSES_OF,
  isLocalAddressTable,
  LOCAL_ADDRESS,
  LOCAL_ADDRESSES,
  LOCAL_NAMES,
  localAddressTable,
} from "../program/builtin.ts";
import type { Accept, ProgramFact, TableDeclaration } from "../program/program.ts";
import { assignAt, atomAt, type CoreRule, literalAt, localAddressAt, nameAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import type { HiddenTables } from "./hidden-tables.ts";

/** Returns the `localAddr` tables that rules of the program fill. */
export function addressesOfRules(rules: readonly ExpandedRule[]): ReadonlySet<string> {
  return new Set(rules.map(({ head }) => head.name.text).filter(isLocalAddressTable));
}

export interface AnnouncedAddresses {
  readonly rules: readonly CoreRule[];
  readonly facts: readonly ProgramFact[];
  /** Declarations of the `localAddr` tables that rules over tables define. */
  readonly tables: readonly TableDeclaration[];
  readonly diagnostics: readonly Diagnostic[];
}

export function announceAddresses(
  rules: readonly CoreRule[],
  facts: readonly ProgramFact[],
  accepts: readonly Accept[],
  isTable: (name: string) => boolean,
  hidden: HiddenTables,
): AnnouncedAddresses {
  const defining = rules.filter(
    (rule) => rule.trigger.kind === "maintained" && isLocalAddressTable(rule.head.name.text),
  );
  const first = new Map(defining.map((rule) => [rule.head.name.text, rule] as const).toReversed());
  const sources = new Map(
    [...first].map(([table, { span }]) => [table, hidden.add(`${table}${ADDRESSES_OF}`, 1, span)]),
  );
  const others = rules.filter((rule) => rule.trigger.kind !== "maintained" && first.has(rule.head.name.text));
  const conflicts = others.map((rule) => {
    const by = first.get(rule.head.name.text) as CoreRule;
    return report("E0284", rule.span, { table: rule.head.name.text, rule: by.name }, related(by));
  });
  const admitted = accepts.flatMap(({ name, span }) => {
    const by = first.get(name);
    return by === undefined ? [] : [report("E0284", span, { table: name, rule: by.name }, related(by))];
  });
  return {
    rules: [
      ...rules.map((rule) => (defining.includes(rule) ? collected(rule, sources) : rule)),
      ...[...first.values()].flatMap((rule) => readersOf(rule, sources, isTable)),
    ],
    facts: facts.map((fact) => renamed(fact, sources)),
    tables: [...first].map(([name, { span }]) => addressTable(name, span)),
    diagnostics: [...conflicts, ...admitted],
  };
}

function related({ span }: CoreRule): Diagnostic["related"] {
  return [{ span, message: "this rule over tables defines it" }];
}

function collected(rule: CoreRule, sources: ReadonlyMap<string, string>): CoreRule {
  const { name } = rule.head;
  return { ...rule, head: { ...rule.head, name: nameAt(sources.get(name.text) ?? name.text, name.span) } };
}

function renamed(fact: ProgramFact, sources: ReadonlyMap<string, string>): ProgramFact {
  const { name } = fact.atom;
  const source = sources.get(name.text);
  return source === undefined ? fact : { ...fact, atom: { ...fact.atom, name: nameAt(source, name.span) } };
}

/** The rule that fills `localAddr` from the hidden table, and, if the program reads `localAddrs`, the rule that fills that table. */
function readersOf(
  { span, overlay, name, head }: CoreRule,
  sources: ReadonlyMap<string, string>,
  isTable: (name: string) => boolean,
): readonly CoreRule[] {
  const table = head.name.text;
  const operand = variableAt("A", span);
  const body = [literalAt(atomAt(sources.get(table) as string, [operand], span))];
  const plain = { overlay, span, isOverlog: false, isDelete: false, body, trigger: { kind: "maintained" } } as const;
  const least: Aggregate = { kind: "aggregate", function: "min", operand, span };
  const announced: CoreRule = { ...plain, name, head: atomAt(table, [least], span) };
  if (!isTable(`${table}${LOCAL_NAMES}`)) return [announced];
  const all = `${table.slice(0, -LOCAL_ADDRESS.length)}${LOCAL_ADDRESSES}`;
  return [announced, { ...plain, name: `${all}.derived`, head: atomAt(all, [operand], span) }];
}

function addressTable(name: string, span: TableDeclaration["span"]): TableDeclaration {
  return { name, lifetime: Infinity, size: Infinity, keys: [0], keySpans: [], evict: { policy: "fifo" }, span };
}

/** Reports a head that would define the own address of another node. */
export function checkAddressHeads(rules: readonly ExpandedRule[]): readonly Diagnostic[] {
  return rules
    .filter(({ head }) => isLocalAddressTable(head.name.text) && head.location !== undefined)
    .map(({ head }) => report("E0283", head.span, { table: head.name.text }));
}

/** Changes a rule so that it sends only while its instance (overlay or node) has an address. */
export function withOwnAddress(rule: CoreRule, ruled: ReadonlySet<string>): CoreRule {
  const { head, overlay, span, trigger } = rule;
  if (trigger.kind === "maintained" || head.location === undefined || !ruled.has(localAddressTable(overlay)))
    return rule;
  return { ...rule, body: [assignAt("$Here", localAddressAt(overlay, span)), ...rule.body] };
}
