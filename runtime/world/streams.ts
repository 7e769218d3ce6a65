/**
 * Reliable byte streams between hosts: TCP. No method throws. A failure is an outcome with one of the reasons `no address` (the text is not
 * `host:port`), `refused`, `in use`, `unresolved`, `unreachable`, `timed out`, `reset`, `not allowed`, `not here`, or an error name of the
 * system. A method may run its callback before it returns.
 */
export interface Streams {
  /** Listens at `host:port`; port 0 takes a free port. Calls `accepted` for each connection. */
  listen(address: string, accepted: (stream: ByteStream) => void, opened: (outcome: Opened<Listening>) => void): void;
  connect(address: string, opened: (outcome: Opened<ByteStream>) => void): ConnectAttempt;
  /** Closes all streams and listening sockets. The promise resolves when they are closed. */
  close(): Promise<void>;
}

export type Opened<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Connection attempt in progress. */
export interface ConnectAttempt {
  /** Gives up the attempt. The callback of `connect` is not called. */
  cancel(): void;
}

export interface Listening {
  /** `host:port`, numeric. */
  readonly address: string;
  close(): void;
}

/** One end of a connection. Bytes are read only on request, so that back-pressure reaches the sender. */
export interface ByteStream {
  /** Remote `host:port`, numeric. */
  readonly peer: string;
  /** Requests the next bytes, at least one. At most one request may be pending. */
  receive(arrived: (arrival: Received) => void): void;
  /** Cancels the pending request. Bytes that arrive are kept for the next one. */
  withdraw(): void;
  /** Sends bytes, in the order of calls. Calls `sent` when the system has taken all of them; until then they must not change. */
  send(bytes: Uint8Array, sent: (outcome: Sent) => void): void;
  /**
   * Closes the sending direction after the bytes sent so far; the remote end can still send. Calls `sent` when the system has taken the
   * end of the stream (FIN). `send` must not be called afterwards.
   */
  shutdown(sent: (outcome: Sent) => void): void;
  /** Closes both directions. Callbacks of pending requests and sends are not called. */
  close(): void;
}

export type Received =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The remote end has closed its sending direction. */
  | { readonly kind: "end" }
  | { readonly kind: "broken"; readonly reason: string };

export type Sent = { readonly ok: true } | { readonly ok: false; readonly reason: string };
