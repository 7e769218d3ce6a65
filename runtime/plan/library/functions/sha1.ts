import { hash } from "node:crypto";

/** Returns the SHA-1 digest of bytes, or of the UTF-8 of a string, as an id. */
export function sha1(data: string | Uint8Array): bigint {
  return BigInt(`0x${hash("sha1", data, "hex")}`);
}
