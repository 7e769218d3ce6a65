/**
 * Random programs whose derived tables read each other in cycles, and commands that change the tables below them all the time. Graphs are
 * small and dense, so that most rows have several derivations and many rows lie on a cycle.
 */
import { Chance } from "../chance.ts";
import type { Command } from "../network.ts";
import type { RandomProgram } from "../random-program.ts";
import type { RuleText } from "../random-rule.ts";
import type { ColumnKind, Relation, TableChoice } from "../schema.ts";
import type { Case } from "../shrink.ts";

const COMMANDS = 40;
/** Number of different values of the columns that join. */
const VALUES = 3;
const VARIABLES = ["X", "Y", "Z"] as const;
/** Lifetime of derived rows, in seconds. Time advances by less. */
const LIFETIME = 4;

const SETS = ["e", "f"] as const;
/** Event that changes rows of both tables in one step. */
const BATCH = "batch";

/** Returns a random program with a recursive stratum, and commands that change what it reads. */
export function randomRecursion(seed: number): Case {
  const chance = new Chance(seed, "recursion");
  const kind = chance.pick(["plain", "plain", "mixed", "expiring", "best", "best", "winners"] as const);
  const { relations, rules } = kind === "best" || kind === "winners" ? bestValues(chance, kind) : cycles(chance, kind);
  const columns: readonly ColumnKind[] = isWeighted(kind) ? ["number", "number", "number"] : ["number", "number"];
  const sets = SETS.map((name) => relationOf(name, columns, { keys: [0, 1] }));
  const batch: Relation = { name: BATCH, columns: ["list", "list", "list"], table: undefined, isLast: false };
  const program: RandomProgram = {
    relations: [...sets, batch, ...relations],
    definitions: [],
    rules: [...batchRules(columns.length), ...rules],
    isOptimised: true,
    features: new Set(),
  };
  return { program, commands: chance.times(COMMANDS, COMMANDS, () => command(chance, sets, relations)), nodes: 1 };
}

type Kind = "plain" | "mixed" | "expiring" | "best" | "winners";

interface Written {
  readonly relations: readonly Relation[];
  readonly rules: readonly RuleText[];
}

function isWeighted(kind: Kind): boolean {
  return kind === "best" || kind === "winners";
}

function relationOf(name: string, columns: readonly ColumnKind[], choice: Partial<TableChoice>): Relation {
  const all = [...columns.keys()];
  const table = { isView: false, isMixed: false, lifetime: Infinity, size: Infinity, keys: all, evict: "", ...choice };
  return { name, columns, table, isLast: false };
}

/** Writes rules that insert rows into `e`, delete rows of `e`, and insert rows into `f`, all in one step. */
function batchRules(columns: number): readonly RuleText[] {
  const names = ["X", "Y", "C"].slice(0, columns).join(", ");
  const changed = [`e(${names})`, `delete e(${names})`, `f(${names})`];
  return changed.map((head, at) => {
    const lists = ["_", "_", "_"].with(at, "L");
    return { label: `b${at}`, head, body: [`${BATCH}(${lists.join(", ")})`, `[${names}] <- L`] };
  });
}

/** Writes two tables whose rules read any of the tables, some of them several times. */
function cycles(chance: Chance, kind: Exclude<Kind, "best" | "winners">): Written {
  const pair: readonly ColumnKind[] = ["number", "number"];
  const choice: Partial<TableChoice> = {
    isView: true,
    isMixed: kind === "mixed",
    lifetime: kind === "expiring" ? LIFETIME : Infinity,
  };
  const relations = [relationOf("p", pair, choice), relationOf("q", pair, { isView: true })];
  const rules = chance.times(2, 4, (at) => cycleRule(chance, `c${at}`, chance.pick(["p", "q"])));
  const base = ["p", "q"].map((name) => ({ label: name, head: `${name}(X, Y)`, body: [`${chance.pick(SETS)}(X, Y)`] }));
  return { relations, rules: [...base, ...rules] };
}

function cycleRule(chance: Chance, label: string, head: string): RuleText {
  const more = chance.percent(15) ? 2 : 1;
  const reads = [chance.pick(["p", "q"]), ...chance.times(0, more, () => chance.pick(["p", "q", "e", "f"]))];
  const body = reads.map((name) => `${name}(${chance.pick(VARIABLES)}, ${chance.pick(VARIABLES)})`);
  const bound = VARIABLES.filter((variable) => body.join().includes(variable));
  const pick = (): string => chance.pick(bound);
  // A set that the rule also reads could exclude every row that it reads.
  const unread = SETS.find((name) => !reads.includes(name));
  const filters = [
    ...(unread !== undefined && chance.percent(20) ? [`!${unread}(${pick()}, ${pick()})`] : []),
    ...(bound.length > 1 && chance.percent(15) ? [`${bound[0]} != ${bound[1]}`] : []),
  ];
  return { label, head: `${head}(${pick()}, ${pick()})`, body: [...body, ...filters] };
}

/** Writes least or greatest costs of paths, with costs that grow or stay along an edge. */
function bestValues(chance: Chance, kind: "best" | "winners"): Written {
  const isLeast = chance.percent(60);
  const hasWinners = kind === "winners";
  const group: readonly ColumnKind[] = hasWinners ? ["number", "number", "number"] : ["number", "number"];
  const columns: readonly ColumnKind[] = [...group, "number"];
  // The smallest row of a key is a minimum too.
  const keys = isLeast && !hasWinners && chance.percent(30) ? [0, 1] : [...columns.keys()];
  const relations = [
    relationOf("d", columns, { isView: true, keys }),
    relationOf("best", columns, { isView: true, keys: [0, 1] }),
  ];
  const step = isLeast
    ? { values: ["A + B", "A + B", "f_max(A, B)", "B"], limit: ["C < 9"] }
    : { values: ["B - A", "B - A", "f_min(A, B)", "B"], limit: ["C > -9"] };
  // Each edge has a cost, because winners may replace each other for ever in a cycle without costs.
  const [value, limit] = hasWinners
    ? [step.values[0], [...step.limit, "A > 0"]]
    : [chance.pick(step.values), step.limit];
  const via = hasWinners ? ["Y", chance.percent(50) ? "Y" : "W"] : [];
  const winner = hasWinners ? ", W" : "";
  const rules = [
    { label: "d0", head: `d(X, Y${hasWinners ? ", Y" : ""}, C)`, body: ["e(X, Y, C)"] },
    {
      label: "d1",
      head: `d(X, Z${hasWinners ? `, ${via[1]}` : ""}, C)`,
      body: [`${chance.pick(SETS)}(X, Y, A)`, `best(Y, Z${winner}, B)`, `C := ${value}`, ...limit],
    },
    { label: "d2", head: `best(X, Y${winner}, ${isLeast ? "min" : "max"}<C>)`, body: [`d(X, Y${winner}, C)`] },
  ];
  return { relations, rules };
}

function command(chance: Chance, sets: readonly Relation[], relations: readonly Relation[]): Command {
  const weighted = sets[0]?.columns.length === 3;
  const row = (): readonly number[] => [
    chance.between(0, VALUES - 1),
    chance.between(0, VALUES - 1),
    ...(weighted ? [chance.between(0, 3)] : []),
  ];
  const filled = [...sets, ...relations.filter(({ table }) => table?.isMixed === true)];
  if (relations.some(({ table }) => table?.lifetime !== Infinity) && chance.percent(15)) {
    return { kind: "advance", seconds: chance.pick([0.5, 1, 2, 3]) };
  }
  if (chance.percent(25)) {
    const [added, removed, others] = [chance.times(0, 3, row), chance.times(0, 3, row), chance.times(0, 1, row)];
    return { kind: "insert", node: 0, name: BATCH, args: [added, removed, others] };
  }
  const kind = chance.percent(50) ? "insert" : "delete";
  return { kind, node: 0, name: chance.pick(filled).name, args: row() };
}
