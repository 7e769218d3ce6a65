import { formatLocation, type WatchLine } from "../../runtime/observe/watch.ts";
import type { JsonValue } from "../../runtime/plan/values/json-value.ts";
import type { Attachment, Host } from "../topology/topology.ts";
import type { RouteColumns } from "../topology/topology-document.ts";

/** Where a host sends what is for another, by the names of hosts. */
export interface Route {
  readonly to: string;
  readonly next: string;
  readonly cost: number | undefined;
}

/** The tables of routes of all hosts, kept up to date by what the nodes report of them. */
export class Routes {
  readonly #columns: RouteColumns;
  readonly #names: Map<string, string>;
  /** By host, then by destination. */
  readonly #tables: ReadonlyMap<string, Map<string, Route>>;

  constructor(hosts: readonly Host[], columns: RouteColumns) {
    this.#columns = columns;
    this.#names = new Map(hosts.flatMap(({ name, address, visible }) => [address, visible].map((one) => [one, name])));
    this.#tables = new Map(hosts.map(({ name }) => [name, new Map()]));
  }

  /** Takes in a report of a host; true when a route of it has changed. */
  apply(host: string, { op, tuple }: WatchLine): boolean {
    const table = this.#tables.get(host);
    const route = tuple[0] === this.#columns.table ? this.#read(tuple) : undefined;
    if (table === undefined || route === undefined) return false;
    const known = table.get(route.to);
    if (op === "+") table.set(route.to, route);
    else if (op === "-" && known?.next === route.next && known.cost === route.cost) table.delete(route.to);
    return table.get(route.to)?.next !== known?.next;
  }

  /** A host has another address from now on. */
  addAddresses(host: string, { address, visible }: Attachment): void {
    this.#names.set(address, host).set(visible, host);
  }

  /** A host that went down knows nothing any more. */
  clear(host: string): void {
    this.#tables.get(host)?.clear();
  }

  /** The routes of a host, by destination. */
  of(host: string): readonly Route[] {
    return [...(this.#tables.get(host)?.values() ?? [])].sort((one, other) => (one.to < other.to ? -1 : 1));
  }

  /** The hosts a packet passes, both ends included; undefined when some host on the way has no route, or it goes in a circle. */
  path(from: string, to: string): readonly string[] | undefined {
    const path = [from];
    for (let at = from; at !== to; ) {
      const next = this.#tables.get(at)?.get(to)?.next;
      if (next === undefined || path.includes(next)) return undefined;
      path.push(next);
      at = next;
    }
    return path;
  }

  #read(tuple: WatchLine["tuple"]): Route | undefined {
    const { to, next, cost } = this.#columns;
    const destination = tuple[to];
    const hop = tuple[next];
    if (!isName(destination) || !isName(hop)) return undefined;
    const price = cost === undefined ? undefined : readCost(tuple[cost]);
    return { to: this.#nameOf(formatLocation(destination)), next: this.#nameOf(formatLocation(hop)), cost: price };
  }

  #nameOf(address: string): string {
    return this.#names.get(address) ?? address;
  }
}

/** Whether a value can name a host: an address, also one of an overlay, or an id. */
function isName(value: JsonValue | undefined): value is JsonValue {
  if (typeof value !== "object" || value === null) return typeof value === "string";
  return "address" in value || "id" in value;
}

/** Returns a cost. Infinity has no plain form in JSON, and stands for a value that is no number too. */
function readCost(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : Infinity;
}

/** `a → c → b` */
export function formatPath(path: readonly string[]): string {
  return path.join(" → ");
}
