import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { LAYERS_MAX, Packet } from "../../runtime/plan/values/packet.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { encodeBody, encodeTuple } from "../../runtime/plan/values/encode.ts";
import { splitMessage } from "../../runtime/wire/fragment.ts";
import { HEADER_BYTES, writeHeader } from "../../runtime/wire/header.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import type { RandomStream } from "../../runtime/world/random.ts";
import type { FuzzInput } from "./fuzz-input.ts";
import { ADDRESSES, VIRTUAL } from "./fuzzed-program.ts";
import { HostileRows } from "./hostile-rows.ts";
import { HostileValues } from "./hostile-values.ts";
import { type AcceptedForm, acceptedForms, columnName, type Recording } from "./recorded-tuples.ts";

/** Length of the longest UDP datagram over IPv4. */
const DATAGRAM_MAX = 65_507;
const PAYLOAD = 1452;
/** Stands for fields that no message could hold. */
const EMPTY: Uint8Array = new Uint8Array();

/** Sources outside the network: few that return, and many that are used once. */
const STRANGERS: readonly string[] = ["6.6.6.6:6", "6.6.6.6:7", "[2001:db8::6]:1", "127.0.0.1:1"];

const PAUSES: readonly number[] = [0, 0.001, 0.01, 0.1, 0.1, 1, 1, 7];
const PAUSE_SHARES: readonly number[] = [0.002, 0.02, 0.05];

/** Endless sequence of hostile inputs for a program, decided by a random stream. */
export class HostileInputs {
  readonly #values: HostileValues;
  readonly #forms: readonly AcceptedForm[];
  readonly #recording: Recording;
  readonly #rows: HostileRows;
  readonly #hasTun: boolean;
  #pauseShare = 0.02;

  constructor(plan: Plan, recording: Recording, hasTun: boolean, random: RandomStream) {
    this.#values = new HostileValues(random, recording.values);
    this.#forms = acceptedForms(plan);
    this.#recording = recording;
    this.#rows = new HostileRows(plan, recording, this.#values);
    this.#hasTun = hasTun;
  }

  next(): FuzzInput {
    const values = this.#values;
    if (values.chance(this.#pauseShare)) return this.#pause();
    const to = values.integer(ADDRESSES.length);
    if (this.#hasTun && values.chance(0.05)) return { kind: "packet", to, bytes: this.#devicePacket() };
    const from = this.#source();
    const choice = values.integer(100);
    // A program that accepts nothing gets damaged datagrams alone.
    if (choice < 4 || this.#forms.length === 0)
      return { kind: "datagrams", to, from, datagrams: [this.#damaged()], tuples: 1, isTrain: false };
    if (choice < 12) return this.#train(from, to);
    const tuples = Array.from({ length: choice < 40 ? 1 + values.integer(30) : 1 }, () => this.#tuple(from, to));
    return { kind: "datagrams", to, from, datagrams: this.#message(tuples), tuples: tuples.length, isTrain: false };
  }

  /** A pause may begin another phase: in some phases no time passes for many inputs. */
  #pause(): FuzzInput {
    this.#pauseShare = this.#values.pick(PAUSE_SHARES);
    return { kind: "pause", seconds: this.#values.pick(PAUSES) };
  }

  #source(): string {
    const values = this.#values;
    if (values.chance(0.5)) return values.pick(ADDRESSES);
    if (values.chance(0.5)) return values.pick(STRANGERS);
    return `${values.integer(223)}.${values.integer(256)}.${values.integer(256)}.6:${1 + values.integer(65_535)}`;
  }

  /** Returns a tuple that Admission accepts, encoded: one of the program's predicates with hostile values. */
  #tuple(from: string, to: number): Uint8Array {
    if (this.#recording.tuples.length > 0 && this.#values.chance(0.15)) return this.#recorded();
    return this.#encoded(this.#values.pick(this.#forms), from, to);
  }

  #encoded(form: AcceptedForm, from: string, to: number): Uint8Array {
    const writer = new Writer();
    encodeTuple(writer, form.hash, this.#args(form, from, to));
    return writer.copy(0, writer.length);
  }

  #args({ predicate }: AcceptedForm, from: string, to: number): Values {
    const { kind } = predicate.role;
    if (this.#values.chance(0.9)) {
      if (kind === "rows") return this.#rows.message(from, to);
      if (kind === "ack") return this.#rows.acknowledgement();
      if (kind === "send") return [this.#values.address(), this.#nested()];
    }
    return predicate.columns.map((type, column) => this.#values.column(columnName(predicate, column), type));
  }

  /** Returns a well-typed tuple as the payload of an overlay, in up to 32 layers and one more. */
  #nested(): Value {
    const carriers = this.#forms.filter(({ predicate }) => predicate.role.kind === "send");
    const layers = this.#values.chance(0.1) ? LAYERS_MAX + this.#values.integer(2) : this.#values.integer(3);
    const payload = this.#values.pick(this.#forms);
    let packet = Packet.inTransit(payload.hash, this.#hops(), encodeBody(this.#plainArgs(payload)) ?? EMPTY);
    for (let layer = 0; layer < layers; layer++) {
      const carrier = this.#values.pick(carriers);
      packet = Packet.inTransit(carrier.hash, this.#hops(), encodeBody([this.#values.address(), packet]) ?? EMPTY);
    }
    return packet;
  }

  #hops(): number {
    return this.#values.chance(0.1) ? 30 : this.#values.integer(3);
  }

  #plainArgs({ predicate }: AcceptedForm): Values {
    return predicate.columns.map((type, column) => this.#values.column(columnName(predicate, column), type));
  }

  /** Returns a tuple that nodes exchanged, as it was or with one value replaced by another of an admitted kind. */
  #recorded(): Uint8Array {
    const { predicate, isDelete, args } = this.#values.pick(this.#recording.tuples);
    const column = this.#values.integer(args.length);
    const value = this.#values.column(columnName(predicate, column), predicate.columns[column] ?? 0);
    const isChanged = args.length > 0 && this.#values.chance(0.8);
    const writer = new Writer();
    const hash = isDelete ? predicate.wire.remove : predicate.wire.tuple;
    encodeTuple(writer, hash, isChanged ? args.with(column, value) : args);
    return writer.copy(0, writer.length);
  }

  /** Returns the datagrams of tuples: one, or its fragments in some order, of which one may be missing. */
  #message(tuples: readonly Uint8Array[]): readonly Uint8Array[] {
    const datagram = datagramOf(tuples);
    if (datagram.length <= PAYLOAD) return [datagram];
    if (datagram.length <= DATAGRAM_MAX && this.#values.chance(0.5)) return [datagram];
    const pieces = splitMessage(datagram.subarray(HEADER_BYTES), PAYLOAD) ?? [];
    if (this.#values.chance(0.1)) return pieces.toReversed();
    return this.#values.chance(0.05) ? pieces.slice(1) : pieces;
  }

  /** Returns datagrams of one length, the last perhaps shorter, that differ in their last bytes. */
  #train(from: string, to: number): FuzzInput {
    const first = datagramOf([this.#tuple(from, to)]);
    const count = first.length > PAYLOAD ? 1 : 2 + this.#values.integer(16);
    const datagrams = Array.from({ length: count }, (_, at) => {
      const datagram = first.slice(0, at === count - 1 && this.#values.chance(0.3) ? first.length - 1 : undefined);
      if (this.#values.chance(0.5)) datagram[datagram.length - 1] = at;
      return datagram;
    });
    return { kind: "datagrams", to, from, datagrams, tuples: count, isTrain: true };
  }

  /** Returns a recorded datagram with a flipped bit, truncated or extended. */
  #damaged(): Uint8Array {
    const { datagrams } = this.#recording;
    const bytes = (datagrams.length === 0 ? datagramOf([]) : this.#values.pick(datagrams)).slice();
    const at = this.#values.integer(bytes.length);
    if (this.#values.chance(0.2)) return bytes.slice(0, at);
    if (this.#values.chance(0.2)) return new Uint8Array([...bytes, ...bytes.subarray(at)]);
    bytes[at] = (bytes[at] as number) ^ (1 << this.#values.integer(8));
    return bytes;
  }

  /** Returns an IPv4 packet between the hosts, or bytes that are none. */
  #devicePacket(): Uint8Array {
    const bytes = new Uint8Array(this.#values.integer(200)).fill(this.#values.integer(256));
    if (bytes.length < 20 || this.#values.chance(0.2)) return bytes;
    bytes[0] = this.#values.pick([0x45, 0x45, 0x45, 0x4f, 0x60]);
    new DataView(bytes.buffer).setUint16(2, this.#values.chance(0.8) ? bytes.length : this.#values.integer(65_536));
    bytes.set(this.#values.pick(VIRTUAL).split(".").map(Number), 12);
    bytes.set(this.#values.pick(VIRTUAL).split(".").map(Number), 16);
    return bytes;
  }
}

function datagramOf(tuples: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(tuples.reduce((sum, { length }) => sum + length, HEADER_BYTES));
  writeHeader(bytes, 0);
  let at = HEADER_BYTES;
  for (const tuple of tuples) {
    bytes.set(tuple, at);
    at += tuple.length;
  }
  return bytes;
}
