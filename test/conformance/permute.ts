import type { FileTree, Literal, Rule, Statement, ViewDefinition } from "../../grammar/ast.ts";
import type { Dialect, Source } from "../../grammar/span.ts";
import { parse } from "../../grammar/parse.ts";
import { print, printExpression } from "../../grammar/print.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { streamViewNames } from "../../src/1-check/stream-views.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";

interface Surroundings {
  readonly dialect?: Dialect;
  readonly defines?: ReadonlyMap<string, string>;
  /** What the program includes; shipped programs when left out. */
  readonly library?: FileLibrary;
}

/**
 * The same program with its statements, and the literals of its rules, in another order. A call of a view divides its
 * rule: literals stay on their side of it; and a body that spans places stays as it is. Rules keep their names, for
 * those name their random draws. In OverLog an assignment may give a variable another value for what follows, so there
 * only statements move.
 */
export function permuted(text: string, seed: number, surroundings: Surroundings = {}): string {
  const { dialect: told = "mozlog", defines = new Map(), library = new FileLibrary() } = surroundings;
  // What `#include` brings stands in the program, and is put in another order with it.
  const load = (path: string): Source | undefined => library.read(path, undefined);
  const { tree, dialect } = parse({ file: "program", text, dialect: told }, { defines, load });
  const chance = streamOf(seed, "order");
  if (dialect === "mozlog") return print(permutedTree(named(tree), viewNames(tree), chance));
  const statements = shuffled(named(tree).statements, chance);
  return `#pragma dialect ${dialect}\n${print({ ...tree, statements }, dialect)}`;
}

function viewNames(tree: FileTree): ReadonlySet<string> {
  return new Set([
    ...streamViewNames,
    ...tree.statements.flatMap((one) => (one.kind === "view" ? [one.name.text] : [])),
  ]);
}

/** A rule without a label is named by its line, and that changes. */
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

/** A rule that spans places goes from place to place as it is written. */
function permutedRule(rule: Rule, views: ReadonlySet<string>, chance: RandomStream): Rule {
  if (placesIn(rule.body).size > 1) return rule;
  const pieces: Literal[][] = [[]];
  for (const literal of rule.body) {
    if (isCall(literal, views)) pieces.push([literal], []);
    else pieces.at(-1)?.push(literal);
  }
  return { ...rule, body: pieces.flatMap((piece) => shuffled(piece, chance)) };
}

function placesIn(body: readonly Literal[]): ReadonlySet<string> {
  const atoms = body.flatMap((literal) => (literal.kind === "predicate" ? [literal.atom] : []));
  const places = atoms.flatMap(({ location, locatedArgument, args }) => {
    const place = location ?? (locatedArgument === undefined ? undefined : args[locatedArgument]);
    return place === undefined || place.kind === "return" || place.kind === "aggregate" ? [] : [printExpression(place)];
  });
  return new Set(places);
}

/** A view of another file is known by what it returns. */
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
