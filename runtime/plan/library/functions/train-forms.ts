import type { Ambient } from "../../contract/function-spec.ts";
import { SIZE_MAX } from "../../values/size.ts";
import { isTrain, Train } from "../../values/train.ts";
import type { Value, Values } from "../../values/value.ts";
import { bytesOf } from "./bytes.ts";
import { openedTrain } from "./ciphers.ts";
import { packedBytes } from "./packing.ts";

/**
 * Forms of functions that compute the results for all packets of a train at once. A form returns undefined for arguments that it does not
 * support; the caller then calls the function for each packet.
 */
const FORMS: Readonly<Record<string, (args: Values, take: TakeMemory, ambient: Ambient) => Uint8Array | undefined>> = {
  f_bytes: ([bytes]) => (isTrainValue(bytes) ? bytes : undefined),
  f_concat: ([first, second], take) => {
    if (isTrainValue(second))
      return isTrainValue(first) ? undefined : enclosed(plainBytes(first), second, NOTHING, take);
    return isTrainValue(first) ? enclosed(NOTHING, first, plainBytes(second), take) : undefined;
  },
  f_open: (args, take, ambient) => openedTrain(ambient, args, take),
  f_pack: packedTrain,
  f_slice: ([train, start, length]) => (isTrainValue(train) ? sliced(train, start, length) : undefined),
};

const NOTHING = new Uint8Array(0);

/** Returns `size` bytes of memory with undefined content. */
type TakeMemory = (size: number) => Uint8Array;

/**
 * Returns the train of the results of a function for all packets of a train among the arguments. Undefined if the function has no form
 * for them.
 */
export function callOnWholeTrain(
  name: string,
  ambient: Ambient,
  args: Values,
  take: TakeMemory,
): Uint8Array | undefined {
  return FORMS[name]?.(args, take, ambient);
}

function isTrainValue(value: Value | undefined): value is Train {
  return value instanceof Uint8Array && isTrain(value);
}

function plainBytes(value: Value | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array && !isTrain(value) ? value : undefined;
}

function packedTrain([format, ...values]: Values, take: TakeMemory): Uint8Array | undefined {
  if (typeof format !== "string" || format.length !== values.length) return undefined;
  const at = values.findIndex(isTrainValue);
  if (format[at] !== "b" || values.some((value, other) => other !== at && holdsTrain(value))) return undefined;
  const before = packedBytes(format.slice(0, at), values.slice(0, at));
  return enclosed(before, values[at] as Train, packedBytes(format.slice(at + 1), values.slice(at + 1)), take);
}

/** Whether f_bytes of the value is a train. */
function holdsTrain(value: Value): boolean {
  const bytes = bytesOf(value);
  return bytes !== undefined && isTrain(bytes);
}

/** Returns a train in which `before` precedes each packet, and `after` follows it. */
function enclosed(
  before: Uint8Array | undefined,
  train: Train,
  after: Uint8Array | undefined,
  take: TakeMemory,
): Uint8Array | undefined {
  if (before === undefined || after === undefined) return undefined;
  const more = before.length + after.length;
  const stride = train.length + more;
  if (stride > SIZE_MAX) return undefined;
  const extended = after.length === 0 ? train.extendedBy(before) : undefined;
  if (extended !== undefined) return extended;
  const bytes = take(train.size + train.count * more);
  for (let index = 0, at = 0; index < train.count; index++, at += stride) {
    const segment = train.segment(index);
    bytes.set(before, at);
    bytes.set(segment, at + before.length);
    bytes.set(after, at + before.length + segment.length);
  }
  const lastAt = (train.count - 1) * stride;
  return new Train(bytes.buffer, bytes.byteOffset, stride, {
    count: train.count,
    stride,
    lastAt,
    lastLength: train.lastLength + more,
  });
}

/** Returns the train of f_slice of each packet, as a view of the same memory. */
function sliced(train: Train, start: Value | undefined, length: Value | undefined): Uint8Array | undefined {
  if (!isCount(start) || !(length === undefined || isCount(length))) return undefined;
  const [left, lastLeft] = [length ?? train.length - start, length ?? train.lastLength - start];
  if (lastLeft < 0 || start + left > train.length || start + lastLeft > train.lastLength) return undefined;
  const { buffer, byteOffset, count, stride, lastAt } = train;
  return new Train(buffer, byteOffset + start, left, { count, stride, lastAt, lastLength: lastLeft });
}

function isCount(value: Value | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
