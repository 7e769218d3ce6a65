/**
 * Mutated encodings for each reader of encodings: the decoder of datagrams and packets, f_packet, f_unpack, a node with rules, and the
 * readers of texts, which are facts and requests of control clients. Nothing throws, and a value that a reader accepts has one encoding.
 */
import { parseRequest } from "../../runtime/control/request.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { encodeBody, encodeTuple } from "../../runtime/plan/values/encode.ts";
import { formatTuple, formatValue } from "../../runtime/plan/values/format.ts";
import { bytesOfPacket, packetOfBytes } from "../../runtime/plan/values/packet-bytes.ts";
import { hasTooManyLayers } from "../../runtime/plan/values/packet-layers.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { compare, equal, type Value, type Values } from "../../runtime/plan/values/value.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import { Admission } from "../../runtime/wire/admission.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { HEADER_BYTES, writeHeader } from "../../runtime/wire/header.ts";
import { Reassembly } from "../../runtime/wire/reassembly.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { readValue } from "../../src/query/read-value.ts";
import { AskedNode, planOf } from "../control/asked-node.ts";
import { manualWorld } from "../session/manual-world.ts";
import { mutated } from "./hostile-text.ts";
import { HostileValues } from "./hostile-values.ts";
import { MutatedBytes } from "./mutated-bytes.ts";

const PROGRAM = `
overlay z.
materialize(kept, infinity, 100, keys(1)).
materialize(read, infinity, 100, keys(1)).
accept pay(any, any).
accept row(list, id).
accept load(bytes).
c: carry@Dest(Packet) :- send(Dest, Packet).
r: recv(Packet) :- carry(Packet).
p: kept(1, P) :- load(B), P := f_packet(B).
u: kept(2, L) :- load(B), L := f_unpack("1s2b", B).
n: read(N, X) :- pay(N, pay(X, _)).
s: read(f_bytes(P), 0) :- pay(_, P), P == f_packet(f_bytes(P)).
o: read(L, I) :- row(L, I).
q: read(X, P) :- pay(X, _), kept(1, P), X == P.
`;

const AMBIENT: Ambient = { now: () => 0, random: () => 0.25, randomId: () => 1n, source: () => "10.0.0.9:10000" };
const FORMATS: readonly string[] = ["1s2b", "b", "", "1248", "ss", "sb", "8b", "4488s", "x", "1bb", "s".repeat(300)];
const VALID = 2000;
const ADDRESSES: readonly string[] = ["10.0.0.1:10000", "10.0.0.2:10000", "h:1"];
/** NaN has no literal, overlays have none with capital letters, and a literal `host:port` is read in its canonical form. */
const READ_OTHERWISE = /\bNaN\b|:0\d|[A-Z][\w.]*::/;
/** A text costs as much as many encodings, so each so many inputs are one. */
const TEXT_EVERY = 200;
const NODE_EVERY = 10;
const SHOWN_EVERY = 64;

/** Number of inputs by reader, and how many of them the reader accepted. */
export type EncodingFigures = Readonly<Record<string, { readonly inputs: number; readonly accepted: number }>>;

/** Gives `count` mutated encodings to the readers. Throws an error that names the first input that breaks a promise. */
export function fuzzEncodings(count: number, seed: number): EncodingFigures {
  const figures: Record<string, { inputs: number; accepted: number }> = {};
  const readers = readersOf(streamOf(seed, "encodings"));
  for (let at = 0; at < count; at++) {
    const [name, read] = readerAt(readers, at);
    const figure = (figures[name] ??= { inputs: 0, accepted: 0 });
    figure.inputs++;
    try {
      if (read()) figure.accepted++;
    } catch (error: unknown) {
      throw new Error(`seed ${seed}, input ${at}, ${name}`, { cause: error });
    }
  }
  return figures;
}

/** Makes an input and reads it. Returns whether it was accepted. */
type Reader = () => boolean;
type NamedReader = readonly [name: string, read: Reader];

interface Readers {
  readonly quick: readonly NamedReader[];
  readonly node: NamedReader;
  readonly texts: readonly NamedReader[];
}

function readerAt({ quick, node, texts }: Readers, at: number): NamedReader {
  if (at % TEXT_EVERY === 0) return texts[(at / TEXT_EVERY) % texts.length] as NamedReader;
  if (at % NODE_EVERY === 0) return node;
  return quick[at % quick.length] as NamedReader;
}

function readersOf(random: RandomStream): Readers {
  const { predicates } = planOf(PROGRAM);
  const accepted = predicates.filter(({ wire }) => wire.acceptTuple).map(({ wire }) => wire.tuple);
  const values = new HostileValues(random, { addresses: ADDRESSES, byColumn: new Map(), hashes: accepted });
  const rows = Array.from({ length: VALID }, (_, at): Values => [nestedValue(values), values.ofType(0)].slice(at % 2));
  const encoded = (encode: (row: Values) => Uint8Array | undefined): MutatedBytes => {
    const valid = rows.flatMap((row) => encode(row) ?? []).filter(({ length }) => length < 2000);
    return new MutatedBytes(random, valid);
  };
  const packets = encoded((row) => bytesOfPacket(packetOf(accepted[row.length] as number, row)));
  const fields = encoded((row) => encodeBody(row));
  const datagrams = encoded((row) => datagramOf(values.pick(accepted), row));
  const packed = encoded((row) => packedOf(row, values));
  return {
    quick: [
      ["wire", wireReader(datagrams)],
      ["fields", fieldsReader(fields)],
      ["f_packet", packetReader(packets)],
      ["f_unpack", unpackReader(packed, values)],
    ],
    node: ["node", nodeReader(datagrams)],
    texts: [
      ["facts", factsReader(rows, random)],
      ["requests", requestsReader(rows, random)],
    ],
  };
}

/** Returns a value with packets, ids, lists and bytes in it more often than `ofType` does. */
function nestedValue(values: HostileValues): Value {
  const item = (): Value => values.ofType(0);
  switch (values.integer(3)) {
    case 0:
      return [item(), [item(), new Uint8Array(values.integer(300))], 7n];
    case 1:
      return packetOf(values.integer(2 ** 32) || 1, [item(), item()]);
    default:
      return item();
  }
}

function packetOf(hash: number, args: Values): Packet {
  return Packet.inTransit(hash, 0, encodeBody(args) ?? new Uint8Array());
}

function datagramOf(hash: number, args: Values): Uint8Array | undefined {
  const writer = new Writer();
  for (let at = 0; at < HEADER_BYTES; at++) writer.byte(0);
  if (encodeTuple(writer, hash, args) !== undefined) return undefined;
  const bytes = writer.copy(0, writer.length);
  writeHeader(bytes, 0);
  return bytes;
}

function packedOf(row: Values, values: HostileValues): Uint8Array | undefined {
  const text = row.find((value) => typeof value === "string") ?? "text";
  const packed = callOf("f_pack", ["1s2b", values.integer(256), text, values.integer(65_536), encodeBody(row) ?? ""]);
  return packed instanceof Uint8Array ? packed : undefined;
}

function callOf(name: string, args: Values): Value | undefined {
  return functionNamed(name)?.call(AMBIENT, args);
}

/** Reads datagrams as NetworkIn does, and the packets in their tuples as OverlayRecvUnwrap does. */
function wireReader(datagrams: MutatedBytes): Reader {
  const admission = new Admission(planOf(PROGRAM));
  const reassembly = new Reassembly();
  let now = 0;
  const opened = (values: Values): void => {
    for (const value of values) {
      if (Array.isArray(value)) opened(value as Values);
      else if (value instanceof Packet) for (const { args } of admission.open(value, () => undefined)) opened(args);
    }
  };
  return () => {
    const bytes = datagrams.next();
    now += 0.001;
    const whole = reassembly.assemble(bytes, "10.0.0.9:10000", now);
    const decoded = whole instanceof Uint8Array ? decodeDatagram(whole) : undefined;
    if (decoded?.ok !== true) return false;
    let isAdmitted = false;
    for (const { hash, start, end } of decoded.tuples) {
      const tuple = admission.decode(hash, whole as Uint8Array, start, end);
      if (typeof tuple === "string") continue;
      isAdmitted = true;
      opened(tuple.args);
    }
    return isAdmitted;
  };
}

function fieldsReader(fields: MutatedBytes): Reader {
  let count = 0;
  return () => {
    const bytes = fields.next();
    // Admission asks this before it decodes fields.
    if (hasTooManyLayers(bytes, 0, bytes.length)) return false;
    const [value] = decodeFields(bytes, 0, bytes.length, 1) ?? [];
    if (value === undefined) return false;
    assert(compare(value, value) === 0, "a value equals itself", bytes);
    if (count++ % SHOWN_EVERY === 0) assertText(value, bytes);
    return true;
  };
}

function packetReader(packets: MutatedBytes): Reader {
  return () => {
    const bytes = packets.next();
    const packet = packetOfBytes(bytes);
    if (packet === undefined) return false;
    // The hop count is the only byte of an encoding that f_bytes changes.
    const again = bytesOfPacket(packet);
    if (again === undefined) throw broken("f_bytes gives what f_packet read", bytes);
    assert(equal(again, bytes.with(1, 0)), "f_bytes gives what f_packet read", bytes);
    assert(equal(packet, packetOfBytes(again) as Value), "a packet equals the packet of its bytes", bytes);
    return true;
  };
}

function unpackReader(packed: MutatedBytes, values: HostileValues): Reader {
  return () => {
    const bytes = packed.next();
    const format = values.pick(FORMATS);
    const list = callOf("f_unpack", [format, bytes]);
    if (list === undefined) return false;
    const again = callOf("f_pack", [format, ...(list as Values)]);
    assert(again !== undefined && equal(again, bytes), `f_pack writes what f_unpack read by ${format}`, bytes);
    return true;
  };
}

/** Delivers datagrams to a node, whose rules take packets, bytes and lists apart. */
function nodeReader(datagrams: MutatedBytes): Reader {
  const world = manualWorld("10.0.0.1:10000");
  const node = new Node(loadProgram(planOf(PROGRAM)), world, { names: ["10.0.0.1:10000"], facts: [], watch: [] });
  node.start();
  return () => {
    const { steps } = node.counters.engine;
    const bytes = datagrams.next();
    world.datagrams.deliver(bytes, "10.0.0.9:10000");
    world.datagrams.sent.length = 0;
    assert(node.counters.engine.stopped === 0, "no step is stopped", bytes);
    return node.counters.engine.steps > steps;
  };
}

/** Reads fields of fact files. */
function factsReader(rows: readonly Values[], random: RandomStream): Reader {
  return () => {
    const row = rows[random.integer(rows.length)] as Values;
    const text = mutated(mutated(formatValue(row[0] ?? null).slice(0, 1000), random), random);
    const reading = readValue(text);
    if (reading.kind !== "value") return false;
    assertText(reading.value, Buffer.from(text));
    return true;
  };
}

/** Sends requests to insert rows, or to ask for them, to a node. */
function requestsReader(rows: readonly Values[], random: RandomStream): Reader {
  const asked = new AskedNode(PROGRAM);
  return () => {
    const row = rows[random.integer(rows.length)] as Values;
    const text = formatTuple("kept", [random.integer(3), row[0] ?? null]).slice(0, 1000);
    const action = ["insert", "delete", "query"][random.integer(3)];
    const isText = random.integer(2) === 0;
    const line = JSON.stringify({ v: 1, id: 1, do: action, text: isText ? mutated(text, random) : text, form: "text" });
    const sent = isText ? line : mutated(line, random);
    asked.session.line(sent);
    assert(asked.lines.length > 0, "each request has an answer", Buffer.from(sent));
    asked.lines.length = 0;
    return parseRequest(sent).ok;
  };
}

/** Asserts that the text of a value, as a program writes it, is read as the same value. */
function assertText(value: Value, input: Uint8Array): void {
  const text = formatValue(value);
  if (READ_OTHERWISE.test(text)) return;
  const reading = readValue(text);
  assert(reading.kind === "value" && equal(reading.value, value), `the text ${text} is the value`, input);
}

function assert(holds: boolean, promise: string, input: Uint8Array): void {
  if (!holds) throw broken(promise, input);
}

function broken(promise: string, input: Uint8Array): Error {
  return new Error(`${promise}: ${Buffer.from(input).toString("hex")}`);
}
