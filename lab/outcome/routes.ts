import { formatLocation, type WatchLine } from "../../runtime/observe/watch.ts";
import type { JsonValue } from "../../runtime/plan/values/json-value.ts";
import type { Attachment, Host } from "../topology/topology.ts";
import type { RouteColumns } from "../topology/topology-document.ts";

/** Route of a host: the next hop towards a destination, by the names of hosts. */
export interface Route {
  readonly to: string;
  readonly next: string;
  readonly cost: number | undefined;
}

/** Route tables of all hosts, updated by the watch lines of their nodes. */
export class Routes {
  readonly #columns: RouteColumns;
  readonly #names: Map<string, string>;
  /** Routes by host, then by destination. */
  readonly #tables: ReadonlyMap<string, Map<string, Route>>;

  constructor(hosts: readonly Host[], columns: RouteColumns) {
    this.#columns = columns;
    this.#names = new Map(hosts.flatMap(({ name, address, visible }) => [address, visible].map((one) => [one, name])));
    this.#tables = new Map(hosts.map(({ name }) => [name, new Map()]));
  }

  /** Applies a watch line of a host. Returns true if a next hop has changed. */
  apply(host: string, { op, tuple }: WatchLine): boolean {
    const table = this.#tables.get(host);
    const route = tuple[0] === this.#columns.table ? this.#read(tuple) : undefined;
    if (table === undefined || route === undefined) return false;
    const known = table.get(route.to);
    if (op === "+") table.set(route.to, route);
    else if (op === "-" && known?.next === route.next && known.cost === route.cost) table.delete(route.to);
    return table.get(route.to)?.next !== known?.next;
  }

  /** Adds the addresses of a host that has moved. The previous addresses keep their meaning. */
  addAddresses(host: string, { address, visible }: Attachment): void {
    this.#names.set(address, host).set(visible, host);
  }

  /** Removes all routes of a host that went down. */
  clear(host: string): void {
    this.#tables.get(host)?.clear();
  }

  /** Returns the routes of a host, sorted by destination. */
  of(host: string): readonly Route[] {
    return [...(this.#tables.get(host)?.values() ?? [])].sort((one, other) => (one.to < other.to ? -1 : 1));
  }

  /** Returns the hosts on the path of a packet, both ends included. Undefined if a host has no route or the path has a cycle. */
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
    const value = cost === undefined ? undefined : readCost(tuple[cost]);
    return { to: this.#nameOf(formatLocation(destination)), next: this.#nameOf(formatLocation(hop)), cost: value };
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

/** Returns a cost. JSON has no Infinity, so any value that is no number counts as infinite. */
function readCost(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : Infinity;
}

/** Formats a path for people: `a → c → b`. */
export function formatPath(path: readonly string[]): string {
  return path.join(" → ");
}
