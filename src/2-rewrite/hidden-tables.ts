import type { Span } from "../../grammar/span.ts";
import type { TableDeclaration } from "../program/program.ts";
import type { CoreChannel, CoreProgram } from "./core.ts";

/**
 * Tables and events that rewriting adds. Programs cannot name them, because each name contains a `?`. The tables have no lifetime and no
 * size limit.
 */
export class HiddenTables {
  readonly #declarations = new Map<string, TableDeclaration>();
  readonly #arities = new Map<string, number>();
  readonly channels: CoreChannel[] = [];

  has(table: string): boolean {
    return this.#declarations.has(table);
  }

  /** Returns the given tables and arities together with the hidden ones. */
  mergedWith(
    tables: ReadonlyMap<string, TableDeclaration>,
    arities: ReadonlyMap<string, number>,
  ): Pick<CoreProgram, "tables" | "arities"> {
    return { tables: new Map([...tables, ...this.#declarations]), arities: new Map([...arities, ...this.#arities]) };
  }

  /** Adds a table and returns its name: `wanted`, with a number if it is taken. Without `keys` all columns are the key. */
  add(wanted: string, arity: number, span: Span, keys?: readonly number[]): string {
    const name = this.addEvent(wanted, arity);
    this.#declarations.set(name, {
      name,
      lifetime: Infinity,
      size: Infinity,
      keys: keys ?? Array.from({ length: arity }, (_, column) => column),
      keySpans: [],
      evict: { policy: "fifo" },
      span,
    });
    return name;
  }

  addEvent(wanted: string, arity: number): string {
    let name = wanted;
    for (let number = 2; this.#arities.has(name); number++) name = `${wanted}${number}`;
    this.#arities.set(name, arity);
    return name;
  }
}
