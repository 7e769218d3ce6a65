/**
 * The comparison of two programs for a swap (hot reload). `node.ts` makes a ProgramSwap before the first step of the next program,
 * inserts the rows that it keeps, translates queued inputs with it, and returns its report to the operator.
 */
import type { PreviousTables } from "../engine/previous-tables.ts";
import type { Row } from "../engine/tables/row.ts";
import type { BaseRow } from "../engine/store.ts";
import type { Table } from "../engine/tables/table.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { Packet } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec, TableSpec } from "../plan/values/predicate-spec.ts";
import { countOf } from "../plan/values/count-of.ts";
import { admits } from "../plan/values/column-type.ts";
import { Address } from "../plan/values/address.ts";
import { holdsPacket } from "../plan/values/holds-packet.ts";
import { equalValues, type Values, type Value } from "../plan/values/value.ts";
import { encodeBody } from "../plan/values/encode.ts";
import { isSameTuple } from "./initial-tuples.ts";

/** A plan, and the tables of a node that runs it. */
export interface ProgramState {
  readonly plan: Plan;
  readonly tables: readonly (Table | undefined)[];
}

interface KeptTable {
  readonly table: string;
  readonly rows: number;
}

interface LostRows {
  readonly table: string;
  readonly rows: number;
  /** Reason: another declaration, no declaration any more, or rows that contradict the signature of the next program. */
  readonly why: "declared otherwise" | "gone" | "wrong type";
}

/** Effect of a program swap on the tables. Leaves out the tables that the compiler made. */
export interface SwapReport {
  /** Tables with the same declaration, with the number of rows that they kept. */
  readonly kept: readonly KeptTable[];
  /** Derived tables, whose rows are recomputed. */
  readonly derived: readonly string[];
  /** Tables that lost rows. */
  readonly lost: readonly LostRows[];
  readonly added: readonly string[];
}

/**
 * The migration of a node's tables and tuples from one program to the next. Tables match when their declarations are equal; tuples are
 * translated to the predicates of the same name and arity. Used by `Node.replaceProgram`, before the next program's first step.
 */
export class ProgramSwap {
  readonly #previous: ProgramState;
  readonly #next: ProgramState;
  readonly #specs = new Map<PredicateSpec, PredicateSpec>();

  /**
   * `events` maps the timer predicates of the previous plan to the matching predicates of the next plan: the names of timer predicates
   * differ between plans.
   */
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

  /** Returns the table of the next program that continues a table of the previous one; undefined if no table has the same declaration. */
  #matchingTable({ predicate }: Table): Table | undefined {
    const spec = this.#specs.get(predicate);
    const matching = spec && this.#next.tables[spec.id];
    return matching !== undefined && this.#isCompatible(predicate, matching.predicate) ? matching : undefined;
  }

  /**
   * Returns the rows to insert into the next program's tables. Rows that only rules derive are left out, because the rules will derive them
   * again.
   */
  keptRows(): readonly BaseRow[] {
    return this.#previous.tables.flatMap((table) => {
      const matching = table && this.#matchingTable(table);
      if (table === undefined || matching === undefined || matching.spec.derived === "pure") return [];
      if (matching.spec.baseOf !== undefined) return [];
      return rowsOf(table)
        .filter((row) => row.isBase && isAdmitted(row.values, matching.predicate))
        .map((row) => ({ table: matching, values: this.#values(row.values), expires: row.expires }));
    });
  }

  /** Returns a function that tests whether the previous program had a row. The function takes the row's predicate in the next program. */
  had(): PreviousTables["had"] {
    const previousTables = new Map<number, Table>();
    for (const table of this.#previous.tables) {
      const matching = table && this.#matchingTable(table);
      if (table !== undefined && matching !== undefined) previousTables.set(matching.predicate.id, table);
    }
    return (predicate, values) => holdsRow(previousTables.get(predicate), values);
  }

  /** Returns the rows of the previous program that the next one does not have. To be called when the next tables are complete. */
  removedRows(): readonly { readonly table: Table; readonly values: Values }[] {
    return this.#previous.tables.flatMap((table) => {
      if (table === undefined) return [];
      const matching = this.#matchingTable(table);
      return rowsOf(table)
        .filter(({ values }) => !holdsRow(matching, this.#values(values)))
        .map(({ values }) => ({ table, values }));
    });
  }

  /**
   * Translates a tuple to the next plan. Undefined if the next plan has no such predicate, or if the predicate's signature does not admit
   * the tuple.
   */
  tuple({ predicate, args, isDelete }: Tuple): Tuple | undefined {
    const spec = this.#specs.get(predicate) ?? (this.#next.plan.predicates.includes(predicate) ? predicate : undefined);
    if (spec === undefined || !(isDelete || isAdmitted(args, spec))) return undefined;
    return { predicate: spec, args: this.#values(args), isDelete };
  }

  /**
   * Returns the changes of the first step: deletes the facts that only the previous program had, unless their rows have changed since, and
   * inserts the facts that only the next program has, and all facts of tables whose rows are not kept.
   */
  changes(previousFacts: readonly Tuple[], nextFacts: readonly Tuple[]): readonly Tuple[] {
    const had = this.had();
    const matches = new Set(this.#previous.tables.map((table) => table && this.#matchingTable(table)?.predicate));
    const known = previousFacts.flatMap((tuple) => this.tuple(tuple) ?? []);
    const isFactOf = (tuple: Tuple, among: readonly Tuple[]): boolean => among.some((one) => isSameTuple(one, tuple));
    const withdrawn = known.filter(
      (tuple) =>
        tuple.predicate.table !== undefined && !isFactOf(tuple, nextFacts) && had(tuple.predicate.id, tuple.args),
    );
    const isKept = ({ predicate }: Tuple): boolean => predicate.table === undefined || matches.has(predicate);
    const fresh = nextFacts.filter((tuple) => !isKept(tuple) || !isFactOf(tuple, known));
    return [...withdrawn.map((tuple) => ({ ...tuple, isDelete: true })), ...fresh];
  }

  report(): SwapReport {
    const named = this.#previous.tables.filter(
      (table): table is Table => table !== undefined && !table.predicate.name.includes("?"),
    );
    const matches = named.map((table) => ({ table, matching: this.#matchingTable(table) }));
    const kept = matches.flatMap(({ table, matching }) => {
      if (matching === undefined) return [];
      const rows = rowsOf(table).filter((row) => row.isBase);
      return [{ matching, rows, admitted: rows.filter(({ values }) => isAdmitted(values, matching.predicate)) }];
    });
    const names = new Set(named.map((table) => table.predicate.name));
    return {
      kept: kept
        .filter(({ matching }) => matching.spec.derived !== "pure")
        .map(({ matching, admitted }) => ({ table: matching.predicate.name, rows: admitted.length })),
      derived: kept
        .filter(({ matching }) => matching.spec.derived === "pure")
        .map(({ matching }) => matching.predicate.name),
      lost: [
        ...matches.flatMap(({ table, matching }): readonly LostRows[] => {
          if (matching !== undefined) return [];
          const { name } = table.predicate;
          const isDeclared = this.#next.tables.some((other) => other?.predicate.name === name);
          return [{ table: name, rows: table.count, why: isDeclared ? "declared otherwise" : "gone" }];
        }),
        ...kept.flatMap(({ matching, rows, admitted }): readonly LostRows[] => {
          const lost = rows.length - admitted.length;
          return lost === 0 || matching.spec.derived === "pure"
            ? []
            : [{ table: matching.predicate.name, rows: lost, why: "wrong type" }];
        }),
      ],
      added: this.#next.tables.flatMap((table) => {
        const name = table?.predicate.name ?? "?";
        return name.includes("?") || names.has(name) ? [] : [name];
      }),
    };
  }

  /** Whether rows of one table fit the other. Rows in a table that the compiler made for a rule fit only if the rule is unchanged. */
  #isCompatible(one: PredicateSpec, other: PredicateSpec): boolean {
    if (one.table === undefined || other.table === undefined || !sameDeclaration(one.table, other.table)) return false;
    if (!one.name.includes("?")) return true;
    const rule = one.name.slice(0, one.name.indexOf("?"));
    return operatorsOf(rule, this.#previous.plan) === operatorsOf(rule, this.#next.plan);
  }

  #values(values: Values): Values {
    return values.some(holdsPacket) ? values.map((value) => this.#value(value)) : values;
  }

  #value(value: Value): Value {
    if (value instanceof Packet) return this.#packet(value);
    if (value instanceof Address) return this.#address(value);
    return Array.isArray(value) ? this.#values(value as Values) : value;
  }

  #address(address: Address): Address {
    if (!holdsPacket(address)) return address;
    return new Address(address.overlay, this.#value(address.node), this.#values(address.options));
  }

  /**
   * Translates a packet to the next plan. If this plan does not have the predicate of the packet, encodes the packet as if another node had
   * wrapped it.
   */
  #packet(packet: Packet): Packet {
    if (packet.tuple === undefined) return packet;
    const tuple = this.tuple(packet.tuple);
    if (tuple !== undefined) return Packet.of(tuple);
    // If the arguments cannot be encoded, no datagram could hold the packet either. The decoder refuses the empty body.
    const body = encodeBody(packet.tuple.args) ?? new Uint8Array(0);
    return Packet.inTransit(packet.hash, packet.hops, body);
  }
}

/** Returns a log message for each table that lost rows whose values contradict its new signature. */
export function lostRowMessages({ lost }: SwapReport): readonly string[] {
  return lost
    .filter(({ why }) => why === "wrong type")
    .map(({ table, rows }) => `\`${table}\` lost ${countOf(rows, "row")} whose values contradict its new signature`);
}

function holdsRow(table: Table | undefined, values: Values): boolean {
  return table?.matching(values).some((row) => equalValues(row.values, values)) === true;
}

function rowsOf(table: Table): readonly Row[] {
  const rows: Row[] = [];
  for (let row = table.first; row !== null; row = row.next) rows.push(row);
  return rows;
}

/** Whether the signature of a predicate admits the values. */
function isAdmitted(values: Values, { signature }: PredicateSpec): boolean {
  return signature === undefined || signature.every((type, column) => admits(type, values[column] as Value));
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

/** The operators of a rule's strands, as text to compare. */
function operatorsOf(rule: string, { strands }: Plan): string {
  return JSON.stringify(strands.filter(({ origin }) => origin.rule === rule).map(({ operators }) => operators));
}
