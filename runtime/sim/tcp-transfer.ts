/**
 * Bulk transfer over a simulated TCP connection, between two kernels of simulated hosts: `TcpClient` connects and sends, `TcpServer`
 * accepts and receives. Segments are IPv4 packets that pass the TUN devices of both hosts.
 */
import type { Clock, Timer } from "../world/world.ts";
import type { ReportFlow } from "./flow-report.ts";
import { type Ipv4Packet, TCP, writeIpv4 } from "./ipv4-packet.ts";
import { RttEstimator } from "./rtt-estimator.ts";
import { TcpReceiver } from "./tcp-receiver.ts";
import {
  fullNumber,
  readSegment,
  shortNumber,
  type TcpSegment,
  TCP_HEADER_BYTES,
  writeSegment,
} from "./tcp-segment.ts";
import { type OutgoingData, TcpSender } from "./tcp-sender.ts";

/** Size of a transfer: a number of bytes, or as many as fit into a time. */
export type TransferSize = { readonly bytes: number } | { readonly seconds: number };

export interface TransferSettings {
  readonly source: string;
  readonly destination: string;
  /** Port at both ends. Each transfer of a host has a port of its own. */
  readonly port: number;
  readonly size: TransferSize;
  /** Bits per second that the application writes. Default: unlimited. */
  readonly rate: number | undefined;
  /** Returns the length in bytes of the longest packet to the other end. It may become smaller during the transfer. */
  readonly mtu: () => number;
}

const IP_HEADER_BYTES = 20;
/** Receive window of both sides: 4 MiB. */
const WINDOW_BYTES = 4 << 20;
const WINDOW_SCALE = 7;
/** Segments that an application without rate writes at once. */
const WRITE_SEGMENTS = 16;
const DEFAULT_SEGMENT = 536;

type SendPacket = (packet: Uint8Array) => void;

/** End of a connection that sends and receives segments. */
class TcpEnd {
  readonly #settings: TransferSettings;
  readonly #send: SendPacket;

  constructor(settings: TransferSettings, send: SendPacket) {
    this.#settings = settings;
    this.#send = send;
  }

  get segment(): number {
    return this.#settings.mtu() - IP_HEADER_BYTES - TCP_HEADER_BYTES;
  }

  /** Sends a segment. The window in a SYN is not scaled. */
  send(fields: Partial<TcpSegment>): void {
    const { source, destination, port } = this.#settings;
    const isSyn = fields.isSyn === true;
    const segment: TcpSegment = {
      sourcePort: port,
      destinationPort: port,
      sequence: 0,
      acknowledged: undefined,
      isSyn,
      isFin: false,
      window: isSyn ? 65_535 : WINDOW_BYTES >> WINDOW_SCALE,
      mss: isSyn ? this.segment : undefined,
      scale: isSyn ? WINDOW_SCALE : undefined,
      length: 0,
      ...fields,
    };
    this.#send(writeIpv4({ source, destination, protocol: TCP, body: writeSegment(segment) }));
  }
}

/** Sending host of a transfer. */
export class TcpClient {
  readonly #settings: TransferSettings;
  readonly #clock: Clock;
  readonly #report: ReportFlow;
  readonly #end: TcpEnd;
  readonly #estimator = new RttEstimator();
  readonly #startedAt: number;
  #lostSyns = -1;
  #synSentAt = 0;
  #synTimer: Timer | undefined;
  #connection: { readonly sender: TcpSender; readonly scale: number } | undefined;
  /** First unacknowledged byte, to extend the numbers of segments to full numbers. */
  #acknowledged = 1;
  #written = 0;

  /** Connects at once. */
  constructor(settings: TransferSettings, clock: Clock, send: SendPacket, report: ReportFlow) {
    this.#settings = settings;
    this.#clock = clock;
    this.#report = report;
    this.#end = new TcpEnd(settings, send);
    this.#startedAt = clock.now();
    this.#connect();
  }

  take({ body }: Ipv4Packet): void {
    const segment = readSegment(body);
    if (segment?.acknowledged === undefined) return;
    if (segment.isSyn) this.#onSynAck(segment);
    else if (this.#connection !== undefined) this.#onAcknowledgement(segment, segment.acknowledged);
  }

  /** Sends the unacknowledged bytes again in segments of the present length, because a packet was too long for the path. */
  resend(): void {
    this.#connection?.sender.resend();
  }

  #connect(): void {
    this.#lostSyns++;
    this.#synSentAt = this.#clock.now();
    this.#end.send({ isSyn: true });
    this.#countSent(0, this.#lostSyns > 0);
    this.#synTimer = this.#clock.at(this.#synSentAt + this.#estimator.timeout, () => {
      this.#estimator.backOff();
      this.#connect();
    });
  }

  #onSynAck({ mss = DEFAULT_SEGMENT, scale = 0, window }: TcpSegment): void {
    if (this.#connection === undefined) {
      this.#synTimer?.cancel();
      if (this.#lostSyns === 0) this.#onRoundTrip(this.#clock.now() - this.#synSentAt, true);
      const segment = (): number => Math.max(1, Math.min(mss, this.#end.segment));
      const { rate } = this.#settings;
      const settings = {
        segment,
        window,
        estimator: this.#estimator,
        lostSyns: this.#lostSyns,
        application: () => (rate === undefined ? this.#take(WRITE_SEGMENTS * segment()) : { bytes: 0, isLast: false }),
      };
      const sender = new TcpSender(
        this.#clock,
        settings,
        (data) => this.#transmit(data),
        (seconds) => this.#onRoundTrip(seconds, false),
      );
      this.#connection = { sender, scale };
      this.#end.send({ sequence: 1, acknowledged: 1 });
      this.#write(segment());
      return;
    }
    // The acknowledgement of the handshake was lost.
    this.#end.send({ sequence: shortNumber(this.#acknowledged), acknowledged: 1 });
  }

  #onAcknowledgement({ window, length, isFin }: TcpSegment, short: number): void {
    if (this.#connection === undefined) return;
    const { sender, scale } = this.#connection;
    const number = fullNumber(short, this.#acknowledged);
    this.#acknowledged = Math.max(this.#acknowledged, number);
    sender.acknowledge(number, window * 2 ** scale, length === 0 && !isFin);
  }

  #transmit({ sequence, length, isFin, isRetransmission }: OutgoingData): void {
    this.#end.send({ sequence: shortNumber(sequence), acknowledged: 1, length, isFin });
    this.#countSent(isRetransmission ? 0 : length, isRetransmission);
  }

  #countSent(bytes: number, isAgain: boolean): void {
    const at = this.#clock.now();
    this.#report({ kind: "sent", at, packets: 1, bytes, retransmitted: isAgain ? 1 : 0, delays: [] });
  }

  #onRoundTrip(seconds: number, isHandshake: boolean): void {
    if (isHandshake) this.#estimator.add(seconds);
    this.#report({
      kind: "sent",
      at: this.#clock.now(),
      packets: 0,
      bytes: 0,
      retransmitted: 0,
      delays: [seconds],
    });
  }

  /**
   * Starts the application. With a rate it writes one segment at a time; without, it writes whenever the sender has nothing left to send.
   */
  #write(segment: number): void {
    const { size, rate } = this.#settings;
    const sender = this.#connection?.sender;
    if ("seconds" in size) this.#clock.at(this.#startedAt + size.seconds, () => sender?.close());
    if (rate === undefined) sender?.start();
    else this.#writePaced(segment, (segment * 8) / rate);
  }

  #writePaced(bytes: number, pause: number): void {
    const sender = this.#connection?.sender;
    const { size } = this.#settings;
    if ("seconds" in size && this.#clock.now() >= this.#startedAt + size.seconds) return;
    const next = this.#take(bytes);
    sender?.write(next.bytes);
    if (next.isLast) sender?.close();
    else this.#clock.at(this.#clock.now() + pause, () => this.#writePaced(bytes, pause));
  }

  /** Takes the next bytes of the transfer. */
  #take(most: number): { readonly bytes: number; readonly isLast: boolean } {
    const { size } = this.#settings;
    const left = "bytes" in size ? size.bytes - this.#written : Infinity;
    const bytes = Math.min(left, most);
    this.#written += bytes;
    return { bytes, isLast: bytes === left };
  }
}

/** Receiving host of a transfer. It accepts one connection. */
export class TcpServer {
  readonly #clock: Clock;
  readonly #end: TcpEnd;
  readonly #receiver: TcpReceiver;
  readonly #report: ReportFlow;
  /** Next expected byte, to extend the numbers of segments to full numbers. */
  #next = 1;

  /** `settings` are those of the receiving side: `source` is the receiver. */
  constructor(settings: TransferSettings, clock: Clock, send: SendPacket, report: ReportFlow) {
    this.#clock = clock;
    this.#report = report;
    this.#end = new TcpEnd(settings, send);
    this.#receiver = new TcpReceiver(
      clock,
      WINDOW_BYTES,
      (next) => this.#acknowledge(next),
      (bytes) => this.#count(0, bytes),
      () => report({ kind: "completed", at: clock.now() }),
    );
  }

  take({ body }: Ipv4Packet): void {
    const segment = readSegment(body);
    if (segment === undefined) return;
    if (segment.isSyn) return this.#end.send({ isSyn: true, acknowledged: 1 });
    if (segment.length === 0 && !segment.isFin) return;
    this.#count(1, 0);
    this.#receiver.take(fullNumber(segment.sequence, this.#next), segment.length, segment.isFin);
  }

  #acknowledge(next: number): void {
    this.#next = next;
    this.#end.send({ sequence: 1, acknowledged: shortNumber(next) });
  }

  #count(packets: number, bytes: number): void {
    const at = this.#clock.now();
    this.#report({ kind: "received", at, packets, bytes, delays: [], sentIn: Math.floor(at) });
  }
}
