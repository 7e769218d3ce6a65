import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";

/** Encodes a datagram with a single `tun` tuple. */
export function tunDatagram(args: readonly (string | Uint8Array | null)[]): Uint8Array {
  const builder = new DatagramBuilder(1452);
  builder.add({ predicate: eventSpec("tun", args.length), args, isDelete: false });
  return builder.take()[0] as Uint8Array;
}
