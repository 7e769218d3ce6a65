import type { FileTree, Literal, Rule, Statement, ViewDefinition } from "../../grammar/ast.ts";
import type { Dialect, Source } from "../../grammar/span.ts";
import { parse } from "../../grammar/parse.ts";
import { print, printExpression } from "../../grammar/print.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { socketViewNames } from "../../src/1-check/socket-views.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";

interface ParseContext {
  readonly dialect?: Dialect;
  readonly defines?: ReadonlyMap<string, string>;
  /** Files that the program includes. Default: the shipped programs. */
  readonly library?: FileLibrary;
}

/**
 * Shuffles the statements of a program and the literals of its rules. A call of a view divides its rule: literals stay on
 * their side of it. A body over several locations keeps its order. Rules keep their names, which seed their random values.
 * In OverLog only statements are shuffled, for an assignment may rebind a variable for the literals after it. Rules with a
 * timer keep their order there, in which their timers fire.
 */
export function permuted(text: string, seed: number, context: ParseContext = {}): string {
  const { dialect: declared = "mozlog", defines = new Map(), library = new FileLibrary() } = context;
  // Included text is part of the program and is shuffled with it.
  const load = (path: string): Source | undefined => library.read(path, undefined);
  const { tree, dialect } = parse({ file: "program", text, dialect: declared }, { defines, load });
  const chance = streamOf(seed, "order");
  if (dialect === "mozlog") return print(permutedTree(named(tree), viewNames(tree), chance));
  const statements = withTimersInOrder(shuffled(named(tree).statements, chance), named(tree).statements);
  return `#pragma dialect ${dialect}\n${print({ ...tree, statements }, dialect)}`;
}

/** Puts the rules with a timer into the order that they have in `written`, at the positions of such rules. */
function withTimersInOrder(statements: readonly Statement[], written: readonly Statement[]): readonly Statement[] {
  const timers = written.filter(hasTimer).values();
  return statements.map((one) => (hasTimer(one) ? (timers.next().value as Statement) : one));
}

function hasTimer(statement: Statement): boolean {
  const isTimer = (one: Literal): boolean => one.kind === "predicate" && one.atom.name.text === "periodic";
  return statement.kind === "rule" && statement.body.some(isTimer);
}

function viewNames(tree: FileTree): ReadonlySet<string> {
  return new Set([
    ...socketViewNames,
    ...tree.statements.flatMap((one) => (one.kind === "view" ? [one.name.text] : [])),
  ]);
}

/** Labels rules without a label: their name contains the line, which changes. */
function named(tree: FileTree): FileTree {
  const statements = tree.statements.map((one, at): Statement => {
    return one.kind === "rule" && one.label === undefined
      ? { ...one, label: { text: `rule${at}`, span: one.span } }
      : one;
  });
  return { ...tree, statements };
}

function permutedTree(tree: FileTree, views: ReadonlySet<string>, chance: RandomStream): FileTree {
  const statements = tree.statements.map((one): Statement => {
    if (one.kind === "rule") return permutedRule(one, views, chance);
    return one.kind === "view" ? permutedView(one, views, chance) : one;
  });
  return { ...tree, statements: shuffled(statements, chance) };
}

function permutedView(view: ViewDefinition, views: ReadonlySet<string>, chance: RandomStream): ViewDefinition {
  const body = view.body.map((one) => (one.kind === "rule" ? permutedRule(one, views, chance) : one));
  return { ...view, body: shuffled(body, chance) };
}

/** Shuffles the literals of a rule. A rule over several locations visits them in the written order. */
function permutedRule(rule: Rule, views: ReadonlySet<string>, chance: RandomStream): Rule {
  if (locationsIn(rule.body).size > 1) return rule;
  const pieces: Literal[][] = [[]];
  for (const literal of rule.body) {
    if (isCall(literal, views)) pieces.push([literal], []);
    else pieces.at(-1)?.push(literal);
  }
  return { ...rule, body: pieces.flatMap((piece) => shuffled(piece, chance)) };
}

function locationsIn(body: readonly Literal[]): ReadonlySet<string> {
  const atoms = body.flatMap((literal) => (literal.kind === "predicate" ? [literal.atom] : []));
  const locations = atoms.flatMap(({ location, locatedArgument, args }) => {
    const at = location ?? (locatedArgument === undefined ? undefined : args[locatedArgument]);
    return at === undefined || at.kind === "return" || at.kind === "aggregate" ? [] : [printExpression(at)];
  });
  return new Set(locations);
}

/** Whether the literal is a call. Views of other files are recognised by their return arguments. */
function isCall(literal: Literal, views: ReadonlySet<string>): boolean {
  if (literal.kind !== "predicate" || literal.isFailure) return false;
  return views.has(literal.atom.name.text) || literal.atom.args.some((argument) => argument.kind === "return");
}

function shuffled<T>(list: readonly T[], chance: RandomStream): readonly T[] {
  return list
    .map((item) => ({ item, at: chance.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
