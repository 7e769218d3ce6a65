/** Limits on the sockets of a node. */
export interface SocketLimits {
  /** TCP sockets of all kinds: listening, connected, connecting, and waiting to be accepted. */
  readonly sockets: number;
  /** Bytes read but not returned, and bytes being written. Each socket may exceed the limit by one read. */
  readonly bytes: number;
  /** Connections waiting to be accepted, per listening socket. */
  readonly backlog: number;
  /** Pending calls. */
  readonly calls: number;
  /** UDP sockets, open or being opened. */
  readonly datagramSockets: number;
}

export const defaultSocketLimits: SocketLimits = {
  sockets: 4096,
  bytes: 64 << 20,
  backlog: 128,
  calls: 65_536,
  datagramSockets: 256,
};
