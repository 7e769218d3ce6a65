/** What the sockets of a node may take. */
export interface SocketLimits {
  /** Listening, connected, being connected, and waiting to be accepted. */
  readonly sockets: number;
  /** Bytes that have been read and not returned yet, and that are being written; one read more of each socket may be held. */
  readonly bytes: number;
  /** Connections that wait to be accepted, for each listening socket. */
  readonly backlog: number;
  /** Calls that have no outcome yet. */
  readonly calls: number;
}

export const defaultSocketLimits: SocketLimits = { sockets: 4096, bytes: 64 << 20, backlog: 128, calls: 65_536 };
