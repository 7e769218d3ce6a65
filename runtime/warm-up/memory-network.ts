import type { Native } from "../../native/index.ts";
import { MemorySocket, type SentDatagrams } from "./memory-socket.ts";

interface InFlight {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly datagrams: SentDatagrams;
}

/** A resolved promise: an `await` on it runs the queued microtasks and no timers or I/O. */
const RESOLVED: Promise<void> = Promise.resolve();

/** A network in memory: its sockets reach each other and nothing else. */
export class MemoryNetwork {
  readonly #sockets = new Map<string, MemorySocket>();
  #inFlight: InFlight[] = [];

  /** Returns the addon with its sockets replaced by sockets of this network. */
  native(real: Native): Native {
    return { ...real, openUdp: (address) => this.#open(address) };
  }

  /**
   * Delivers all datagrams in flight and the datagrams that nodes send in response. Stops when no datagram is in flight. Also stops when
   * `isOver` returns true, because nodes may answer each other without end. Datagrams to unknown addresses are lost.
   */
  async deliverAll(isOver: () => boolean): Promise<void> {
    // The send queue of a node is flushed in a microtask.
    for (await RESOLVED; this.#inFlight.length > 0 && !isOver(); await RESOLVED) {
      const arriving = this.#inFlight;
      this.#inFlight = [];
      for (const { from, to, datagrams } of arriving) this.#sockets.get(keyOf(to))?.deliver(from, datagrams);
    }
  }

  #open(address: Uint8Array): MemorySocket {
    const from = new Uint8Array(address);
    const socket = new MemorySocket(from, (to, datagrams) => this.#inFlight.push({ from, to, datagrams }));
    this.#sockets.set(keyOf(from), socket);
    return socket;
  }
}

/** Key of a socket address, without padding zeros. */
function keyOf(address: Uint8Array): string {
  return Buffer.from(address).toString("latin1").replace(/\0+$/, "");
}
