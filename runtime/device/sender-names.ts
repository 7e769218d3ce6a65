import { type Native, UDP_INDEX_ADDRESS, UDP_INDEX_WORDS } from "../../native/index.ts";
import { formatHostPort, unmapped } from "./host-port.ts";

/** Socket addresses come from anyone, so there is an end to what is remembered. */
const NAMES_MAX = 4096;
const AF_INET = 2;

/** The `host:port` of socket addresses. Datagrams come from few senders, most from that of the one before. */
export class SenderNames {
  readonly #native: Native;
  readonly #byAddress = new Map<number | string, string>();

  constructor(native: Native) {
    this.#native = native;
  }

  /** The sender that a train's entry in the index ends with. */
  nameOf(entry: Uint32Array): string {
    return this.name(entry.subarray(UDP_INDEX_ADDRESS, UDP_INDEX_WORDS));
  }

  /** The seven words of a socket address, zeros behind it. */
  name(words: Uint32Array): string {
    const key = keyOf(words);
    const known = this.#byAddress.get(key);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    const name = formatHostPort(unmapped(this.#native.hostText(bytes)), ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0));
    if (this.#byAddress.size >= NAMES_MAX) this.#byAddress.clear();
    this.#byAddress.set(key, name);
    return name;
  }
}

/** Port and address of IPv4 in one exact number. */
function keyOf(words: Uint32Array): number | string {
  const [head = 0, address = 0] = words;
  return (head & 0xffff) === AF_INET ? (head >>> 16) * 2 ** 32 + address : words.join();
}
