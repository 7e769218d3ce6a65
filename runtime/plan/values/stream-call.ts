/** Names of the TCP views, one per socket call: `tcp.read(Skt, Len, &Packet)` and so on. The element Tcp answers them. */
export const streamCalls = ["listen", "accept", "connect", "read", "write", "shutdown", "close"] as const;

export type StreamCall = (typeof streamCalls)[number];

/** Names of the inputs and outputs of each call. */
export const streamCallForms: Readonly<
  Record<StreamCall, { readonly inputs: readonly string[]; readonly outputs: readonly string[] }>
> = {
  listen: { inputs: ["Address"], outputs: ["Listener"] },
  accept: { inputs: ["Listener"], outputs: ["Socket", "Peer"] },
  connect: { inputs: ["Address"], outputs: ["Socket"] },
  read: { inputs: ["Socket", "Length"], outputs: ["Packet"] },
  write: { inputs: ["Socket", "Packet"], outputs: ["Size"] },
  shutdown: { inputs: ["Socket"], outputs: [] },
  close: { inputs: ["Socket"], outputs: [] },
};

/**
 * Events in the life of a call, as they stand in predicate names. `init`: the call begins. `over`: its caller no longer waits.
 * `return`, `fail`: the outcome for a caller on this node. `answered`, `refused`: the outcome for a caller on another node, sent
 * there by a strand.
 */
export type StreamEvent = "init" | "over" | "return" | "fail" | "answered" | "refused";

/** Name of the event that a socket has been closed. */
export const STREAM_CLOSED = "tcp.closed";

const NAME = /^tcp\.(listen|accept|connect|read|write|shutdown|close)\.(init|over|return|fail|answered|refused)$/;

/** Returns the call and the event that a predicate name stands for, or undefined if it is not a TCP predicate. */
export function streamEventNamed(name: string): { readonly call: StreamCall; readonly event: StreamEvent } | undefined {
  const [, call, event] = NAME.exec(name) ?? [];
  return call === undefined ? undefined : { call: call as StreamCall, event: event as StreamEvent };
}
