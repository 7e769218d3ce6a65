import type { Ambient } from "../contract/function-spec.ts";
import { bounded } from "../values/bounded.ts";
import { inheritOrigin } from "../values/device-origin.ts";
import { packetOfBytes } from "../values/packet-bytes.ts";
import { packetCountOf, segmentsAt } from "../values/train-segments.ts";
import { trainOf } from "../values/train.ts";
import type { Maybe, Values } from "../values/value.ts";
import { functionNamed } from "./functions/registry.ts";
import { callOnWholeTrain } from "./functions/train-forms.ts";

/** Calls a built-in or plug-in function. The caller guarantees that the function exists and that no argument is undefined. */
export function call(name: string, ambient: Ambient, args: Values): Maybe {
  const value = functionNamed(name)?.call(ambient, args);
  inheritOrigin(value, args);
  return value === undefined ? undefined : bounded(value);
}

/** Like `call`, but fails if an argument is undefined. */
export function callSafely(name: string, ambient: Ambient, args: readonly Maybe[]): Maybe {
  return args.includes(undefined) ? undefined : call(name, ambient, args as Values);
}

/** Part of the node that runs strands on whole trains. */
interface TrainRunner {
  /** Returns `size` bytes of memory with undefined content. The next step reuses the memory. */
  takeTrainMemory(size: number): Uint8Array;
  /** Undoes the step, and lets the engine run one step for each packet of this train instead. Does not return. */
  splitTrain(trains: "this"): never;
}

/** The results of a function for the packets of a train form no train. */
const NO_TRAIN = Symbol("no train");

/**
 * Like `callSafely`. For a packet train, returns the train of the results for all packets, or undefined if the function fails for all of
 * them. If the results form no train, or the function fails for some packets, calls `splitTrain`.
 */
export function callOnTrain(node: TrainRunner, name: string, ambient: Ambient, args: readonly Maybe[]): Maybe {
  if (args.includes(undefined)) return undefined;
  const known = args as Values;
  if (packetCountOf(known) === 1) return call(name, ambient, known);
  const whole =
    callOnWholeTrain(name, ambient, known, (size) => node.takeTrainMemory(size)) ?? calledOnEach(name, ambient, known);
  if (whole === NO_TRAIN) return node.splitTrain("this");
  inheritOrigin(whole, known);
  return whole;
}

function calledOnEach(name: string, ambient: Ambient, args: Values): Maybe | typeof NO_TRAIN {
  return name === "f_packet" ? (packetOfBytes(args[0] as Uint8Array) ?? NO_TRAIN) : calledForEach(name, ambient, args);
}

/** Calls the function for each packet. Returns the train of the results, or undefined if all calls failed. */
function calledForEach(name: string, ambient: Ambient, args: Values): Uint8Array | undefined | typeof NO_TRAIN {
  const count = packetCountOf(args);
  const segments: Uint8Array[] = [];
  for (let at = 0; at < count; at++) {
    const segment = call(name, ambient, segmentsAt(args, at));
    if (segment === undefined && segments.length === 0) continue;
    if (!(segment instanceof Uint8Array) || segments.length < at) return NO_TRAIN;
    if (!continues(segments, segment, at === count - 1)) return NO_TRAIN;
    segments.push(segment);
  }
  return segments.length === 0 ? undefined : trainOf(segments);
}

/** Whether the segment can follow the others in a train: all segments have the same length, except that the last may be shorter. */
function continues([first]: readonly Uint8Array[], { length }: Uint8Array, isLast: boolean): boolean {
  return first === undefined || length === first.length || (isLast && length < first.length);
}
