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

/** Change of a route at a time. `next` is null if the route was removed. */
export interface RouteChange {
  readonly t: number;
  readonly host: string;
  readonly to: string;
  readonly next: string | null;
  /** Null if the route has no cost, or an infinite one. */
  readonly cost: number | null;
}

/** Changes that are kept. Later ones are only counted. */
const CHANGES_MAX = 100_000;

/** Route tables of all hosts, updated by the watch lines of their nodes. */
export class Routes {
  readonly #columns: RouteColumns;
  readonly #names: Map<string, string>;
  /** Routes by host, then by destination. */
  readonly #tables: ReadonlyMap<string, Map<string, Route>>;

  /** Changes of next hops and costs so far, in the order of time. */
  readonly changes: RouteChange[] = [];
  /** Number of changes that are not in `changes`. */
  unkept = 0;

  constructor(hosts: readonly Host[], columns: RouteColumns) {
    this.#columns = columns;
    this.#names = new Map(hosts.flatMap(({ name, address, visible }) => [address, visible].map((one) => [one, name])));
    this.#tables = new Map(hosts.map(({ name }) => [name, new Map()]));
  }

  /** Applies a watch line of a host at a time. Returns true if a next hop has changed. */
  apply(host: string, { op, tuple }: WatchLine, at: number): boolean {
    const table = this.#tables.get(host);
    const route = tuple[0] === this.#columns.table ? this.#read(tuple) : undefined;
    if (table === undefined || route === undefined) return false;
    const known = table.get(route.to);
    if (op === "+") table.set(route.to, route);
    else if (op === "-" && known?.next === route.next && known.cost === route.cost) table.delete(route.to);
    const now = table.get(route.to);
    if (now?.next !== known?.next || now?.cost !== known?.cost) this.#keep(at, host, route.to, now);
    return now?.next !== known?.next;
  }

  #keep(t: number, host: string, to: string, route: Route | undefined): void {
    if (this.changes.length >= CHANGES_MAX) {
      this.unkept++;
      return;
    }
    const cost = route?.cost ?? null;
    this.changes.push({ t, host, to, next: route?.next ?? null, cost: Number.isFinite(cost) ? cost : null });
  }

  /** Adds the addresses of a host that has moved. The previous addresses still name the host. */
  addAddresses(host: string, { address, visible }: Attachment): void {
    this.#names.set(address, host).set(visible, host);
  }

  /** Removes all routes of a host that went down. */
  clear(host: string, at: number): void {
    for (const to of this.#tables.get(host)?.keys() ?? []) this.#keep(at, host, to, undefined);
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

/** Whether a value can name a host: an address in the IP network or in an overlay, or an id. */
function isName(value: JsonValue | undefined): value is JsonValue {
  if (typeof value !== "object" || value === null) return typeof value === "string";
  return "address" in value || "id" in value;
}

/** Returns a cost. JSON has no number for infinity, so any value other than a number counts as infinite. */
function readCost(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : Infinity;
}

/** Formats a path for people: `a → c → b`. */
export function formatPath(path: readonly string[]): string {
  return path.join(" → ");
}
