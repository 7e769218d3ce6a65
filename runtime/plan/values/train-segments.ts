/**
 * Functions that take values with packet trains apart, segment by segment. A rule that reads the bytes of a packet runs once for each
 * packet of a train: the engine splits the input of the step with these functions.
 */
import { Address } from "./address.ts";
import { inheritSegment } from "./device-origin.ts";
import { Packet } from "./packet.ts";
import { isTrain, type Train } from "./train.ts";
import type { Value, Values } from "./value.ts";

/** Returns the number of packets that the value stands for: the segments of the longest train in it, or 1. */
export function packetCount(value: Value): number {
  if (typeof value !== "object" || value === null) return 1;
  if (value instanceof Uint8Array) return isTrain(value) ? value.count : 1;
  if (value instanceof Packet) return value.count;
  return value instanceof Address ? 1 : packetCountOf(value);
}

/** Returns the largest `packetCount` of the values. */
export function packetCountOf(values: Values): number {
  let count = 1;
  // A loop over an iterator would allocate, and this function runs for each step.
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as Value;
    // Texts and numbers, which most values are, skip the test for a train.
    if (typeof value === "object" && value !== null) count = Math.max(count, packetCount(value));
  }
  return count;
}

/**
 * Returns the value with each train in it replaced by the train's segment `at`. A train with fewer segments is replaced by its last
 * segment.
 */
export function segmentAt(value: Value, at: number): Value {
  if (packetCount(value) === 1) return value;
  if (value instanceof Uint8Array) return isTrain(value) ? segmentOf(value, at) : value;
  if (!(value instanceof Packet)) return segmentsAt(value as Values, at);
  if (value.tuple !== undefined) return value.with(segmentsAt(value.tuple.args, at), undefined);
  return value.with(undefined, segmentAt(value.body as Uint8Array, at) as Uint8Array);
}

function segmentOf(train: Train, at: number): Uint8Array {
  const segment = Math.min(at, train.count - 1);
  return inheritSegment(train, segment, train.segment(segment));
}

/** Returns the values with each train in them replaced by its segment `at`. */
export function segmentsAt(values: Values, at: number): Values {
  return values.map((value) => segmentAt(value, at));
}

/** Returns the number of trains in the values, at all depths. */
export function trainCount(values: Values): number {
  let count = 0;
  for (let at = 0; at < values.length; at++) count += trainsIn(values[at] as Value);
  return count;
}

function trainsIn(value: Value): number {
  if (typeof value !== "object" || value === null || packetCount(value) === 1) return 0;
  if (value instanceof Uint8Array) return 1;
  if (!(value instanceof Packet)) return trainCount(value as Values);
  return value.tuple === undefined ? 1 : trainCount(value.tuple.args);
}
