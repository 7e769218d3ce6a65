import type { FunctionSpec } from "../../contract/function-spec.ts";
import { checksumOf } from "../../values/checksum.ts";
import { withChecksums } from "../../values/packet-checksums.ts";
import { define } from "./define.ts";

/** Internet checksums, for packets that rules build. */
export const checksumFunctions: readonly FunctionSpec[] = [
  /** f_sum(Bytes): the Internet checksum of the bytes (RFC 1071). */
  define("f_sum", 1, ["number"], (bytes) =>
    bytes instanceof Uint8Array ? checksumOf(bytes, 0, bytes.length) : undefined,
  ),
  /**
   * f_sums(Packet): the IPv4 or IPv6 packet with correct checksums of the IPv4 header, and of TCP, UDP, ICMP or ICMPv6. In a fragment
   * only the checksum of the IPv4 header is computed. Fails if the headers do not fit the bytes, or a source route has hops left.
   */
  define("f_sums", 1, ["bytes"], (packet) => (packet instanceof Uint8Array ? withChecksums(packet) : undefined)),
];
