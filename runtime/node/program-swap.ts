import type { PreviousTables } from "../engine/previous-tables.ts";
import type { Row } from "../engine/tables/row.ts";
import type { BaseRow } from "../engine/store.ts";
import type { Table } from "../engine/tables/table.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { Packet } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec, TableSpec } from "../plan/values/predicate-spec.ts";
import { equalValues, type Values, type Value } from "../plan/values/value.ts";
import { encodeBody } from "../wire/encode.ts";
import { isSameTuple } from "./initial-tuples.ts";

/** A plan and the tables of a node that runs it. */
export interface ProgramState {
  readonly plan: Plan;
  readonly tables: readonly (Table | undefined)[];
}

/** What became of the tables when a node was given another program. Names of tables the compiler made are left out. */
export interface SwapReport {
  /** Tables that are declared as before, with the number of rows that stayed. */
  readonly kept: readonly { readonly table: string; readonly rows: number }[];
  /** Tables that rules define: their rows are derived anew. */
  readonly derived: readonly string[];
  /** Tables that are declared otherwise, or not at all any more, with the number of rows that went. */
  readonly lost: readonly {
    readonly table: string;
    readonly rows: number;
    readonly why: "declared otherwise" | "gone";
  }[];
  readonly added: readonly string[];
}

/** Says which tables of one plan go on in another, and makes what one plan's tuples hold the other's. */
export class ProgramSwap {
  readonly #previous: ProgramState;
  readonly #next: ProgramState;
  readonly #specs = new Map<PredicateSpec, PredicateSpec>();

  /** `events`: predicates of timers, which have no names of their own, there and here. */
  constructor(previous: ProgramState, next: ProgramState, events: ReadonlyMap<number, number>) {
    this.#previous = previous;
    this.#next = next;
    const timers = new Set(previous.plan.timers.map(({ predicate }) => predicate));
    const named = new Map(next.plan.predicates.map((spec) => [`${spec.name}/${spec.arity}`, spec]));
    for (const spec of previous.plan.predicates) {
      const timer = next.plan.predicates[events.get(spec.id) ?? -1];
      const same = timers.has(spec.id) ? timer : named.get(`${spec.name}/${spec.arity}`);
      if (same !== undefined) this.#specs.set(spec, same);
    }
  }

  /** The table's successor, when it is declared as the table is. */
  #matchingTable({ predicate }: Table): Table | undefined {
    const spec = this.#specs.get(predicate);
    const matching = spec && this.#next.tables[spec.id];
    return matching !== undefined && this.#agree(predicate, matching.predicate) ? matching : undefined;
  }

  /** The rows that stay: not those that only view rules hold, for the views derive them again. */
  keptRows(): readonly BaseRow[] {
    return this.#previous.tables.flatMap((table) => {
      const matching = table && this.#matchingTable(table);
      if (table === undefined || matching === undefined || matching.spec.derived === "pure") return [];
      if (matching.spec.baseOf !== undefined) return [];
      return rowsOf(table)
        .filter((row) => row.isBase)
        .map((row) => ({ table: matching, values: this.#values(row.values), expires: row.expires }));
    });
  }

  /** Whether a row of a new predicate was in the table that the predicate's is the heir of. */
  had(): PreviousTables["had"] {
    const previousTables = new Map<number, Table>();
    for (const table of this.#previous.tables) {
      const matching = table && this.#matchingTable(table);
      if (table !== undefined && matching !== undefined) previousTables.set(matching.predicate.id, table);
    }
    return (predicate, values) => holdsRow(previousTables.get(predicate), values);
  }

  /** Rows that no table of the new plan has. */
  removedRows(): readonly { readonly table: Table; readonly values: Values }[] {
    return this.#previous.tables.flatMap((table) => {
      if (table === undefined) return [];
      const matching = this.#matchingTable(table);
      return rowsOf(table)
        .filter(({ values }) => !holdsRow(matching, this.#values(values)))
        .map(({ values }) => ({ table, values }));
    });
  }

  /** Undefined when the new plan has no such predicate. */
  tuple({ predicate, args, isDelete }: Tuple): Tuple | undefined {
    const spec = this.#specs.get(predicate) ?? (this.#next.plan.predicates.includes(predicate) ? predicate : undefined);
    return spec && { predicate: spec, args: this.#values(args), isDelete };
  }

  /**
   * What is to be changed because the new program says other things to begin with than the old one said: what it says no
   * more goes, unless it has been changed since; what it says for the first time comes.
   */
  changes(said: readonly Tuple[], says: readonly Tuple[]): readonly Tuple[] {
    const had = this.had();
    const matches = new Set(this.#previous.tables.map((table) => table && this.#matchingTable(table)?.predicate));
    const known = said.flatMap((tuple) => this.tuple(tuple) ?? []);
    const isSaid = (tuple: Tuple, among: readonly Tuple[]): boolean => among.some((one) => isSameTuple(one, tuple));
    const withdrawn = known.filter(
      (tuple) => tuple.predicate.table !== undefined && !isSaid(tuple, says) && had(tuple.predicate.id, tuple.args),
    );
    const isKept = ({ predicate }: Tuple): boolean => predicate.table === undefined || matches.has(predicate);
    const fresh = says.filter((tuple) => !isKept(tuple) || !isSaid(tuple, known));
    return [...withdrawn.map((tuple) => ({ ...tuple, isDelete: true })), ...fresh];
  }

  report(): SwapReport {
    const own = this.#previous.tables.filter(
      (table): table is Table => table !== undefined && !table.predicate.name.includes("?"),
    );
    const matches = own.map((table) => ({ table, matching: this.#matchingTable(table) }));
    const stay = matches.flatMap(({ table, matching }) => (matching === undefined ? [] : [{ table, matching }]));
    const names = new Set(own.map((table) => table.predicate.name));
    return {
      kept: stay
        .filter(({ matching }) => matching.spec.derived !== "pure")
        .map(({ table, matching }) => ({
          table: matching.predicate.name,
          rows: rowsOf(table).filter((row) => row.isBase).length,
        })),
      derived: stay
        .filter(({ matching }) => matching.spec.derived === "pure")
        .map(({ matching }) => matching.predicate.name),
      lost: matches.flatMap(({ table, matching }) => {
        if (matching !== undefined) return [];
        const { name } = table.predicate;
        const isDeclared = this.#next.tables.some((other) => other?.predicate.name === name);
        return [
          { table: name, rows: table.count, why: isDeclared ? ("declared otherwise" as const) : ("gone" as const) },
        ];
      }),
      added: this.#next.tables.flatMap((table) => {
        const name = table?.predicate.name ?? "?";
        return name.includes("?") || names.has(name) ? [] : [name];
      }),
    };
  }

  /** What waits in a table of the compiler's own is understood only by a rule that has not changed. */
  #agree(one: PredicateSpec, other: PredicateSpec): boolean {
    if (one.table === undefined || other.table === undefined || !sameDeclaration(one.table, other.table)) return false;
    if (!one.name.includes("?")) return true;
    const rule = one.name.slice(0, one.name.indexOf("?"));
    return workOf(rule, this.#previous.plan) === workOf(rule, this.#next.plan);
  }

  #values(values: Values): Values {
    return values.some(holdsPacket) ? values.map((value) => this.#value(value)) : values;
  }

  #value(value: Value): Value {
    if (value instanceof Packet) return this.#packet(value);
    return Array.isArray(value) ? this.#values(value as Values) : value;
  }

  /** A packet of a predicate that is no more is bytes, as if it had come from elsewhere. */
  #packet(packet: Packet): Packet {
    if (packet.tuple === undefined) return packet;
    const tuple = this.tuple(packet.tuple);
    if (tuple !== undefined) return Packet.of(tuple);
    return Packet.inTransit(packet.hash, packet.hops, encodeBody(packet.tuple.args));
  }
}

function holdsRow(table: Table | undefined, values: Values): boolean {
  return table?.matching(values).some((row) => equalValues(row.values, values)) === true;
}

function rowsOf(table: Table): readonly Row[] {
  const rows: Row[] = [];
  for (let row = table.first; row !== null; row = row.next) rows.push(row);
  return rows;
}

function holdsPacket(value: Value): boolean {
  return value instanceof Packet || (Array.isArray(value) && (value as Values).some(holdsPacket));
}

function sameDeclaration(one: TableSpec, other: TableSpec): boolean {
  return (
    one.lifetime === other.lifetime &&
    one.size === other.size &&
    one.keys.join() === other.keys.join() &&
    one.endsAt === other.endsAt &&
    one.sizePer === other.sizePer &&
    JSON.stringify(one.evict) === JSON.stringify(other.evict)
  );
}

/** What the strands of a rule do, as people read it. */
function workOf(rule: string, { strands }: Plan): string {
  return JSON.stringify(strands.filter(({ origin }) => origin.rule === rule).map(({ operators }) => operators));
}
