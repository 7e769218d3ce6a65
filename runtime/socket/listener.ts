import type { ByteStream, Listening } from "../world/streams.ts";
import type { SocketCall } from "./socket-call.ts";

/** Listening socket. It queues connections that wait for a call of accept, or calls that wait for a connection. */
export class Listener {
  readonly #listening: Listening;
  readonly #waiting: ByteStream[] = [];
  readonly #calls: SocketCall[] = [];

  constructor(listening: Listening) {
    this.#listening = listening;
  }

  /** Number of connections that wait to be accepted. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get isBusy(): boolean {
    return this.#calls.length > 0;
  }

  /** Offers a new connection. Returns the call that gets it, or undefined if the connection must wait. */
  offer(stream: ByteStream): SocketCall | undefined {
    const call = this.#calls.shift();
    if (call === undefined) this.#waiting.push(stream);
    return call;
  }

  /** Returns the connection that has waited longest, or undefined if the call must wait for one. */
  accept(call: SocketCall): ByteStream | undefined {
    const stream = this.#waiting.shift();
    if (stream === undefined) this.#calls.push(call);
    return stream;
  }

  withdraw(call: SocketCall): void {
    const at = this.#calls.indexOf(call);
    if (at >= 0) this.#calls.splice(at, 1);
  }

  /** Stops listening and closes waiting connections. Returns the calls that waited. */
  close(): readonly SocketCall[] {
    this.#listening.close();
    for (const stream of this.#waiting.splice(0)) stream.close();
    return this.#calls.splice(0);
  }
}
