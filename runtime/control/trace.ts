import type { Node } from "../node/node.ts";
import { shownValues } from "../observe/shown-values.ts";
import type { Sighting } from "../observe/snitch.ts";
import { formatTuple } from "../plan/values/format.ts";
import { encodeTuple, encodeValue } from "../plan/values/json-value.ts";
import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Reply, TraceLine } from "./reply.ts";
import type { RequestId, ValueForm } from "./request.ts";

/**
 * Trace for one client: a line per sighting of the snitch. Lines are counted instead of sent while the client has too many unread bytes.
 */
export class Trace {
  readonly #node: Node;
  readonly #id: RequestId;
  /** Traced predicate; undefined traces everything. */
  readonly #predicate: TracedPredicate | undefined;
  readonly #form: ValueForm;
  readonly #send: (reply: Reply) => boolean;
  readonly #detach: () => void;
  #missed = 0;

  /** `send` returns false, and sends nothing, while the client has too many unread bytes. */
  constructor(
    node: Node,
    id: RequestId,
    predicate: string | undefined,
    form: ValueForm,
    send: (reply: Reply) => boolean,
  ) {
    this.#node = node;
    this.#id = id;
    this.#predicate = predicate === undefined ? undefined : tracedPredicate(predicate, node);
    this.#form = form;
    this.#send = send;
    this.#detach = node.snitch.attach((sighting) => this.#report(sighting));
  }

  /** Reports the number of missed lines. Called when the client has read enough. */
  resume(): void {
    if (this.#missed > 0 && this.#send({ id: this.#id, missed: this.#missed })) this.#missed = 0;
  }

  end(): void {
    this.#detach();
  }

  #report(sighting: Sighting): void {
    if (!this.#isTraced(sighting)) return;
    if (this.#missed > 0 || !this.#send({ id: this.#id, seen: this.#lineOf(sighting) })) this.#missed++;
  }

  /** Whether to report a sighting: tuples of the predicate, also inside packets, and all drops, failed derivations and undone steps. */
  #isTraced(sighting: Sighting): boolean {
    return this.#predicate === undefined || !("tuple" in sighting) || holds(sighting.tuple, this.#predicate);
  }

  #lineOf(sighting: Sighting): TraceLine {
    const moment = { t: this.#node.uptime, node: this.#node.name };
    switch (sighting.kind) {
      case "crossing": {
        const { edge, tuple, location } = sighting;
        const loc =
          location === undefined || location === null ? {} : { loc: encodeValue(shownValues([location])[0] ?? null) };
        return {
          ...moment,
          kind: "crossing",
          ...edge,
          ...this.#rule(edge.from, edge.to),
          ...this.#tuple(tuple),
          ...loc,
        };
      }
      case "derived":
        return { ...moment, kind: "derived", ...this.#tuple(sighting.tuple) };
      case "dropped":
        return { ...moment, kind: "dropped", from: sighting.element, reason: sighting.reason };
      case "failed":
        return { ...moment, kind: "failed", rule: sighting.rule, reason: sighting.reason };
      case "undone":
        return { ...moment, kind: "undone", rule: sighting.rule, reason: `limit of ${sighting.limit}` };
    }
  }

  #rule(from: string, to: string): { readonly rule?: string } {
    const rule = this.#node.snitch.ruleAt(from) ?? this.#node.snitch.ruleAt(to);
    return rule === undefined ? {} : { rule };
  }

  /** Returns the predicate of an encoded packet, by its hash. */
  #predicateOf({ hash }: Packet): string | undefined {
    return this.#node.plan.predicates.find(({ wire }) => wire.tuple === hash || wire.remove === hash)?.name;
  }

  #tuple({ predicate, args, isDelete }: Tuple): Pick<TraceLine, "tuple" | "op" | "carries" | "cut"> {
    const op = isDelete ? "-" : predicate.table === undefined ? "event" : "+";
    const undecoded = args.find((value) => value instanceof Packet && value.tuple === undefined);
    const carried = undecoded instanceof Packet ? this.#predicateOf(undecoded) : undefined;
    const shown = shownValues(args);
    const tuple = this.#form === "text" ? formatTuple(predicate.name, shown) : encodeTuple(predicate.name, shown);
    const cut = shown === args ? {} : { cut: true as const };
    return { op, tuple, ...cut, ...(carried === undefined ? {} : { carries: carried }) };
  }
}

/** Traced predicate: its name, and its hashes in encoded packets. */
interface TracedPredicate {
  readonly name: string;
  readonly hashes: ReadonlySet<number>;
}

function tracedPredicate(name: string, { plan }: Node): TracedPredicate {
  const specs = plan.predicates.filter((spec) => spec.name === name);
  return { name, hashes: new Set(specs.flatMap(({ wire }) => [wire.tuple, wire.remove])) };
}

function holds({ predicate, args }: Tuple, traced: TracedPredicate): boolean {
  if (predicate.name === traced.name) return true;
  return args.some((value) => value instanceof Packet && carries(value, traced));
}

function carries({ hash, tuple }: Packet, traced: TracedPredicate): boolean {
  return traced.hashes.has(hash) || (tuple !== undefined && holds(tuple, traced));
}
