import type { Argument, Atom, Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Program, ProgramRule } from "../program/program.ts";
import { PERIODIC } from "../program/builtin.ts";
import { constantNumber } from "../program/constant.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import { nearest } from "../program/nearest.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts, variablesIn } from "../program/visit.ts";

/** What is no error, and seldom meant. */
export function lint(program: Program): readonly Diagnostic[] {
  return [
    ...program.rules.flatMap((rule) => [
      ...checkLabel(rule),
      ...checkLocations(rule),
      ...checkSingleUses(rule),
      ...checkWords(rule),
    ]),
    ...checkRefreshes(program),
    ...checkUnused(program),
  ];
}

/** A rule that is not the first of its label is called by a number too. */
function checkLabel({ name, overlay, isOverlog, span }: ProgramRule): readonly Diagnostic[] {
  const whole = /^(.*)#\d+$/.exec(name)?.[1];
  if (whole === undefined || whole.includes(":") || isOverlog) return [];
  const label = overlay === undefined ? whole : whole.slice(overlay.length + 1);
  return [report("W0222", { ...span, end: span.start + label.length }, { label, name })];
}

function checkLocations(rule: ProgramRule): readonly Diagnostic[] {
  const atoms = [rule.head, ...rule.body.filter(isPredicate).map(({ atom }) => atom)];
  return atoms.flatMap((atom) => {
    const place = locationArgument(atom);
    return place?.kind === "constant" && typeof place.value === "number" ? [report("W0223", place.span, {})] : [];
  });
}

function locationArgument(atom: Atom): Argument | undefined {
  return atom.location ?? (atom.locatedArgument === undefined ? undefined : atom.args[atom.locatedArgument]);
}

/**
 * Columns that are matched and then forgotten, and those of a negation that may be anything. Old programs name every
 * column; the number of a timer is part of its form; and a variable that stands alone anywhere else is unbound.
 */
function checkSingleUses(rule: ProgramRule): readonly Diagnostic[] {
  if (rule.isOverlog) return [];
  const uses = expressionsOfRule(rule).flatMap((whole) => variablesIn(whole));
  const counts = Map.groupBy(uses, ({ name }) => name);
  const returned = returnedNames(rule);
  const matched = rule.body.filter(isPredicate).filter(({ atom }) => atom.name.text !== PERIODIC);
  return matched.flatMap(({ atom }) =>
    atom.args.flatMap((argument) => {
      const stands = argument.kind === "variable" && counts.get(argument.name)?.length === 1;
      if (!stands || returned.has(argument.name)) return [];
      return [report("W0224", argument.span, { variable: argument.name, rule: rule.name })];
    }),
  );
}

/** A word is a text: one that differs from a variable of the rule in its first letter alone, or is nearly `infinity`, is none. */
function checkWords(rule: ProgramRule): readonly Diagnostic[] {
  const all = expressionsOfRule(rule).flatMap((whole) => parts(whole));
  const variables = new Set(all.flatMap((part) => (part.kind === "variable" ? [part.name] : [])));
  return all.flatMap((part) => {
    if (part.kind !== "constant" || typeof part.value !== "string" || part.text !== part.value) return [];
    const word = part.value;
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    const meant = variables.has(capital) ? capital : nearest(word, ["infinity"]);
    return meant === undefined ? [] : [report("W0229", part.span, { word, meant })];
  });
}

function expressionsOfRule({ head, body }: ProgramRule): readonly Expression[] {
  return [...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)];
}

/** `&R` is another use of R. */
function returnedNames({ body }: ProgramRule): ReadonlySet<string> {
  const args = body.filter(isPredicate).flatMap(({ atom }) => atom.args);
  return new Set(args.flatMap((one) => (one.kind === "return" && one.name !== undefined ? [one.name] : [])));
}

/** Tables that nothing fills, reads or watches. */
function checkUnused({ tables, rules, facts, accepts, signatures, watches }: Program): readonly Diagnostic[] {
  const used = new Set([
    ...rules.flatMap(({ head, body }) => [
      head.name.text,
      ...body.filter(isPredicate).map(({ atom }) => atom.name.text),
    ]),
    ...facts.map(({ atom }) => atom.name.text),
    ...[...accepts, ...signatures, ...watches].map(({ name }) => name),
  ]);
  for (const name of used) used.add(deltaEventNamed(name, (table) => tables.has(table))?.table ?? name);
  return [...tables.values()]
    .filter(({ name }) => !used.has(name))
    .map(({ name, span }) => report("W0227", span, { name }));
}

/** Tables that timers alone fill, each more slowly than the rows expire. */
function checkRefreshes({ tables, rules }: Program): readonly Diagnostic[] {
  const makers = Map.groupBy(
    rules.filter((rule) => !rule.isDelete),
    ({ head }) => head.name.text,
  );
  return [...tables.values()].flatMap(({ name, lifetime, span }) => {
    const made = makers.get(name) ?? [];
    if (lifetime === Infinity || made.length === 0) return [];
    const seconds = Math.min(...made.map((rule) => intervalOf(rule) ?? 0));
    return seconds < lifetime ? [] : [report("W0225", span, { table: name, lifetime, seconds })];
  });
}

/** Seconds between two firings of the rule's timer; undefined without one. */
function intervalOf({ body }: ProgramRule): number | undefined {
  const timer = body.filter(isPredicate).find(({ atom }) => atom.name.text === PERIODIC);
  const seconds = timer?.atom.args[1];
  if (seconds === undefined || seconds.kind === "return" || seconds.kind === "aggregate") return undefined;
  return constantNumber(seconds);
}
