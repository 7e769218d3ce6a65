import type { Span } from "../../grammar/span.ts";
import type { TableDeclaration } from "../program/program.ts";
import type { CoreChannel, CoreProgram } from "./core.ts";

/**
 * Tables and events that rewriting adds. No program can name them: there is a `?` in each. The tables hold their rows for
 * ever.
 */
export class HiddenTables {
  readonly #declarations = new Map<string, TableDeclaration>();
  readonly #arities = new Map<string, number>();
  readonly channels: CoreChannel[] = [];

  has(table: string): boolean {
    return this.#declarations.has(table);
  }

  /** All tables, and the number of arguments of all predicates. */
  among(
    tables: ReadonlyMap<string, TableDeclaration>,
    arities: ReadonlyMap<string, number>,
  ): Pick<CoreProgram, "tables" | "arities"> {
    return { tables: new Map([...tables, ...this.#declarations]), arities: new Map([...arities, ...this.#arities]) };
  }

  /** `wanted` when there is none of this name yet, or the next free one. All columns are the key unless `keys` says less. */
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
