import type { Native } from "../../native/index.ts";
import { MemorySocket } from "./memory-socket.ts";

interface InFlight {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Waiting for it lets microtasks run, and nothing else. */
const NOW: Promise<void> = Promise.resolve();

/** Sockets that reach each other, and nobody else. */
export class MemoryNetwork {
  readonly #sockets = new Map<string, MemorySocket>();
  #inFlight: InFlight[] = [];

  /** The addon, but for its sockets. */
  native(real: Native): Native {
    return { ...real, openUdp: (address) => this.#open(address) };
  }

  /**
   * Lets arrive what was sent, and what is sent because of it, until nothing is on its way, or it is over: nodes may answer
   * each other without end. What is for nobody is lost.
   */
  async deliverAll(isOver: () => boolean): Promise<void> {
    // What a node sends leaves when it has done what it is doing: in a microtask.
    for (await NOW; this.#inFlight.length > 0 && !isOver(); await NOW) {
      const arriving = this.#inFlight;
      this.#inFlight = [];
      for (const { from, to, bytes } of arriving) this.#sockets.get(keyOf(to))?.deliver(from, bytes);
    }
  }

  #open(address: Uint8Array): MemorySocket {
    const from = new Uint8Array(address);
    const socket = new MemorySocket(from, (to, bytes) => this.#inFlight.push({ from, to, bytes }));
    this.#sockets.set(keyOf(from), socket);
    return socket;
  }
}

/** Whatever zeros are behind it. */
function keyOf(address: Uint8Array): string {
  return Buffer.from(address).toString("latin1").replace(/\0+$/, "");
}
