import { Address } from "../../runtime/plan/values/address.ts";
import type { ColumnType } from "../../runtime/plan/values/column-type.ts";
import { LAYERS_MAX, Packet } from "../../runtime/plan/values/packet.ts";
import { compare, type Kind, kinds, type Value, type Values } from "../../runtime/plan/values/value.ts";
import { encodeBody } from "../../runtime/plan/values/encode.ts";
import { DEPTH_MAX } from "../../runtime/plan/values/encoding-limits.ts";
import type { RandomStream } from "../../runtime/world/random.ts";

const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  3,
  16,
  64,
  255,
  256,
  1e-9,
  -1e-9,
  0.1,
  0.5,
  0.99,
  1.5,
  -2.25,
  NaN,
  Infinity,
  -Infinity,
  5e-324,
  1e308,
  -1e308,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 48,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53) + 1,
  -(2 ** 53),
];
const IDS: readonly bigint[] = [0n, 1n, 255n, 2n ** 64n, 2n ** 128n, 2n ** 159n, 2n ** 160n - 2n, 2n ** 160n - 1n];
const TEXTS: readonly string[] = [
  "",
  "\0",
  '"',
  "\\",
  "NIL",
  "localhost:1",
  "10.0.0.1:0",
  "10.0.0.1:99999",
  "[::1]:1",
  ":",
  "6.6.6.6:6",
  "\ud800",
  "\udc00x",
  "a\ud83d",
  "😀".repeat(40),
  "é".repeat(63),
  "*".repeat(200),
  "a".repeat(1000),
];
const OVERLAYS: readonly string[] = ["ron", "sr", "i3", "o_2.a", "ip"];

/** Lengths of long strings, byte strings and lists. */
const LONG: readonly number[] = [127, 128, 1000, 4000, 16_384, 60_000, 200_000];
const LONG_LIST: readonly number[] = [64, 512, 4096, 20_000];

/** Values that a network really uses, by which hostile values meet its rows. */
export interface RealValues {
  readonly addresses: readonly string[];
  /** Recorded values by column (`name/arity/column`). */
  readonly byColumn: ReadonlyMap<string, readonly Value[]>;
  /** Wire hashes of the predicates that the program accepts. */
  readonly hashes: readonly number[];
}

/** Random values of any kind, with the edges of each kind. One stream decides all of them. */
export class HostileValues {
  readonly #random: RandomStream;
  readonly #real: RealValues;

  constructor(random: RandomStream, real: RealValues) {
    this.#random = random;
    this.#real = real;
  }

  /** Returns true with the probability `share`. */
  chance(share: number): boolean {
    return this.#random.next() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#random.integer(list.length)] as T;
  }

  integer(below: number): number {
    return this.#random.integer(below);
  }

  /** Returns a value for a column: one that the column really had, or any value of a kind that it admits. */
  column(name: string, type: ColumnType): Value {
    const real = this.#real.byColumn.get(name);
    if (real !== undefined && this.chance(0.4)) return this.#near(this.pick(real));
    return this.ofType(type);
  }

  ofType(type: ColumnType): Value {
    const admitted = type === 0 ? kinds : kinds.filter((_, at) => (type & (1 << at)) !== 0);
    return this.#ofKind(this.pick(admitted), 0);
  }

  address(): string {
    return this.pick(this.#real.addresses);
  }

  /** Returns the value, or a value of the same kind close to it. */
  #near(value: Value): Value {
    if (this.chance(0.6)) return value;
    if (typeof value === "number") return value + this.pick([1, -1, 0.5, 1e6, -value, -2 * value]);
    if (typeof value === "bigint") return BigInt.asUintN(160, value + this.pick([1n, -1n, 2n ** 80n]));
    if (typeof value === "string") return this.#text();
    if (Array.isArray(value) && value.length > 0) return this.#changedList(value as Values);
    return this.ofType(0);
  }

  #changedList(list: Values): Values {
    const at = this.#random.integer(list.length);
    switch (this.#random.integer(5)) {
      case 0:
        return [...list, ...list].slice(0, 1000);
      case 1:
        return list.toSpliced(at, 1);
      case 2:
        return list.with(at, this.ofType(0));
      default:
        return list.with(at, this.#near(list[at] as Value));
    }
  }

  #ofKind(kind: Kind, depth: number): Value {
    switch (kind) {
      case "null":
        return null;
      case "bool":
        return this.chance(0.5);
      case "number":
        return this.#number();
      case "string":
        return this.#text();
      case "id":
        return this.chance(0.5) ? this.pick(IDS) : this.#random.id160();
      case "address":
        return this.#overlayAddress(depth);
      case "bytes":
        return this.#bytes();
      case "list":
        return this.#list(depth);
      case "tuple":
        return this.#packet();
    }
  }

  #number(): number {
    switch (this.#random.integer(4)) {
      case 0:
        return this.#random.integer(20);
      case 1:
        return (this.#random.next() - 0.5) * 10 ** this.#random.integer(20);
      default:
        return this.pick(NUMBERS);
    }
  }

  #text(): string {
    switch (this.#random.integer(8)) {
      case 0:
      case 1:
      case 2:
        return this.address();
      case 3:
        return this.pick(TEXTS);
      case 4:
        return this.chance(0.04) ? this.pick(["x", "é", "😀"]).repeat(this.pick(LONG) / 4) : "long ".repeat(20);
      default:
        return `${this.#random.integer(256)}.${this.#random.integer(256)}.6.6:${this.#random.integer(65_536)}`;
    }
  }

  #bytes(): Uint8Array {
    const length = this.chance(0.01) ? this.pick(LONG) : this.#random.integer(100);
    const bytes = new Uint8Array(length).fill(this.#random.integer(256));
    if (length > 0 && this.chance(0.5)) bytes[0] = this.pick([0x45, 0x60, 0x46, 0x4f]);
    return bytes;
  }

  #list(depth: number): Values {
    if (depth === 0 && this.chance(0.02)) return this.#deepList();
    if (depth === 0 && this.chance(0.004)) return this.#longList();
    const items = Array.from({ length: this.#random.integer(5) }, () => this.#item(depth + 1));
    return this.chance(0.2) ? items.toSorted(compare) : items;
  }

  #longList(): Values {
    const items = Array.from({ length: 8 }, () => this.#item(2));
    return Array.from({ length: this.pick(LONG_LIST) }, (_, at) => (this.chance(0.5) ? at : (items[at % 8] as Value)));
  }

  #deepList(): Values {
    let list: Values = [this.#number()];
    for (let depth = 1; depth < DEPTH_MAX; depth++) list = [list];
    return list;
  }

  /** Returns a value within a list: simple ones mostly, because only `depth` 3 keeps lists of lists small. */
  #item(depth: number): Value {
    const kind = this.pick(kinds);
    const isNested = kind === "list" || kind === "address" || kind === "tuple";
    return isNested && depth > 3 ? this.#number() : this.#ofKind(kind, depth);
  }

  #overlayAddress(depth: number): Address {
    const overlay = this.pick(OVERLAYS);
    const options = this.chance(0.3)
      ? Array.from({ length: this.#random.integer(4) }, () => this.#item(depth + 2))
      : [];
    if (depth < 3 && this.chance(0.2)) return new Address(overlay, this.#overlayAddress(depth + 1), options);
    if (this.chance(0.3))
      return new Address(
        overlay,
        Array.from({ length: 1 + this.integer(6) }, () => this.#hop()),
        options,
      );
    return new Address(overlay, this.#hop(), options);
  }

  #hop(): Value {
    return this.chance(0.8) ? this.address() : this.#random.id160();
  }

  /** Returns a packet of some predicate, or up to 32 packets inside each other. */
  #packet(): Packet {
    const layers = this.chance(0.1) ? LAYERS_MAX : 1 + this.#random.integer(3);
    let packet = this.#layer([this.#number(), this.#text()]);
    for (let layer = 1; layer < layers; layer++) packet = this.#layer([this.address(), packet]);
    return packet;
  }

  #layer(args: Values): Packet {
    return Packet.inTransit(
      this.pick(this.#real.hashes),
      this.#random.integer(4),
      encodeBody(args) ?? new Uint8Array(),
    );
  }
}
