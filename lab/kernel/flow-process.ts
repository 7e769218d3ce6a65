/**
 * Main module of a process that sends or receives a UDP stream or a TCP transfer in a host's namespace. It prints its reports as JSON lines
 * several times a second, and the last reports on SIGTERM. Its first line of input is the time of the monotonic clock at which the run
 * begins. A sender repeats the attempt to connect until it succeeds.
 */
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { FlowReport } from "../../runtime/sim/flow-report.ts";
import { RecentNumbers } from "../../runtime/sim/udp-stream.ts";
import type { StreamTraffic, TransferTraffic } from "../topology/topology.ts";
import { type FlowProcessSettings, READY } from "./flow-processes.ts";

const REPORT_MS = 200;
const RETRY_MS = 20;
/** Time between two reads of the kernel's counters of a TCP connection. */
const STATISTICS_MS = 250;
/** Time for which the receiver keeps a connection open after the end of the stream, so that the sender can read the counters once more. */
const LINGER_MS = 600;
const TICK_MS = 1;
/** Greatest number of datagrams sent in one tick, when the process catches up after a delay. */
const BURST_MAX = 2_000;
/** Greatest number of delays in one report. */
const DELAYS_MAX = 1_000;
const CHUNK = Buffer.alloc(16 << 10);
const DUPLICATE_WINDOW = 65_536;

type Counted = FlowReport & { readonly kind: "sent" | "received" };

const settings = JSON.parse(process.argv[2] ?? "{}") as FlowProcessSettings;
/** Time of the monotonic clock at which the run's time was 0. */
let zero = 0;

/** Returns the time of the run in seconds. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e9 - zero;
}

function print(report: FlowReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

/** Sums of reports by second, printed several times a second. */
class Reports {
  readonly #sums = new Map<string, Counted>();

  constructor() {
    setInterval(() => this.flush(), REPORT_MS);
  }

  add(report: Counted): void {
    const key = `${report.kind} ${Math.floor(report.at)} ${report.kind === "received" ? report.sentIn : ""}`;
    const sum = this.#sums.get(key);
    this.#sums.set(key, sum === undefined ? { ...report, delays: [...report.delays] } : added(sum, report));
  }

  flush(): void {
    for (const report of this.#sums.values()) print(report);
    this.#sums.clear();
  }
}

/** Adds a report to a sum of the same kind. Extends the delays of the sum in place. */
function added(sum: Counted, report: Counted): Counted {
  const delays = sum.delays as number[];
  if (delays.length < DELAYS_MAX) for (const delay of report.delays) delays.push(delay);
  const packets = sum.packets + report.packets;
  const bytes = sum.bytes + report.bytes;
  if (sum.kind === "sent" && report.kind === "sent")
    return { ...sum, packets, bytes, retransmitted: sum.retransmitted + report.retransmitted };
  return { ...sum, packets, bytes };
}

const reports = new Reports();
process.on("SIGTERM", () => {
  reports.flush();
  process.stdout.write("", () => process.exit(0));
});

function sendStream({ rate, size, seconds, source, destination }: StreamTraffic): void {
  const socket = createSocket("udp4");
  // The device is down or the buffer is full: the datagram counts as lost.
  socket.on("error", () => {});
  // The kernel sends no datagram before the binding is complete.
  if (source !== undefined) socket.bind({ address: source });
  const startedAt = now();
  const interval = (size * 8) / rate;
  const count = Math.max(1, Math.ceil(seconds / interval - 1e-9));
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.min(count, Math.floor((now() - startedAt) / interval) + 1, next + BURST_MAX);
    for (; next < due; next++) {
      const at = now();
      const bytes = Buffer.alloc(size);
      bytes.writeDoubleBE(next, 0);
      bytes.writeDoubleBE(at, 8);
      socket.send(bytes, settings.port, destination, () => {});
      reports.add({ kind: "sent", at, packets: 1, bytes: size, retransmitted: 0, delays: [] });
    }
    if (next >= count) clearInterval(timer);
  }, TICK_MS);
}

function receiveStream(): void {
  const numbers = new RecentNumbers(DUPLICATE_WINDOW);
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  socket.on("error", (error) => print({ kind: "failed", at: now(), reason: error.message }));
  socket.on("message", (bytes) => {
    if (bytes.length < 16 || !numbers.add(bytes.readDoubleBE(0))) return;
    const at = now();
    const sentAt = bytes.readDoubleBE(8);
    const sentIn = Math.floor(sentAt);
    reports.add({ kind: "received", at, packets: 1, bytes: bytes.length, delays: [at - sentAt], sentIn });
  });
  // Any address, since the device with the virtual address may be down.
  socket.bind(settings.port, "0.0.0.0");
}

function sendTransfer(traffic: TransferTraffic): void {
  const socket = connect({ port: settings.port, host: traffic.destination, localAddress: traffic.source });
  let isConnected = false;
  socket.on("error", () => {});
  socket.once("connect", () => {
    isConnected = true;
    const statistics = new TcpStatistics(socket);
    socket.once("close", () => statistics.stop());
    new TransferWriter(socket, traffic).write();
  });
  socket.once("close", () => {
    if (!isConnected) setTimeout(() => sendTransfer(traffic), RETRY_MS);
  });
}

/** Application that writes a transfer to its socket. */
class TransferWriter {
  readonly #socket: Socket;
  readonly #traffic: TransferTraffic;
  readonly #startedAt = now();
  #written = 0;

  constructor(socket: Socket, traffic: TransferTraffic) {
    this.#socket = socket;
    this.#traffic = traffic;
  }

  /** Writes until the socket is full or the rate is reached, and continues later. Ends the connection after the last byte. */
  write(): void {
    const { size, rate = Infinity } = this.#traffic;
    for (;;) {
      const at = now();
      const left = "bytes" in size ? size.bytes - this.#written : Infinity;
      // The duration of a transfer counts from its start in the topology, even if the connection was opened later.
      const isOver = "seconds" in size && at >= this.#traffic.at + size.seconds;
      if (left <= 0 || isOver) return void this.#socket.end();
      const due = (rate * (at - this.#startedAt)) / 8 + CHUNK.length - this.#written;
      if (due < 1) return void setTimeout(() => this.write(), TICK_MS);
      const bytes = Math.floor(Math.min(left, CHUNK.length, due));
      this.#written += bytes;
      reports.add({ kind: "sent", at, packets: 0, bytes, retransmitted: 0, delays: [] });
      const hasRoom = this.#socket.write(CHUNK.subarray(0, bytes));
      if (!hasRoom) return void this.#socket.once("drain", () => this.write());
    }
  }
}

/** Reader of the kernel's counters of a connection: segments sent, segments retransmitted, and the smoothed round-trip time. */
class TcpStatistics {
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #retransmitted = 0;

  constructor(socket: Socket) {
    this.#port = socket.localPort ?? 0;
    this.#timer = setInterval(() => this.#read(), STATISTICS_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #read(): void {
    execFile("ss", ["-tinaH", "sport", "=", `:${this.#port}`], (error, stdout) => {
      if (error === null) this.#report(stdout);
    });
  }

  #report(text: string): void {
    const field = (pattern: RegExp): number | undefined => {
      const found = pattern.exec(text)?.[1];
      return found === undefined ? undefined : Number(found);
    };
    const sent = field(/\bdata_segs_out:(\d+)/) ?? field(/\bsegs_out:(\d+)/) ?? this.#sent;
    const retransmitted = field(/\bretrans:\d+\/(\d+)/) ?? this.#retransmitted;
    const roundTrip = field(/\brtt:([\d.]+)/);
    reports.add({
      kind: "sent",
      at: now(),
      packets: Math.max(0, sent - this.#sent),
      bytes: 0,
      retransmitted: Math.max(0, retransmitted - this.#retransmitted),
      delays: roundTrip === undefined ? [] : [roundTrip / 1e3],
    });
    this.#sent = Math.max(this.#sent, sent);
    this.#retransmitted = Math.max(this.#retransmitted, retransmitted);
  }
}

function receiveTransfer({ size }: TransferTraffic): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let received = 0;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const at = now();
      received += bytes.length;
      reports.add({ kind: "received", at, packets: 0, bytes: bytes.length, delays: [], sentIn: Math.floor(at) });
    });
    socket.once("end", () => {
      if (!("bytes" in size) || received >= size.bytes) print({ kind: "completed", at: now() });
      setTimeout(() => socket.end(), LINGER_MS);
    });
  });
  server.on("error", (error) => print({ kind: "failed", at: now(), reason: error.message }));
  server.listen(settings.port, "0.0.0.0");
}

const { role, traffic } = settings;

function receive(): void {
  if (traffic.kind === "udp") receiveStream();
  else receiveTransfer(traffic);
}

function send(): void {
  // The first report of a sender is the start of the flow.
  print({ kind: "sent", at: now(), packets: 0, bytes: 0, retransmitted: 0, delays: [] });
  if (traffic.kind === "udp") sendStream(traffic);
  else sendTransfer(traffic);
}

process.stdout.write(`${READY}\n`);
createInterface({ input: process.stdin }).once("line", (line) => {
  zero = Number(line);
  if (role === "receive") receive();
  else setTimeout(send, Math.max(0, traffic.at - now()) * 1e3);
});
