import { Chance } from "./chance.ts";
import type { Command } from "./network.ts";
import type { RandomProgram } from "./random-program.ts";
import { type Relation, randomRow } from "./schema.ts";

/** Writes random commands for the nodes of a program: insertions, events, deletions, passing time. */
export function randomEvents(
  seed: number,
  { relations }: RandomProgram,
  count: number,
  nodes: number,
): readonly Command[] {
  const chance = new Chance(seed, "events");
  const events = relations.filter((one) => one.table === undefined && !one.isLast);
  const tables = relations.filter(({ table }) => table !== undefined && (!table.isView || table.isMixed));
  return Array.from({ length: count }, (): Command => {
    if (chance.percent(10)) return { kind: "advance", seconds: chance.pick([0.5, 1, 2, 3]) };
    const node = chance.between(0, nodes - 1);
    if (chance.percent(20)) return commandOn("delete", chance.pick(tables), node, chance);
    return commandOn("insert", chance.pick(chance.percent(50) ? events : tables), node, chance);
  });
}

function commandOn(kind: "insert" | "delete", relation: Relation, node: number, chance: Chance): Command {
  return { kind, node, name: relation.name, args: randomRow(relation, chance) };
}
