/**
 * Reliable byte streams between hosts, as TCP has them. Nothing here throws: what the world refuses is an outcome, whose
 * reason is one of `refused`, `in use`, `unresolved`, `unreachable`, `timed out`, `reset`, `not allowed`, `not here`, or
 * what the system calls it. An outcome may come before the call that asks for it returns.
 */
export interface Streams {
  /** Hears connections at `address` (`host:port`; port 0 takes a free one). `taken` is called with each. */
  listen(address: string, accepted: (stream: ByteStream) => void, opened: (outcome: Opened<Listening>) => void): void;
  connect(address: string, opened: (outcome: Opened<ByteStream>) => void): ConnectAttempt;
  /** Nothing of this node's streams is left when the promise resolves. */
  close(): Promise<void>;
}

export type Opened<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Something that is being opened. */
export interface ConnectAttempt {
  /** Nobody waits for it any more: it has no outcome. */
  cancel(): void;
}

export interface Listening {
  /** `host:port`, numeric. */
  readonly address: string;
  close(): void;
}

/** One end of a connection. Bytes are read when somebody asks for them, and no sooner. */
export interface ByteStream {
  /** The far end as `host:port`, numeric. */
  readonly peer: string;
  /** Asks for what comes next, at least one byte; once at a time. Without it nothing is read. */
  receive(arrived: (arrival: Received) => void): void;
  /** Nobody waits for what comes next any more. What was about to come waits for the next to ask. */
  withdraw(): void;
  /** Calls `sent` when the system has taken all of the bytes, which must stay unchanged until then. In the order of calls. */
  send(bytes: Uint8Array, sent: (outcome: Sent) => void): void;
  /** Ends both directions at once. What was asked for has no outcome any more. */
  close(): void;
}

export type Received =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The far end sends nothing more. */
  | { readonly kind: "end" }
  | { readonly kind: "broken"; readonly reason: string };

export type Sent = { readonly ok: true } | { readonly ok: false; readonly reason: string };
