import { createCipheriv, createDecipheriv } from "node:crypto";
import { LINK_CIPHERS, LINK_COUNTS, LINKS_MAX, type LinksHandle, loadNative, type Native } from "../../native/index.ts";

export type CipherName = keyof typeof LINK_CIPHERS;

export const LINK = 1;
export const KEYS: { readonly here: Uint8Array; readonly there: Uint8Array } = {
  here: new Uint8Array(32).fill(7),
  there: new Uint8Array(32).fill(9),
};

export interface Table {
  readonly handle: LinksHandle;
  readonly counts: Float64Array;
  readonly seals: Uint32Array;
}

function native(): Native {
  const addon = loadNative();
  if ("missing" in addon) throw new Error(addon.missing);
  return addon;
}

export function newTable(): Table {
  const counts = new Float64Array(Object.keys(LINK_COUNTS).length);
  const seals = new Uint32Array(LINKS_MAX + 1);
  const handle = native().openLinks(counts, seals);
  if (typeof handle === "string") throw new Error(handle);
  return { handle, counts, seals };
}

export function address(host: string = "127.0.0.1", port: number = 9): Uint8Array {
  const found = native().socketAddress(host, port);
  if (found === undefined) throw new Error(`${host} is not numeric`);
  return found;
}

/** Returns two tables with one link to each other. Datagrams to the first have key id 11, those to the second key id 22. */
export function newPair(cipher: CipherName = "aes-256-gcm"): { readonly here: Table; readonly there: Table } {
  const [here, there] = [newTable(), newTable()];
  for (const { handle } of [here, there]) handle.setEndpoint(LINK, address());
  here.handle.addSession(LINK, 11, 22, LINK_CIPHERS[cipher], KEYS.here, KEYS.there, true);
  there.handle.addSession(LINK, 22, 11, LINK_CIPHERS[cipher], KEYS.there, KEYS.here, true);
  return { here, there };
}

/** Seals one datagram. Empty if the link cannot seal. */
export function seal({ handle }: Table, plain: Uint8Array, isBulk: boolean = false, link: number = LINK): Buffer {
  const sealed = Buffer.alloc(plain.length + 28);
  return sealed.subarray(0, handle.seal(link, plain, 0, 1, 0, plain.length, isBulk, sealed));
}

/** Opens a copy of a datagram. Returns the plain one, or undefined. */
export function open({ handle }: Table, sealed: Uint8Array, from: Uint8Array = address()): Buffer | undefined {
  const bytes = Buffer.from(sealed);
  return handle.open(bytes, from) > 0 ? bytes.subarray(12, bytes.length - 16) : undefined;
}

/** Seals by node:crypto, as docs/wire.md says. */
export function sealByNode(
  cipher: CipherName,
  key: Uint8Array,
  keyId: number,
  counter: bigint,
  plain: Uint8Array,
  isBulk: boolean,
): Buffer {
  const header = Buffer.alloc(16);
  header.set([0x4d, 0x5a, 1, 2 | ((plain[3] ?? 0) & 1) | (isBulk ? 4 : 0)]);
  header.writeUInt32BE(keyId, 4);
  header.writeBigUInt64BE(counter, 8);
  const nonce = Buffer.concat([header.subarray(0, 4), header.subarray(8)]);
  const sealing = createCipheriv(cipher as "aes-256-gcm", key, nonce, { authTagLength: 16 });
  const parts = [header, sealing.update(plain.subarray(4)), sealing.final()];
  return Buffer.concat([...parts, sealing.getAuthTag()]);
}

/** Opens by node:crypto. Throws if the tag is wrong. */
export function openByNode(cipher: CipherName, key: Uint8Array, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed);
  const nonce = Buffer.concat([bytes.subarray(0, 4), bytes.subarray(8, 16)]);
  const opening = createDecipheriv(cipher as "aes-256-gcm", key, nonce, { authTagLength: 16 });
  opening.setAuthTag(bytes.subarray(-16));
  const header = Buffer.from([0x4d, 0x5a, 1, (bytes[3] ?? 0) & 1]);
  return Buffer.concat([header, opening.update(bytes.subarray(16, -16)), opening.final()]);
}
