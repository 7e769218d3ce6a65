import { admits } from "./column-type.ts";
import { decodeFields } from "./decode-fields.ts";
import { Packet } from "./packet.ts";
import { hasTooManyLayers } from "./packet-layers.ts";
import type { PredicateSpec } from "./predicate-spec.ts";
import type { Value, Values } from "./value.ts";

/**
 * Returns the arguments of the tuple in a packet if the tuple has the given predicate and the arguments have the types of its columns.
 * Undefined for every other value. An encoded packet is decoded with all checks, because its bytes may come from anyone.
 */
export function fieldsOf(value: Value, predicate: PredicateSpec): Values | undefined {
  if (!(value instanceof Packet) || value.hash !== predicate.wire.tuple) return undefined;
  const args = value.tuple?.args ?? decoded(value.body as Uint8Array, predicate.arity);
  return args?.every((arg, column) => admits(predicate.columns[column] ?? 0, arg)) === true ? args : undefined;
}

function decoded(body: Uint8Array, arity: number): Values | undefined {
  return hasTooManyLayers(body, 0, body.length) ? undefined : decodeFields(body, 0, body.length, arity);
}
