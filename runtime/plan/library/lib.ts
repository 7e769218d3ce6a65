import { accumulator } from "./aggregates/accumulator.ts";
import { call, callOnTrain, callSafely } from "./call-function.ts";
import { bounded } from "../values/bounded.ts";
import { admits, type ColumnType } from "../values/column-type.ts";
import { keyOf, keyOfValues } from "../values/key.ts";
import { fieldsOf } from "../values/packet-fields.ts";
import { LAYERS_MAX, Packet } from "../values/packet.ts";
import type { PredicateSpec } from "../values/predicate-spec.ts";
import {
  add,
  bitAnd,
  bitOr,
  bitXor,
  complement,
  divide,
  inInterval,
  isTrue,
  joinedList,
  makeAddress,
  modulo,
  multiply,
  negate,
  not,
  shiftLeft,
  shiftRight,
  subtract,
} from "./operators/operators.ts";
import { inRing, overlogAdd, overlogAnd, overlogDivide, overlogOr } from "./operators/overlog-operators.ts";
import { compare, equal, type Maybe, type Value } from "../values/value.ts";

/** The empty byte string, which rules often pass as extra bytes. */
const NOTHING = new Uint8Array(0);

/** Functions that emitted code can call, under the names by which it calls them. */
export const lib: Readonly<Record<string, unknown>> = {
  accumulator,
  add,
  admits,
  bitAnd,
  bitOr,
  bitXor,
  bytes,
  call,
  callOnTrain,
  callSafely,
  compare,
  complement,
  divide,
  elementsOf,
  equal,
  fieldsOf,
  inInterval,
  inRing,
  isAtLeast,
  isAtMost,
  isEqual,
  isGreater,
  isLess,
  isList,
  isTrue,
  isUnequal,
  joinedList,
  keyOf,
  keyOfValues,
  list,
  makeAddress: boundedAddress,
  makePacket,
  makeTypedPacket,
  modulo,
  multiply,
  negate,
  not,
  overlogAdd,
  overlogAnd,
  overlogDivide,
  overlogOr,
  shiftLeft,
  shiftRight,
  subtract,
};

export const libNames: readonly string[] = Object.keys(lib);

function list(items: readonly Maybe[]): Maybe {
  return items.includes(undefined) ? undefined : bounded(items as readonly Value[]);
}

function boundedAddress(overlay: string, node: Maybe, options: Maybe): Maybe {
  const address = makeAddress(overlay, node, options);
  return address && bounded(address);
}

/** Returns the elements that `<-` visits: the items of a list, or the packet itself for a packet. */
function elementsOf(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value as readonly Value[];
  return value instanceof Packet ? [value] : undefined;
}

function makePacket(predicate: PredicateSpec, args: readonly Maybe[]): Maybe {
  if (args.includes(undefined)) return undefined;
  const packet = Packet.of({ predicate, args: args as readonly Value[], isDelete: false });
  return packet.layers > LAYERS_MAX ? undefined : bounded(packet);
}

/** Part of the node that reports values that contradict a signature. */
interface ContradictionReporter {
  readonly predicates: readonly PredicateSpec[];
  contradicts(predicate: number, column: number, value: Value): void;
}

/** Like `makePacket`, but fails if an argument does not have the type in the signature of the predicate. Type 0 admits all values. */
function makeTypedPacket(
  node: ContradictionReporter,
  predicate: number,
  required: readonly ColumnType[],
  args: readonly Maybe[],
): Maybe {
  for (const [column, value] of args.entries()) {
    if (value === undefined) return undefined;
    if (admits(required[column] ?? 0, value)) continue;
    node.contradicts(predicate, column, value);
    return undefined;
  }
  return makePacket(node.predicates[predicate] as PredicateSpec, args);
}

function isList(value: Maybe): boolean {
  return Array.isArray(value);
}

function bytes(hex: string): Uint8Array {
  if (hex === "") return NOTHING;
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function isEqual(left: Maybe, right: Maybe): boolean | undefined {
  return left === undefined || right === undefined ? undefined : equal(left, right);
}

function isUnequal(left: Maybe, right: Maybe): boolean | undefined {
  return left === undefined || right === undefined ? undefined : !equal(left, right);
}

function isLess(left: Maybe, right: Maybe): boolean | undefined {
  return left === undefined || right === undefined ? undefined : compare(left, right) < 0;
}

function isAtMost(left: Maybe, right: Maybe): boolean | undefined {
  return left === undefined || right === undefined ? undefined : compare(left, right) <= 0;
}

function isGreater(left: Maybe, right: Maybe): boolean | undefined {
  return left === undefined || right === undefined ? undefined : compare(left, right) > 0;
}

function isAtLeast(left: Maybe, right: Maybe): boolean | undefined {
  return left === undefined || right === undefined ? undefined : compare(left, right) >= 0;
}
