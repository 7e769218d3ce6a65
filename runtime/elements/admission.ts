import { admits } from "../plan/column-type.ts";
import type { Packet, Tuple } from "../plan/packet.ts";
import type { Plan, PredicateSpec } from "../plan/plan.ts";
import { rowsOf, Train } from "../plan/train.ts";
import type { Row, Value } from "../plan/value.ts";
import { decodeFields } from "../wire/decode.ts";
import { fieldsOfBodies, fieldsOfDatagrams, tupleOfTrain } from "../wire/decode-train.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/element-spec.ts";

export const spec: ElementSpec = {
  name: "Admission",
  manual: `
Admission(plan)

Default deny: opens what came over the network only when a loaded program expects it, with the number and the types
of arguments that the compiler inferred. Inserting and deleting are separate rights. A train is one tuple.

Ports   in: encoded tuples. out: tuples.
Drops   "not accepted": a known predicate that the network may not bring; "unknown predicate"; "wrong type";
        "malformed": fields that cannot be read.
Reads   counters: encoded tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node; NetworkIn and OverlayRecvUnwrap share it.
See     NetworkIn, OverlayRecvUnwrap
`,
  inputs: "1",
  outputs: "1",
  drops: ["not accepted", "unknown predicate", "wrong type", "malformed"],
};

interface Right {
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
  readonly isAccepted: boolean;
}

export class Admission {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #rights = new Map<number, Right>();

  constructor(plan: Plan) {
    for (const predicate of plan.predicates) {
      const { tuple, remove, acceptTuple, acceptRemove } = predicate.wire;
      if (!this.#rights.has(tuple)) this.#rights.set(tuple, { predicate, isDelete: false, isAccepted: acceptTuple });
      if (remove !== 0) this.#rights.set(remove, { predicate, isDelete: true, isAccepted: acceptRemove });
    }
  }

  /** The tuples in a packet from elsewhere: none when it is not for this node to have, several of an uneven train. */
  open({ hash, body }: Packet): readonly Tuple[] {
    if (body === undefined) return [];
    if (body instanceof Train) {
      const tuple = this.#join(hash, (arity) => fieldsOfBodies(body, arity));
      if (tuple !== undefined) return [tuple];
    }
    return rowsOf(body).flatMap((row) => this.decode(hash, row, 0, row.length) ?? []);
  }

  /** The one tuple that a train of datagrams amounts to; undefined when they must be looked at one by one. */
  decodeTrain(train: Train): Tuple | undefined {
    const encoded = tupleOfTrain(train);
    return encoded && this.#join(encoded.hash, (arity) => fieldsOfDatagrams(train, encoded.hash, arity));
  }

  /** Whatever is wrong is found again, and counted, when each is looked at. */
  #join(hash: number, fieldsOf: (arity: number) => Value[] | undefined): Tuple | undefined {
    const right = this.#rights.get(hash);
    if (right === undefined || !right.isAccepted) return undefined;
    const { predicate, isDelete } = right;
    const args = fieldsOf(predicate.arity);
    if (args === undefined || !hasTypes(args, predicate, isDelete)) return undefined;
    this.counters.in++;
    this.counters.out++;
    return { predicate, args, isDelete };
  }

  /** The tuple whose fields are at `start` to `end` of `bytes`. */
  decode(hash: number, bytes: Uint8Array, start: number, end: number): Tuple | undefined {
    this.counters.in++;
    const right = this.#rights.get(hash);
    if (right === undefined) return this.#drop("unknown predicate");
    if (!right.isAccepted) return this.#drop("not accepted");
    const { predicate, isDelete } = right;
    const args = decodeFields(bytes, start, end, predicate.arity);
    if (args === undefined) return this.#drop("malformed");
    if (!hasTypes(args, predicate, isDelete)) return this.#drop("wrong type");
    this.counters.out++;
    return { predicate, args, isDelete };
  }

  #drop(reason: string): undefined {
    this.counters.drop(reason);
    return undefined;
  }
}

/** What a deletion has outside the key says nothing, and may be anything. */
function hasTypes(args: Row, { columns, table }: PredicateSpec, isDelete: boolean): boolean {
  const keys = isDelete && table !== undefined && table.keys.length > 0 ? table.keys : undefined;
  for (let column = 0; column < args.length; column++) {
    if (keys?.includes(column) === false) continue;
    if (!admits(columns[column] ?? 0, args[column] as Value)) return false;
  }
  return true;
}
