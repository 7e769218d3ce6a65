import type { FunctionSpec } from "../../contract/function-spec.ts";
import { Packet } from "../../values/packet.ts";
import { packetCount, segmentAt } from "../../values/train-segments.ts";
import type { Maybe, Value } from "../../values/value.ts";
import { define } from "./define.ts";

/** Functions of a whole packet train. The engine does not split a train that only these functions read (`src/3-plan/train-columns.ts`). */
export const trainFunctions: readonly FunctionSpec[] = [
  /** f_rows(P): the packets that came as one train, as a list of `[Number, Packet]` from number 1. A single packet gives one row. */
  define("f_rows", 1, ["list"], rows),
  /** f_count(P): the number of packets that came as one train, 1 for a single packet. */
  define("f_count", 1, ["number"], (value) => (mayBeTrain(value) ? packetCount(value) : undefined)),
];

function rows(value: Maybe): Maybe {
  if (!mayBeTrain(value)) return undefined;
  return Array.from({ length: packetCount(value) }, (_, at): Value => [at + 1, segmentAt(value, at)]);
}

function mayBeTrain(value: Maybe): value is Uint8Array | Packet {
  return value instanceof Uint8Array || value instanceof Packet;
}
