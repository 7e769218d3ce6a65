import { formatPath, type Routes } from "./routes.ts";

/** Path between two hosts from a time on. Null if there is none. */
export interface PathChange {
  readonly t: number;
  readonly path: string | null;
}

/** Longest gap between two paths that does not count. In a lab a node reports the replacement of a route in two lines, old and new. */
const GAP_SECONDS = 0.1;

/** Record of the path that the route tables of a run show between two hosts. */
export class PathRecord {
  readonly changes: PathChange[] = [{ t: 0, path: null }];
  readonly #from: string;
  readonly #to: string;

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }

  /** Adds the path that the routes give at a time, if it has changed. Several changes at one time, and a short gap, count as one change. */
  add(at: number, routes: Routes): void {
    const hosts = routes.path(this.#from, this.#to);
    const path = hosts === undefined ? null : formatPath(hosts);
    const last = this.changes.at(-1);
    const isReplaced = last !== undefined && (last.t === at || (last.path === null && at - last.t < GAP_SECONDS));
    if (isReplaced) this.changes.pop();
    const t = isReplaced ? last.t : at;
    if (this.changes.length === 0 || this.changes.at(-1)?.path !== path) this.changes.push({ t, path });
  }
}
