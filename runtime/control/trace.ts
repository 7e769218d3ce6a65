import type { Node } from "../node/node.ts";
import type { Sighting } from "../observe/snitch.ts";
import { watchedTuple } from "../observe/watch.ts";
import { formatTuple, formatValue } from "../plan/values/format.ts";
import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";
import type { Reply, TraceLine } from "./reply.ts";
import type { RequestId, ValueForm } from "./request.ts";

/** What crosses the edges of a node's graph, as lines for one client. What the client has no room for is counted. */
export class Trace {
  readonly #node: Node;
  readonly #id: RequestId;
  /** Undefined for everything. */
  readonly #wanted: Wanted | undefined;
  readonly #form: ValueForm;
  readonly #send: (reply: Reply) => boolean;
  readonly #detach: () => void;
  #missed = 0;

  /** `send` is false, and nothing is sent, while the client has no room. */
  constructor(
    node: Node,
    id: RequestId,
    predicate: string | undefined,
    form: ValueForm,
    send: (reply: Reply) => boolean,
  ) {
    this.#node = node;
    this.#id = id;
    this.#wanted = predicate === undefined ? undefined : wantedOf(predicate, node);
    this.#form = form;
    this.#send = send;
    this.#detach = node.snitch.attach((sighting) => this.#see(sighting));
  }

  /** The client has room again. */
  resume(): void {
    if (this.#missed > 0 && this.#send({ id: this.#id, missed: this.#missed })) this.#missed = 0;
  }

  end(): void {
    this.#detach();
  }

  #see(sighting: Sighting): void {
    if (!this.#isWanted(sighting)) return;
    if (this.#missed > 0 || !this.#send({ id: this.#id, seen: this.#seen(sighting) })) this.#missed++;
  }

  /** Of one predicate: its tuples, also within packets. What is dropped or taken back may have been of it. */
  #isWanted(sighting: Sighting): boolean {
    return this.#wanted === undefined || !("tuple" in sighting) || holds(sighting.tuple, this.#wanted);
  }

  #seen(sighting: Sighting): TraceLine {
    const t = this.#node.uptime;
    switch (sighting.kind) {
      case "crossing": {
        const { edge, tuple, place } = sighting;
        const loc = place === undefined || place === null ? {} : { loc: placeText(place) };
        return { t, kind: "crossing", ...edge, ...this.#rule(edge.from, edge.to), ...this.#tuple(tuple), ...loc };
      }
      case "derived":
        return { t, kind: "derived", op: sighting.tuple.isDelete ? "-" : "+", ...this.#tuple(sighting.tuple) };
      case "dropped":
        return { t, kind: "dropped", from: sighting.element, reason: sighting.reason };
      case "undone":
        return { t, kind: "undone", rule: sighting.rule, reason: `limit of ${sighting.limit}` };
    }
  }

  #rule(from: string, to: string): { readonly rule?: string } {
    const rule = this.#node.snitch.ruleAt(from) ?? this.#node.snitch.ruleAt(to);
    return rule === undefined ? {} : { rule };
  }

  /** A packet is closed while it is in transit; its hash says what it is. */
  #predicateOf({ hash }: Packet): string | undefined {
    return this.#node.plan.predicates.find(({ wire }) => wire.tuple === hash || wire.remove === hash)?.name;
  }

  #tuple({ predicate, args, isDelete }: Tuple): Pick<TraceLine, "tuple" | "op" | "carries"> {
    const op = isDelete ? ({ op: "-" } as const) : {};
    const closed = args.find((value) => value instanceof Packet && value.tuple === undefined);
    const carried = closed instanceof Packet ? this.#predicateOf(closed) : undefined;
    const tuple = this.#form === "text" ? formatTuple(predicate.name, args) : watchedTuple(predicate.name, args);
    return { tuple, ...op, ...(carried === undefined ? {} : { carries: carried }) };
  }
}

function placeText(place: Value): string {
  return typeof place === "string" ? place : formatValue(place);
}

/** A predicate by its name, and by the hashes that it has within packets that are still closed. */
interface Wanted {
  readonly name: string;
  readonly hashes: ReadonlySet<number>;
}

function wantedOf(name: string, { plan }: Node): Wanted {
  const specs = plan.predicates.filter((spec) => spec.name === name);
  return { name, hashes: new Set(specs.flatMap(({ wire }) => [wire.tuple, wire.remove])) };
}

function holds({ predicate, args }: Tuple, wanted: Wanted): boolean {
  if (predicate.name === wanted.name) return true;
  return args.some((value) => value instanceof Packet && carries(value, wanted));
}

function carries({ hash, tuple }: Packet, wanted: Wanted): boolean {
  return wanted.hashes.has(hash) || (tuple !== undefined && holds(tuple, wanted));
}
