import { ADDRESS_BYTES, type Native } from "../../native/index.ts";
import { formatHostPort, unmapped } from "../plan/values/host-port.ts";
import { ownedText } from "../plan/values/owned-text.ts";

/** Bound of the cache, because anybody can send from any address. */
const NAMES_MAX = 4096;
const AF_INET = 2;

/** Cache of the `host:port` text of socket addresses. Called for each datagram. */
export class SenderNames {
  readonly #native: Native;
  readonly #byAddress = new Map<number | string, string>();

  constructor(native: Native) {
    this.#native = native;
  }

  /** Returns the text of a socket address. */
  nameOf(address: Uint8Array): string {
    const words = new Uint32Array(ADDRESS_BYTES / 4);
    new Uint8Array(words.buffer).set(address.subarray(0, ADDRESS_BYTES));
    return this.name(words, 0);
  }

  /** Returns the text of the socket address at word `at`, which is padded with zeros to `ADDRESS_BYTES`. */
  name(words: Uint32Array, at: number): string {
    const key = keyOf(words, at);
    const known = this.#byAddress.get(key);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(words.buffer, words.byteOffset + 4 * at, ADDRESS_BYTES);
    const host = unmapped(this.#native.hostText(bytes));
    const name = ownedText(formatHostPort(host, ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)));
    if (this.#byAddress.size >= NAMES_MAX) this.#byAddress.clear();
    this.#byAddress.set(key, name);
    return name;
  }
}

/** Key of an address: for IPv4 its port and address as one number below 2^53, otherwise a text. */
function keyOf(words: Uint32Array, at: number): number | string {
  const head = words[at] as number;
  if ((head & 0xffff) === AF_INET) return (head >>> 16) * 2 ** 32 + (words[at + 1] as number);
  return words.subarray(at, at + ADDRESS_BYTES / 4).join();
}
