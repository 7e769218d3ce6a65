import { hash } from "node:crypto";

/** The SHA-1 digest as an id; of a string, that of its UTF-8. */
export function sha1(data: string | Uint8Array): bigint {
  return BigInt(`0x${hash("sha1", data, "hex")}`);
}
