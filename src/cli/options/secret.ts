import { readFileSync, statSync } from "node:fs";
import { Failure, wrongUsage } from "../terminal/failure.ts";
import { fileErrorReason } from "../terminal/file-error.ts";
import type { Secrets } from "../../../runtime/engine/strand-context.ts";

/** Largest secret, in bytes. */
const SECRET_MAX = 65_536;

/** Permission bits of the group and of other users. */
const OTHERS = 0o077;

/** Reads the secrets of `--secret NAME=FILE`. The bytes of a file are the secret. Only its owner may have access to the file. */
export function readSecrets(texts: readonly string[]): Secrets {
  const secrets = new Map<string, Uint8Array>();
  for (const text of texts) {
    const at = text.indexOf("=");
    const [name, file] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || file === "") throw wrongUsage("--secret", `\`${text}\` is not NAME=FILE`);
    if (secrets.has(name)) throw wrongUsage("--secret", `\`${name}\` is given twice`);
    secrets.set(name, readSecret(file));
  }
  return secrets;
}

function readSecret(file: string): Uint8Array {
  let mode: number;
  let bytes: Uint8Array;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw wrongUsage("--secret", `${file} is no file`);
    mode = stat.mode;
    bytes = stat.size > SECRET_MAX ? new Uint8Array(0) : Uint8Array.from(readFileSync(file));
  } catch (error: unknown) {
    if (error instanceof Failure) throw error;
    throw wrongUsage("--secret", `${file}: ${fileErrorReason(error)}`);
  }
  if ((mode & OTHERS) !== 0)
    throw wrongUsage("--secret", `others than the owner of ${file} have access to it: chmod 600 ${file}`);
  if (bytes.length === 0) throw wrongUsage("--secret", `${file} does not have from 1 to ${SECRET_MAX} bytes`);
  return bytes;
}
