/** Names of the TCP views, one per socket call: `tcp.read(Skt, Len, &Packet)` and so on. The element Tcp answers them. */
export const streamCalls = ["listen", "accept", "connect", "read", "write", "shutdown", "close"] as const;

export type StreamCall = (typeof streamCalls)[number];

/** Name of the event that a socket has been closed. */
export const STREAM_CLOSED = "tcp.closed";
