import type { ByteStream, Listening } from "../world/streams.ts";
import type { SocketCall } from "./socket-call.ts";

/** A listening socket: connections that wait to be accepted, or calls that wait for connections. */
export class Listener {
  readonly #listening: Listening;
  readonly #waiting: ByteStream[] = [];
  readonly #calls: SocketCall[] = [];

  constructor(listening: Listening) {
    this.#listening = listening;
  }

  /** Connections that nobody has accepted. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get isBusy(): boolean {
    return this.#calls.length > 0;
  }

  /** The call that is to have the connection; undefined when it has to wait. */
  offer(stream: ByteStream): SocketCall | undefined {
    const call = this.#calls.shift();
    if (call === undefined) this.#waiting.push(stream);
    return call;
  }

  /** The connection that has waited longest; undefined when the call has to wait for one. */
  accept(call: SocketCall): ByteStream | undefined {
    const stream = this.#waiting.shift();
    if (stream === undefined) this.#calls.push(call);
    return stream;
  }

  withdraw(call: SocketCall): void {
    const at = this.#calls.indexOf(call);
    if (at >= 0) this.#calls.splice(at, 1);
  }

  /** Hears nothing more; returns the calls that waited. */
  close(): readonly SocketCall[] {
    this.#listening.close();
    for (const stream of this.#waiting.splice(0)) stream.close();
    return this.#calls.splice(0);
  }
}
