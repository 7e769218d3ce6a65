import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";

/** The datagram that `tun` with these arguments is alone in. */
export function tunDatagram(args: readonly (string | Uint8Array)[]): Uint8Array {
  const builder = new DatagramBuilder(1452);
  builder.add({ predicate: eventSpec("tun", args.length), args, isDelete: false });
  return builder.take()[0] as Uint8Array;
}
