import { readFileSync, statSync } from "node:fs";
import { parseKey } from "../../../runtime/link/key-text.ts";
import { type KeyPair, keyPairOf } from "../../../runtime/link/x25519.ts";
import { Failure, wrongUsage } from "../terminal/failure.ts";
import { fileErrorReason } from "../terminal/file-error.ts";

/** Permission bits of the group and of other users. */
const OTHERS = 0o077;
/** Length of the longest file that may hold a key: the key and white space. */
const FILE_MAX = 256;

/** Reads the secret key of a node: one line, as `wg genkey` writes it. Only the owner may have access to the file. */
export function readKeyFile(option: string, file: string): KeyPair {
  const refuse = (why: string): Failure => wrongUsage(option, `${file} ${why}`);
  let text: string;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw refuse("is no file");
    if ((stat.mode & OTHERS) !== 0) throw refuse(`can be read by others than its owner: chmod 600 ${file}`);
    text = stat.size > FILE_MAX ? "" : readFileSync(file, "utf8");
  } catch (error: unknown) {
    if (error instanceof Failure) throw error;
    throw wrongUsage(option, `${file}: ${fileErrorReason(error)}`);
  }
  const secret = parseKey(text.trim());
  if (secret === undefined) throw refuse("holds no key: a key is 44 characters of base64, as `wg genkey` writes it");
  return keyPairOf(secret);
}
