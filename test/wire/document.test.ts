import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatValue } from "../../runtime/plan/values/format.ts";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import { type WireKind, wireHash } from "../../runtime/plan/values/wire-hash.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { encodeTuple } from "../../runtime/plan/values/encode.ts";
import { Reassembly } from "../../runtime/wire/reassembly.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import { eventSpec, tableSpec } from "../predicate-spec.ts";

/** Byte vectors of docs/wire.md: each is parsed from the page, decoded and encoded. */
const page = readFileSync(new URL("../../docs/wire.md", import.meta.url), "utf8");

/** Returns the rows of the two-column table with these headings, whose columns are both code. */
function codeRows(first: string, second: string): readonly (readonly [string, string])[] {
  const table = page.split(`| ${first} | ${second} |\n|---|---|\n`)[1]?.split("\n\n")[0] ?? "";
  return [...table.matchAll(/^\| `(.+?)` \| `?(.+?)`? \|$/gm)].map((row) => [String(row[1]), String(row[2])]);
}

function block(name: string): Uint8Array {
  return bytes(page.split(`\`\`\`hex ${name}\n`)[1]?.split("```")[0] ?? "");
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
}

function field(data: Uint8Array): Value | undefined {
  return decodeFields(data, 0, data.length, 1)?.[0];
}

/** Encodes one field, without the hash and length before it. */
function encodedField(value: Value): Uint8Array {
  const writer = new Writer();
  encodeTuple(writer, 1, [value]);
  return writer.copy(5, writer.length);
}

describe("hashes", () => {
  const rows = codeRows("text", "hash");

  test("are on the page", () => {
    expect(rows.length).toBeGreaterThan(3);
  });

  test.each(rows)("%s: %s", (text, hash) => {
    const [name = "", arity, kind] = text.split("/");
    expect(wireHash(name, Number(arity), kind as WireKind)).toBe(Number.parseInt(hash.replaceAll(" ", ""), 16));
  });
});

describe("fields", () => {
  const rows = codeRows("value", "bytes");

  test("are on the page", () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows)("%s: %s", (text, data) => {
    const value = field(bytes(data)) as Value;
    expect(formatValue(value)).toBe(text);
    expect(hex(encodedField(value))).toBe(data);
  });
});

describe("invalid fields", () => {
  const rows = codeRows("bytes", "why");

  test("are on the page", () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  test.each(rows)("%s: %s", (data) => {
    expect(field(bytes(data))).toBeUndefined();
  });
});

describe("whole datagrams", () => {
  const ping = event("ping", ["10.0.0.1:10000", 0.25]);
  const link = { predicate: tableSpec("link", 2), args: ["a", 1] };
  const pingBody = encodedRow(ping.args);

  const examples: readonly (readonly [string, readonly Tuple[]])[] = [
    ["ping", [ping]],
    [
      "insert and delete",
      [
        { ...link, isDelete: false },
        { ...link, isDelete: true },
      ],
    ],
    ["no arguments", [event("hello", [])]],
    ["probed", [event("?probed", [2 ** 47 + 1])]],
    ["packet", [event("ron.send", ["10.0.0.2:10000", Packet.of(ping)])]],
    ["packet sent on", [event("ron.send", ["10.0.0.2:10000", Packet.inTransit(hashOf(ping.predicate), 0, pingBody)])]],
  ];

  test.each(examples)("%s", (name, tuples) => {
    expect(datagrams(1400, tuples).map(hex)).toEqual([hex(block(name))]);
    expect(contents(block(name), tuples)).toEqual(
      tuples.map((tuple) => [hashOfTuple(tuple), formatRow(opaque(tuple.args))]),
    );
  });

  test("a tuple in two fragments", () => {
    const note = event("note", ["a".repeat(80)]);
    const pieces = [block("fragment 0"), block("fragment 1")];
    expect(datagrams(64, [note]).map(hex)).toEqual(pieces.map(hex));
    const reassembly = new Reassembly();
    const [, whole] = pieces.map((piece) => reassembly.assemble(piece, "10.0.0.1:10000", 0));
    expect(contents(whole as Uint8Array, [note])).toEqual([[hashOfTuple(note), formatRow(note.args)]]);
  });
});

function event(name: string, args: Values): Tuple {
  return { predicate: eventSpec(name, args.length), args, isDelete: false };
}

function hashOf(predicate: PredicateSpec): number {
  return predicate.wire.tuple;
}

function hashOfTuple({ predicate, isDelete }: Tuple): number {
  return isDelete ? predicate.wire.remove : predicate.wire.tuple;
}

function datagrams(maxPayload: number, tuples: readonly Tuple[]): readonly Uint8Array[] {
  const builder = new DatagramBuilder(maxPayload);
  expect(tuples.map((tuple) => builder.add(tuple))).toEqual(tuples.map(() => undefined));
  return builder.take();
}

function contents(data: Uint8Array, expected: readonly Tuple[]): readonly (readonly [number, string])[] {
  const decoded = decodeDatagram(data);
  if (!decoded.ok) return [];
  return decoded.tuples.map(({ hash, start, end }, at) => [
    hash,
    formatRow(decodeFields(data, start, end, expected[at]?.args.length ?? 0) ?? []),
  ]);
}

function encodedRow(row: Values): Uint8Array {
  const writer = new Writer();
  encodeTuple(writer, 1, row);
  return writer.copy(5, writer.length);
}

/** Replaces the tuple of each packet by its encoded body, which is all that a receiver in transit sees. */
function opaque(row: Values): Values {
  return row.map((value) =>
    value instanceof Packet
      ? Packet.inTransit(value.hash, 0, value.body ?? encodedRow(value.tuple?.args ?? []))
      : value,
  );
}

function formatRow(row: Values): string {
  return row.map(formatValue).join(", ");
}
