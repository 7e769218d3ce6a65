import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { formatHostPort, type HostPort } from "../plan/values/host-port.ts";
import { EXPOSITION_TYPE, exposition, type MetricFamily } from "./exposition.ts";

/** Source of metrics and readiness. The server asks it for each request. */
export interface MetricsSource {
  metrics(): readonly MetricFamily[];
  /** Returns the reason why the node is not ready; undefined if the node is ready. */
  unready(): string | undefined;
}

export type MetricsServerResult =
  | { readonly ok: true; readonly server: MetricsServer }
  | { readonly ok: false; readonly message: string };

interface HttpReply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const PLAIN = "text/plain; charset=utf-8";

/** Limits that protect the memory and the file descriptors of the node, because anybody may reach the port. */
const CONNECTIONS_MAX = 32;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Opens an HTTP server with `/metrics`, `/healthz` and `/readyz`. A client that sends a request before it has the answer to the one before
 * loses its connection. Port 0 chooses a free port.
 */
export function openMetricsServer(at: HostPort, source: MetricsSource): Promise<MetricsServerResult> {
  // A client that sends many requests at once and reads no answer would have all answers rendered and kept.
  const answering = new WeakSet<Socket>();
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      const { socket } = request;
      if (answering.has(socket)) return void socket.destroy();
      answering.add(socket);
      response.once("finish", () => answering.delete(socket));
      reply(request, response, source);
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.keepAliveTimeout = REQUEST_TIMEOUT_MS;
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve({ ok: false, message: explain(error, at) }));
    server.listen(at.port, at.host, () => resolve({ ok: true, server: new MetricsServer(server) }));
  });
}

/** Listening metrics server. */
export class MetricsServer {
  /** `host:port` with the actual port. */
  readonly address: string;
  readonly #server: Server;

  constructor(server: Server) {
    const bound = server.address();
    this.address = typeof bound === "object" && bound !== null ? formatHostPort(bound.address, bound.port) : "";
    this.#server = server;
    // File descriptors may run out while the server listens. New connections then fail, and the node continues.
    server.on("error", () => undefined);
  }

  /** Closes the server and its connections. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

function reply(request: IncomingMessage, response: ServerResponse, source: MetricsSource): void {
  const { status, type, text } = answer(request, source);
  const headers = {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  };
  response.writeHead(status, status === 405 ? { ...headers, allow: "GET, HEAD" } : headers);
  response.end(request.method === "HEAD" ? undefined : text);
}

function answer({ method, url = "" }: IncomingMessage, source: MetricsSource): HttpReply {
  if (method !== "GET" && method !== "HEAD") return plain(405, "only GET and HEAD");
  switch (url.split("?", 1)[0]) {
    case "/metrics":
      return { status: 200, type: EXPOSITION_TYPE, text: exposition(source.metrics()) };
    case "/healthz":
      return plain(200, "ok");
    case "/readyz":
      return readiness(source.unready());
    default:
      return plain(404, "there are /metrics, /healthz and /readyz");
  }
}

function readiness(reason: string | undefined): HttpReply {
  return reason === undefined ? plain(200, "ready") : plain(503, reason);
}

function plain(status: number, text: string): HttpReply {
  return { status, type: PLAIN, text: `${text}\n` };
}

function explain({ code, message }: NodeJS.ErrnoException, { host, port }: HostPort): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} is in use by another program`;
    case "EACCES":
      return `port ${port} is for root only; take one above 1023`;
    case "EADDRNOTAVAIL":
      return `${host} is not an address of this machine`;
    case "ENOTFOUND":
      return `the name ${host} has no address`;
    default:
      return message;
  }
}
