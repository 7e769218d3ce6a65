import { Address } from "./address.ts";
import { Packet, type Tuple } from "./packet.ts";
import { copyOrigin } from "./device-origin.ts";
import { ownedBytes } from "./train.ts";
import type { Values, Value } from "./value.ts";

/**
 * Returns values that share no memory with a device buffer. Bytes from a device or socket lie in memory that is reused after the step, so
 * each value that outlives a step must pass this function.
 */
export function ownedValues(values: Values): Values {
  return values.some(mayBorrow) ? values.map(owned) : values;
}

/** A view of less than 1/VIEW_SHARE of its buffer is copied. */
const VIEW_SHARE = 4;
/** Size of a block of memory that several short values share. A view may keep such a block. */
const POOLED_BYTES = 8192;

/**
 * Returns values that keep little memory besides their own: copies byte strings and packets that are a small part of the memory in which
 * they lie. A packet that a rule took out of another one is a view of the message in which they arrived.
 */
export function unpinnedValues(values: Values): Values {
  return values.some(pinsMemory) ? ownedValues(values) : values;
}

function pinsMemory(value: Value): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Uint8Array) return isSmallPart(value);
  if (value instanceof Packet) {
    return value.body === undefined ? value.tuple?.args.some(pinsMemory) === true : isSmallPart(value.body);
  }
  return value instanceof Address ? value.options.some(pinsMemory) : value.some(pinsMemory);
}

/** Whether bytes are a small part of their memory. A view of a message never begins at its start, and the offset is fast to read. */
function isSmallPart(bytes: Uint8Array): boolean {
  if (bytes.byteOffset === 0) return false;
  const { byteLength } = bytes.buffer;
  return byteLength > POOLED_BYTES && bytes.length * VIEW_SHARE < byteLength;
}

export function ownedTuple(tuple: Tuple): Tuple {
  const args = ownedValues(tuple.args);
  return args === tuple.args ? tuple : { ...tuple, args };
}

function mayBorrow(value: Value): boolean {
  return typeof value === "object" && value !== null;
}

function owned(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return ownedWithOrigin(value);
  if (value instanceof Packet) {
    return value.with(value.tuple && ownedValues(value.tuple.args), value.body && ownedWithOrigin(value.body));
  }
  if (value instanceof Address) return ownedAddress(value);
  return ownedValues(value);
}

function ownedWithOrigin(bytes: Uint8Array): Uint8Array {
  return copyOrigin(bytes, ownedBytes(bytes));
}

/** Returns a copy of an address. In the usual case, a string or an id without options, returns the address itself. */
function ownedAddress(address: Address): Address {
  const { overlay, node, options } = address;
  const isPlain = options.length === 0 && !mayBorrow(node);
  return isPlain ? address : new Address(overlay, owned(node), ownedValues(options));
}
