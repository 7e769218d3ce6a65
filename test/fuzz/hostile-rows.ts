import type { ChannelSpec, Plan } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { ADDRESSES } from "./fuzzed-program.ts";
import type { HostileValues } from "./hostile-values.ts";
import { columnName, type Recording } from "./recorded-tuples.ts";

interface Stream {
  readonly id: number;
  next: number;
}

/** Streams remembered, so that the generator itself stays small. */
const STREAMS_MAX = 10_000;
const IDS_MAX = 256;

/** Messages of the events `?rows` and `?heard` (docs/wire.md) that continue their streams, and so reach the tables. */
export class HostileRows {
  readonly #inlets: readonly PredicateSpec[];
  /** Inlets whose rows end in the depth and the proof of a derivation. */
  readonly #proved: ReadonlySet<PredicateSpec>;
  /** Ids in the proofs that nodes exchanged. */
  readonly #ids: readonly bigint[];
  readonly #values: HostileValues;
  readonly #streams = new Map<string, Stream>();

  constructor({ channels, predicates }: Plan, { tuples }: Recording, values: HostileValues) {
    const spec = ({ inlet }: ChannelSpec): PredicateSpec => predicates[inlet] as PredicateSpec;
    this.#inlets = [...new Set(channels.map(spec))];
    this.#proved = new Set(channels.filter(({ hasProofs }) => hasProofs).map(spec));
    const messages = tuples.filter(({ predicate }) => predicate.role.kind === "rows");
    this.#ids = [...new Set(messages.flatMap(({ args }) => idsIn(args)))].slice(0, IDS_MAX);
    this.#values = values;
  }

  message(from: string, to: number): Values {
    const values = this.#values;
    const receiver = values.chance(0.9) ? (ADDRESSES[to] as string) : values.address();
    const stream = this.#stream(`${from} ${to} ${receiver}`);
    const number = values.chance(0.9) ? stream.next++ : stream.next + values.integer(80);
    const count = values.chance(0.02) ? 3000 : values.integer(17);
    return [receiver, stream.id, number, values.chance(0.2), Array.from({ length: count }, () => this.#change())];
  }

  /** Acknowledges any message of any stream, known or not. */
  acknowledgement(): Values {
    const values = this.#values;
    const known = [...this.#streams.values()].slice(0, 100);
    const id = known.length > 0 && values.chance(0.5) ? values.pick(known).id : values.integer(2 ** 48);
    return [id, values.chance(0.3) ? values.ofType(0) : values.integer(100)];
  }

  #stream(key: string): Stream {
    const known = this.#streams.get(key);
    if (known !== undefined && !this.#values.chance(0.02)) return known;
    if (this.#streams.size >= STREAMS_MAX) this.#streams.clear();
    const stream = { id: 1 + this.#values.integer(2 ** 48), next: 1 };
    this.#streams.set(key, stream);
    return stream;
  }

  #change(): Values {
    const inlet = this.#values.pick(this.#inlets);
    const row = this.#row(inlet);
    const isProved = this.#proved.has(inlet) && this.#values.chance(0.9);
    return [inlet.wire.tuple, this.#values.chance(0.8), ...(isProved ? [...row.slice(0, -2), ...this.#proof()] : row)];
  }

  /** Returns a depth and a proof that a derivation may have. Its ids are often those of rows that nodes really derived. */
  #proof(): Values {
    const length = this.#values.integer(6);
    const ids = Array.from({ length }, () => this.#id());
    return [this.#values.integer(length + 1), ids];
  }

  #id(): bigint {
    const isReal = this.#ids.length > 0 && this.#values.chance(0.5);
    return isReal ? this.#values.pick(this.#ids) : BigInt(1 + this.#values.integer(2 ** 48));
  }

  /** Returns the columns of a row behind the first, which is the sender. Their values often join with the rows of the node. */
  #row(inlet: PredicateSpec): readonly Value[] {
    return inlet.columns.slice(1).map((type, at) => {
      if (this.#values.chance(0.5)) return this.#values.address();
      if (this.#values.chance(0.3)) return this.#values.pick([-5, -0.001, 0, 1, 3, 1e300, -1e300, Infinity, -Infinity]);
      return this.#values.column(columnName(inlet, at + 1), type);
    });
  }
}

function idsIn(value: Value): readonly bigint[] {
  if (typeof value === "bigint") return [value];
  return Array.isArray(value) ? (value as Values).flatMap(idsIn) : [];
}
