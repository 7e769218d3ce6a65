import type { Ambient } from "../contract/function-spec.ts";
import { Address } from "../values/address.ts";
import { bounded } from "../values/bounded.ts";
import { inheritOrigin } from "../values/device-origin.ts";
import { packetOfBytes } from "../values/packet-bytes.ts";
import { packetCountOf, segmentsAt } from "../values/train-segments.ts";
import { trainOf } from "../values/train.ts";
import type { Maybe, Values } from "../values/value.ts";
import { functionNamed } from "./functions/registry.ts";
import { callOnWholeTrain } from "./functions/train-forms.ts";

/** Calls a built-in or plug-in function. The caller guarantees that it exists and that no argument is undefined. */
export function call(name: string, ambient: Ambient, args: Values): Maybe {
  const value = functionNamed(name)?.call(ambient, args);
  inheritOrigin(value, args);
  return Array.isArray(value) || value instanceof Address ? bounded(value) : value;
}

/** Like `call`, but fails if an argument is undefined. */
export function callSafely(name: string, ambient: Ambient, args: readonly Maybe[]): Maybe {
  return args.includes(undefined) ? undefined : call(name, ambient, args as Values);
}

/** The part of the node that runs strands on whole trains. */
interface TrainRunner {
  /** Returns memory of so many bytes, which is used again after the step. */
  takeTrainMemory(size: number): Uint8Array;
  /** Abandons the step, which then runs once for each packet. Does not return. */
  splitTrain(): never;
}

/** Like `callSafely`. With a packet train it calls the function for each packet; results that form no train split the train. */
export function callOnTrain(node: TrainRunner, name: string, ambient: Ambient, args: readonly Maybe[]): Maybe {
  if (args.includes(undefined)) return undefined;
  const known = args as Values;
  if (packetCountOf(known) === 1) return call(name, ambient, known);
  const whole =
    callOnWholeTrain(name, known, (size) => node.takeTrainMemory(size)) ??
    (name === "f_packet" ? packetOfBytes(known[0] as Uint8Array) : calledForEach(name, ambient, known)) ??
    node.splitTrain();
  inheritOrigin(whole, known);
  return whole;
}

/** Returns the train of the results for each packet; undefined if they form none. */
function calledForEach(name: string, ambient: Ambient, args: Values): Uint8Array | undefined {
  const count = packetCountOf(args);
  const segments: Uint8Array[] = [];
  for (let at = 0; at < count; at++) {
    const segment = call(name, ambient, segmentsAt(args, at));
    if (!(segment instanceof Uint8Array) || !continues(segments, segment, at === count - 1)) return undefined;
    segments.push(segment);
  }
  return trainOf(segments);
}

/** Whether the segment can follow the others in a train: all have one length, and the last may be shorter. */
function continues([first]: readonly Uint8Array[], { length }: Uint8Array, isLast: boolean): boolean {
  return first === undefined || length === first.length || (isLast && length < first.length);
}
