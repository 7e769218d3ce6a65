import { Address } from "./address.ts";
import { bytesOfPacket, packetOfBytes } from "./packet-bytes.ts";
import { fieldsOf } from "./packet-fields.ts";
import { Packet } from "./packet.ts";
import type { PredicateSpec } from "./predicate-spec.ts";
import type { Value, Values } from "./value.ts";

/** Returns the predicate with a wire hash, or undefined for an unknown one. */
export type PredicateOfHash = (hash: number) => PredicateSpec | undefined;

/** Returns the function that finds predicates of a plan by the wire hash of their tuples. */
export function predicatesByHash(predicates: readonly PredicateSpec[]): PredicateOfHash {
  const byHash = new Map(predicates.map((predicate) => [predicate.wire.tuple, predicate]));
  return (hash) => byHash.get(hash);
}

/**
 * Returns the values with the packets in them decoded. A packet stays encoded if its predicate is unknown or its arguments do not fit the
 * predicate.
 */
export function withKnownPackets(values: Values, predicateOf: PredicateOfHash): Values {
  return values.some(mayHoldPacket) ? values.map((value) => decoded(value, predicateOf)) : values;
}

function mayHoldPacket(value: Value): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

function decoded(value: Value, predicateOf: PredicateOfHash): Value {
  if (!mayHoldPacket(value)) return value;
  if (value instanceof Address) return changedAddress(value, (part) => decoded(part, predicateOf));
  if (!(value instanceof Packet)) return withKnownPackets(value as Values, predicateOf);
  const predicate = value.tuple?.predicate ?? predicateOf(value.hash);
  const args = value.tuple?.args ?? (predicate && fieldsOf(value, predicate));
  if (predicate === undefined || args === undefined) return value;
  return Packet.of({ predicate, args: withKnownPackets(args, predicateOf), isDelete: value.tuple?.isDelete === true });
}

/** Returns the address with changed parts. An address without lists, packets and options, as most are, is returned itself. */
function changedAddress(address: Address, change: (part: Value) => Value): Address {
  const { overlay, node, options } = address;
  if (options.length === 0 && !mayHoldPacket(node)) return address;
  return new Address(overlay, change(node), options.map(change));
}

/**
 * Returns the value with every packet in it encoded, so that equal values have one text. A packet that no datagram could hold stays
 * decoded.
 */
export function withEncodedPackets(value: Value): Value {
  if (!mayHoldPacket(value)) return value;
  if (value instanceof Address) return changedAddress(value, withEncodedPackets);
  if (!(value instanceof Packet)) return (value as Values).map(withEncodedPackets);
  const bytes = value.tuple && bytesOfPacket(value);
  return (bytes && packetOfBytes(bytes)) ?? value;
}
