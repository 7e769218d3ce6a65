/** The views of TCP, one a socket call: `tcp.read(Skt, Len, &Packet)` and so on. The node answers them, not rules. */
export const streamCalls = ["listen", "accept", "connect", "read", "write", "close"] as const;

export type StreamCall = (typeof streamCalls)[number];

/** The names of what a call needs, and of what it returns. */
export const streamCallForms: Readonly<
  Record<StreamCall, { readonly inputs: readonly string[]; readonly outputs: readonly string[] }>
> = {
  listen: { inputs: ["Address"], outputs: ["Listener"] },
  accept: { inputs: ["Listener"], outputs: ["Socket", "Peer"] },
  connect: { inputs: ["Address"], outputs: ["Socket"] },
  read: { inputs: ["Socket", "Length"], outputs: ["Packet"] },
  write: { inputs: ["Socket", "Packet"], outputs: ["Size"] },
  close: { inputs: ["Socket"], outputs: [] },
};

/**
 * What happens to a call: it begins, or nobody waits for it any more; it comes to an end here, or was made by another
 * node, which is to hear of its end.
 */
export type StreamEvent = "init" | "over" | "return" | "fail" | "answered" | "refused";

/** The event that a socket has come to its end. */
export const STREAM_CLOSED = "tcp.closed";

const NAME = /^tcp\.(listen|accept|connect|read|write|close)\.(init|over|return|fail|answered|refused)$/;

/** Which call, and what of it, a predicate is for; undefined for all that have nothing to do with TCP. */
export function streamEventNamed(name: string): { readonly call: StreamCall; readonly event: StreamEvent } | undefined {
  const [, call, event] = NAME.exec(name) ?? [];
  return call === undefined ? undefined : { call: call as StreamCall, event: event as StreamEvent };
}
