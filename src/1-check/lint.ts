import type { Atom, Constant, Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Program, ProgramRule } from "../program/program.ts";
import type { Surroundings } from "../program/surroundings.ts";
import { PERIODIC } from "../program/builtin.ts";
import { constantNumber } from "../program/constant.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import { checkCertainTests, type HasMacro } from "./check-conditions.ts";
import { locationArgument } from "./check-locations.ts";
import { nearest } from "../program/nearest.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { checkOutputs } from "./outputs-without-test.ts";
import { checkTimerOrder } from "./timer-order.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts, partsOfAll } from "../program/visit.ts";

export interface LintOptions {
  /** All tables of a closed program are its results, so none is unused. */
  readonly isClosed: boolean;
  /** The program runs on a node, whose clients may fill and read any table. */
  readonly takesRequests: boolean;
  readonly hasMacro: HasMacro;
}

/** Warns of constructs that are valid but seldom intended. Runs after `check` found no error. */
export function lint(
  program: Program,
  surroundings: Surroundings | undefined,
  { isClosed, takesRequests, hasMacro }: LintOptions,
): readonly Diagnostic[] {
  return [
    ...program.rules.flatMap((rule) => {
      const all = partsOfRule(rule);
      const misspelled = checkWords(all);
      return [
        ...checkLabel(rule),
        ...checkLocations(rule),
        ...checkSingleUses(rule, all),
        ...misspelled,
        ...(misspelled.length > 0 ? [] : checkLowerCase(rule, all)),
        ...checkOutputs(rule),
        ...checkCertainTests(rule, all, hasMacro),
      ];
    }),
    ...checkRefreshes(program),
    ...(isClosed || takesRequests ? [] : checkUnused(program, surroundings)),
    ...checkTimerOrder(program),
  ];
}

/** Warns of a label that an earlier rule has. The name of the later rule is the label with a number. */
function checkLabel({ name, overlay, isOverlog, span }: ProgramRule): readonly Diagnostic[] {
  const unnumbered = /^(.*)#\d+$/.exec(name)?.[1];
  if (unnumbered === undefined || unnumbered.includes(":") || isOverlog) return [];
  const label = overlay === undefined ? unnumbered : unnumbered.slice(overlay.length + 1);
  return [report("W0222", { ...span, end: span.start + label.length }, { label, name })];
}

function checkLocations(rule: ProgramRule): readonly Diagnostic[] {
  const atoms = [rule.head, ...rule.body.filter(isPredicate).map(({ atom }) => atom)];
  return atoms.flatMap((atom) => {
    const location = locationArgument(atom);
    const isNumber = location?.kind === "constant" && typeof location.value === "number";
    return isNumber ? [report("W0223", location.span, {})] : [];
  });
}

/**
 * Warns of variables whose only use is in a body atom. Exempt are OverLog programs, which name every column, and the first argument of
 * `periodic`, which must be named. A variable whose only use is elsewhere is unbound, which is an error.
 */
function checkSingleUses(rule: ProgramRule, all: readonly Expression[]): readonly Diagnostic[] {
  if (rule.isOverlog) return [];
  const counts = new Map<string, number>();
  for (const part of all) if (part.kind === "variable") counts.set(part.name, (counts.get(part.name) ?? 0) + 1);
  const returned = returnedNames(rule);
  const matched = rule.body.filter(isPredicate).filter(({ atom }) => atom.name.text !== PERIODIC);
  return matched.flatMap(({ atom }) =>
    atom.args.flatMap((argument) => {
      const isSingle = argument.kind === "variable" && counts.get(argument.name) === 1;
      if (!isSingle || returned.has(argument.name)) return [];
      return [report("W0224", argument.span, { variable: argument.name, rule: rule.name })];
    }),
  );
}

/** Warns of unquoted strings that look like a misspelled variable of the rule or a misspelled `infinity`. */
function checkWords(all: readonly Expression[]): readonly Diagnostic[] {
  const words = all.filter(isWord);
  if (words.length === 0) return [];
  const variables = new Set(all.flatMap((part) => (part.kind === "variable" ? [part.name] : [])));
  return words.flatMap(({ text: word, span }) => {
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    const meant = variables.has(capital) ? capital : nearest(word, ["infinity"]);
    return meant === undefined ? [] : [report("W0229", span, { word, meant })];
  });
}

/** Whether the expression is an unquoted string. */
function isWord(expression: Expression): expression is Constant {
  return expression.kind === "constant" && typeof expression.value === "string" && expression.text === expression.value;
}

const SHORT_WORD = /^[a-z]\d?$/;

/**
 * Warns of unquoted strings that occur in several atoms of the rule, so that they may be meant as variables. If the rule has variables,
 * only strings of one letter are suspected.
 */
function checkLowerCase(rule: ProgramRule, all: readonly Expression[]): readonly Diagnostic[] {
  if (!all.some(isWord)) return [];
  const atoms = [rule.head, ...rule.body.filter(isPredicate).map(({ atom }) => atom)];
  const hasVariables = all.some(({ kind }) => kind === "variable");
  const words = atoms.map((atom) => new Map(wordsIn(atom).map((one) => [one.text, one])));
  const counts = Map.groupBy(
    words.flatMap((one) => [...one.values()]),
    ({ text }) => text,
  );
  const shared = [...counts].filter(([text, uses]) => uses.length > 1 && (!hasVariables || SHORT_WORD.test(text)));
  const [first] = shared;
  if (first === undefined) return [];
  return [report("W0231", first[1][0]?.span, { words: shared.map(([text]) => text) })];
}

/** Unquoted strings in the arguments of the atom. */
function wordsIn(atom: Atom): readonly Constant[] {
  return expressionsOfAtom(atom)
    .flatMap((one) => parts(one))
    .filter(isWord);
}

/** Returns all expressions of the rule, with those inside them. */
function partsOfRule({ head, body }: ProgramRule): readonly Expression[] {
  return partsOfAll([...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)]);
}

/** Returns the variables of `&R` arguments, which count as another use. */
function returnedNames({ body }: ProgramRule): ReadonlySet<string> {
  const args = body.filter(isPredicate).flatMap(({ atom }) => atom.args);
  return new Set(args.flatMap((one) => (one.kind === "return" && one.name !== undefined ? [one.name] : [])));
}

/**
 * Warns of tables that are never filled, read or watched; a deletion of their rows does not count. `--peer` fills the table `member`
 * of an overlay.
 */
function checkUnused(
  { tables, rules, facts, accepts, signatures, watches, overlays }: Program,
  surroundings: Surroundings | undefined,
): readonly Diagnostic[] {
  const used = new Set([
    ...(surroundings?.facts.keys() ?? []),
    ...overlays.map(({ name }) => `${name}.member`),
    ...rules.flatMap(({ head, body, isDelete }) => [
      ...(isDelete ? [] : [head.name.text]),
      ...body.filter(isPredicate).map(({ atom }) => atom.name.text),
    ]),
    ...facts.map(({ atom }) => atom.name.text),
    ...[...accepts, ...signatures, ...watches].map(({ name }) => name),
    ...accepts.flatMap(({ from }) => (typeof from === "string" ? [] : [from.table])),
  ]);
  const unnamed = [...tables.values()].filter(({ name }) => !used.has(name));
  if (unnamed.length === 0) return [];
  for (const name of used) used.add(deltaEventNamed(name, (table) => tables.has(table))?.table ?? name);
  return unnamed.filter(({ name }) => !used.has(name)).map(({ name, span }) => report("W0227", span, { name }));
}

/** Warns of tables that only timers fill, all with an interval longer than the lifetime of the rows. */
function checkRefreshes({ tables, rules }: Program): readonly Diagnostic[] {
  const producers = Map.groupBy(
    rules.filter((rule) => !rule.isDelete),
    ({ head }) => head.name.text,
  );
  return [...tables.values()].flatMap(({ name, lifetime, span }) => {
    const rulesOfTable = producers.get(name) ?? [];
    if (lifetime === Infinity || rulesOfTable.length === 0) return [];
    const seconds = rulesOfTable.reduce((least, rule) => Math.min(least, intervalOf(rule) ?? 0), Infinity);
    return seconds < lifetime ? [] : [report("W0225", span, { table: name, lifetime, seconds })];
  });
}

/** Interval of the rule's timer in seconds; undefined without one. */
function intervalOf({ body }: ProgramRule): number | undefined {
  const timer = body.filter(isPredicate).find(({ atom }) => atom.name.text === PERIODIC);
  const seconds = timer?.atom.args[1];
  if (seconds === undefined || seconds.kind === "return" || seconds.kind === "aggregate") return undefined;
  return constantNumber(seconds);
}
