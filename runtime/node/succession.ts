import type { Before } from "../engine/engine.ts";
import type { Row } from "../engine/row.ts";
import type { KeptRow } from "../engine/store.ts";
import type { Table } from "../engine/table.ts";
import type { Tuple } from "../plan/packet.ts";
import { Packet } from "../plan/packet.ts";
import type { Plan, PredicateSpec, TableSpec } from "../plan/plan.ts";
import { equalRows, type Row as Values, type Value } from "../plan/value.ts";
import { encodeBody } from "../wire/encode.ts";

type Tables = readonly (Table | undefined)[];

/** What became of the tables when a node was given another program. Names of tables the compiler made are left out. */
export interface Succession {
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
export class Successor {
  readonly #old: Plan;
  readonly #new: Plan;
  readonly #specs = new Map<PredicateSpec, PredicateSpec>();

  /** `events`: predicates of timers, which have no names of their own, there and here. */
  constructor(old: Plan, next: Plan, events: ReadonlyMap<number, number>) {
    this.#old = old;
    this.#new = next;
    const timers = new Set([...old.timers, ...next.timers].map(({ predicate }) => predicate));
    const named = new Map(next.predicates.map((spec) => [`${spec.name}/${spec.arity}`, spec]));
    for (const spec of old.predicates) {
      const timer = events.get(spec.id);
      const isTimer = timers.has(spec.id) && old.timers.some(({ predicate }) => predicate === spec.id);
      const same = isTimer ? timer !== undefined && next.predicates[timer] : named.get(`${spec.name}/${spec.arity}`);
      if (same !== undefined && same !== false) this.#specs.set(spec, same);
    }
  }

  /** The table's successor, when it is declared as the table is. */
  heir({ predicate }: Table, tables: Tables): Table | undefined {
    const spec = this.#specs.get(predicate);
    const heir = spec && tables[spec.id];
    return heir !== undefined && this.#agree(predicate, heir.predicate) ? heir : undefined;
  }

  /** The rows that stay: not those that only view rules hold, for the views derive them again. */
  rows(old: Tables, tables: Tables): readonly KeptRow[] {
    return old.flatMap((table) => {
      const heir = table && this.heir(table, tables);
      if (table === undefined || heir === undefined || heir.spec.view === "pure") return [];
      return rowsOf(table)
        .filter((row) => row.isBase)
        .map((row) => ({ table: heir, values: this.#values(row.values), expires: row.expires }));
    });
  }

  /** Whether a row of a new predicate was in the table that the predicate's is the heir of. */
  had(old: Tables, tables: Tables): Before["had"] {
    const ancestors = new Map<number, Table>();
    for (const table of old) {
      const heir = table && this.heir(table, tables);
      if (table !== undefined && heir !== undefined) ancestors.set(heir.predicate.id, table);
    }
    return (predicate, values) => holdsRow(ancestors.get(predicate), values);
  }

  /** Rows that no table of the new plan has. */
  vanished(old: Tables, tables: Tables): readonly { readonly table: Table; readonly values: Values }[] {
    return old.flatMap((table) => {
      if (table === undefined) return [];
      const heir = this.heir(table, tables);
      return rowsOf(table)
        .filter(({ values }) => !holdsRow(heir, this.#values(values)))
        .map(({ values }) => ({ table, values }));
    });
  }

  /** Undefined when the new plan has no such predicate. */
  tuple({ predicate, args, isDelete }: Tuple): Tuple | undefined {
    const spec = this.#specs.get(predicate) ?? (this.#new.predicates.includes(predicate) ? predicate : undefined);
    return spec && { predicate: spec, args: this.#values(args), isDelete };
  }

  report(old: Tables, tables: Tables): Succession {
    const own = old.filter((table): table is Table => table !== undefined && !table.predicate.name.includes("?"));
    const heirs = own.map((table) => ({ table, heir: this.heir(table, tables) }));
    const stay = heirs.flatMap(({ table, heir }) => (heir === undefined ? [] : [{ table, heir }]));
    const names = new Set(own.map((table) => table.predicate.name));
    return {
      kept: stay
        .filter(({ heir }) => heir.spec.view !== "pure")
        .map(({ table, heir }) => ({
          table: heir.predicate.name,
          rows: rowsOf(table).filter((row) => row.isBase).length,
        })),
      derived: stay.filter(({ heir }) => heir.spec.view === "pure").map(({ heir }) => heir.predicate.name),
      lost: heirs.flatMap(({ table, heir }) => {
        if (heir !== undefined) return [];
        const { name } = table.predicate;
        const isDeclared = tables.some((other) => other?.predicate.name === name);
        return [
          { table: name, rows: table.count, why: isDeclared ? ("declared otherwise" as const) : ("gone" as const) },
        ];
      }),
      added: tables.flatMap((table) => {
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
    return workOf(rule, this.#old) === workOf(rule, this.#new);
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
  return table?.matching(values).some((row) => equalRows(row.values, values)) === true;
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
    JSON.stringify(one.evict) === JSON.stringify(other.evict)
  );
}

/** What the strands of a rule do, as people read it. */
function workOf(rule: string, { strands }: Plan): string {
  return JSON.stringify(strands.filter(({ origin }) => origin.rule === rule).map(({ operators }) => operators));
}
