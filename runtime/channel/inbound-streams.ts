import { bytesOfStream, type InboundStream } from "./inbound-stream.ts";

/** The streams from all peers, by peer, with their memory. */
export class InboundStreams {
  readonly #streams = new Map<string, InboundStream>();
  #bytes = 0;
  #outOfOrderBytes = 0;

  /** Approximate memory in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#streams.size;
  }

  get(peer: string): InboundStream | undefined {
    return this.#streams.get(peer);
  }

  [Symbol.iterator](): MapIterator<[string, InboundStream]> {
    return this.#streams.entries();
  }

  /** Memory of the messages of all other peers that wait for an earlier one, in bytes. */
  outOfOrderExcept(peer: string): number {
    return this.#outOfOrderBytes - (this.#streams.get(peer)?.outOfOrderBytes ?? 0);
  }

  /** Adds or replaces the stream of a peer, which keeps its place in the order. */
  set(peer: string, stream: InboundStream): void {
    const before = this.#streams.get(peer);
    if (before !== undefined) this.#count(before, -1);
    this.#streams.set(peer, stream);
    this.#count(stream, 1);
  }

  delete(peer: string): void {
    const stream = this.#streams.get(peer);
    if (stream === undefined) return;
    this.#streams.delete(peer);
    this.#count(stream, -1);
  }

  /** Returns a function that brings the present streams back. */
  save(): () => void {
    const saved = [...this.#streams];
    return () => {
      for (const peer of this.#streams.keys()) this.delete(peer);
      for (const [peer, stream] of saved) this.set(peer, stream);
    };
  }

  #count(stream: InboundStream, times: 1 | -1): void {
    this.#bytes += times * bytesOfStream(stream);
    this.#outOfOrderBytes += times * stream.outOfOrderBytes;
  }
}
