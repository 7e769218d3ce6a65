import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { formatKey, KEY_BYTES } from "../../../runtime/link/key-text.ts";
import { type KeyPair, keyPairOf } from "../../../runtime/link/x25519.ts";
import { runFailed } from "../terminal/failure.ts";
import { fileErrorReason } from "../terminal/file-error.ts";

/** Writes a new secret key to a file that only its owner can read. Throws `Failure` if there is such a file already. */
export function newKeyFile(file: string): KeyPair {
  const secret = randomBytes(KEY_BYTES);
  try {
    writeFileSync(file, `${formatKey(secret)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error: unknown) {
    throw runFailed(`${file}: ${fileErrorReason(error)}`);
  }
  return keyPairOf(secret);
}
