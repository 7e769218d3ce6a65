import type { Ambient } from "../contract/function-spec.ts";
import { Address } from "../values/address.ts";
import { bounded } from "../values/bounded.ts";
import { packetOfBytes } from "../values/packet-bytes.ts";
import { packetCountOf, segmentsAt } from "../values/train-segments.ts";
import { trainOf } from "../values/train.ts";
import type { Maybe, Values } from "../values/value.ts";
import { functionNamed } from "./functions/registry.ts";

/** Calls a built-in or plug-in function. The caller guarantees that it exists and that no argument is undefined. */
export function call(name: string, ambient: Ambient, args: Values): Maybe {
  const value = functionNamed(name)?.call(ambient, args);
  return Array.isArray(value) || value instanceof Address ? bounded(value) : value;
}

/** Like `call`, but fails if an argument is undefined. */
export function callSafely(name: string, ambient: Ambient, args: readonly Maybe[]): Maybe {
  return args.includes(undefined) ? undefined : call(name, ambient, args as Values);
}

/** The part of the node that ends a strand's run on a whole train. */
interface TrainSplitter {
  /** Abandons the step, which then runs once for each packet. Does not return. */
  splitTrain(): never;
}

/** Like `callSafely`. With a packet train it calls the function for each packet; results that form no train split the train. */
export function callOnTrain(node: TrainSplitter, name: string, ambient: Ambient, args: readonly Maybe[]): Maybe {
  if (args.includes(undefined)) return undefined;
  const known = args as Values;
  const count = packetCountOf(known);
  if (count === 1) return call(name, ambient, known);
  if (name === "f_packet") return packetOfBytes(known[0] as Uint8Array) ?? node.splitTrain();
  const segments: Uint8Array[] = [];
  for (let at = 0; at < count; at++) {
    const segment = call(name, ambient, segmentsAt(known, at));
    if (!(segment instanceof Uint8Array) || !continues(segments, segment, at === count - 1)) return node.splitTrain();
    segments.push(segment);
  }
  return trainOf(segments);
}

/** Whether the segment can follow the others in a train: all have one length, and the last may be shorter. */
function continues([first]: readonly Uint8Array[], { length }: Uint8Array, isLast: boolean): boolean {
  return first === undefined || length === first.length || (isLast && length < first.length);
}
