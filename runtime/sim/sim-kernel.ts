import type { Clock, Device, Timer } from "../world/world.ts";
import { type Echo, readEcho, writeEcho } from "./icmp-echo.ts";
import type { ReportFlow } from "./flow-report.ts";
import { type Ipv4Packet, readIpv4, TCP, UDP } from "./ipv4-packet.ts";
import { readTooBig, type TooBigMessage } from "./icmp-too-big.ts";
import type { SimDeviceSettings } from "./sim-device.ts";
import { SimDevices } from "./sim-devices.ts";
import { TcpClient, TcpServer, type TransferSettings } from "./tcp-transfer.ts";
import { destinationPort, sendUdpStream, UdpStreamReceiver, type UdpStreamSettings } from "./udp-stream.ts";

type StreamSettings = Omit<UdpStreamSettings, "source" | "destination" | "port">;
type ApplicationSettings = Omit<TransferSettings, "source" | "destination" | "port" | "mtu">;

/** Report of a running ping. Times are seconds of the clock; sequence numbers start at 1. */
export type PingReport =
  | { readonly kind: "reply"; readonly sequence: number; readonly sentAt: number; readonly at: number }
  /** The request was unanswered when the next one was sent. A reply may still arrive. */
  | { readonly kind: "missing"; readonly sequence: number; readonly sentAt: number; readonly at: number };

const PAYLOAD_BYTES = 56;
const SEQUENCES = 1 << 16;
/** MTU while no device is there. */
const ETHERNET_MTU = 1500;

/** Addresses of the packets of an application. */
export interface SimEnds {
  /** Address of a device of the sender. By default, the address of the device that the packets leave by. */
  readonly source?: string | undefined;
  /** Address of a device of the receiver. */
  readonly destination: string;
}

/**
 * Model of the kernel of a simulated host, and of the applications on the host. The kernel answers echo requests that the node writes to
 * the devices. The applications send echo requests, UDP streams and TCP transfers through the devices. The kernel outlives the node.
 */
export class SimKernel {
  readonly #clock: Clock;
  readonly #pings: Ping[] = [];
  /** Receivers of UDP and TCP packets, by protocol and port. */
  readonly #ports = new Map<string, (packet: Ipv4Packet) => void>();
  /** Clients of the TCP transfers of this host, by port. */
  readonly #clients = new Map<number, TcpClient>();
  /** Length of the longest packet to a destination, from ICMP messages. */
  readonly #pathMtus = new Map<string, number>();
  readonly #devices: SimDevices;

  /** `host` is the number of the host. */
  constructor(devices: readonly SimDeviceSettings[], host: number, clock: Clock) {
    this.#devices = new SimDevices(devices, host, (packet) => this.#take(packet));
    this.#clock = clock;
  }

  /** Opens the devices for a node that starts. The devices of an earlier node get no more packets. */
  openDevices(clock: Clock): readonly Device[] {
    this.#pathMtus.clear();
    return this.#devices.open(clock);
  }

  /** Removes the devices of a node that has stopped. */
  closeDevices(): void {
    this.#devices.close();
  }

  /** Sends the first echo request at once, and one more every `interval` seconds. */
  ping(ends: SimEnds, interval: number, report: (report: PingReport) => void): Ping {
    const { source, destination } = this.#completed(ends);
    const identifier = this.#pings.length + 1;
    const send = (sequence: number): void =>
      this.#send({ kind: "request", destination, identifier, sequence, source, payload: PAYLOAD });
    const ping = new Ping(this.#clock, interval, send, report);
    this.#pings.push(ping);
    return ping;
  }

  /** Starts a UDP stream to another kernel. Each flow of a host must have a `port` of its own. */
  stream(to: SimKernel, ends: SimEnds, settings: StreamSettings, port: number, report: ReportFlow): void {
    const receiver = new UdpStreamReceiver(this.#clock, report);
    to.#ports.set(`${UDP} ${port}`, (packet) => receiver.take(packet));
    sendUdpStream(
      { ...settings, ...this.#completed(ends), port },
      this.#clock,
      (packet) => this.#deliver(packet),
      report,
    );
  }

  /** Starts a TCP transfer to another kernel. Each flow of a host must have a `port` of its own. */
  transfer(to: SimKernel, ends: SimEnds, settings: ApplicationSettings, port: number, report: ReportFlow): void {
    const { source, destination } = this.#completed(ends);
    const back = { source: destination, destination: source, port };
    const server = new TcpServer(
      { ...settings, ...back, mtu: () => to.#mtuTo(source) },
      this.#clock,
      (packet) => to.#deliver(packet),
      report,
    );
    to.#ports.set(`${TCP} ${port}`, (packet) => server.take(packet));
    const client = new TcpClient(
      { ...settings, source, destination, port, mtu: () => this.#mtuTo(destination) },
      this.#clock,
      (packet) => this.#deliver(packet),
      report,
    );
    this.#clients.set(port, client);
    this.#ports.set(`${TCP} ${port}`, (packet) => client.take(packet));
  }

  #completed({ source, destination }: SimEnds): Required<SimEnds> & { readonly source: string } {
    return { source: source ?? this.#devices.sourceTo(destination) ?? "", destination };
  }

  /** Returns the length of the longest packet that the kernel sends to a destination. */
  #mtuTo(destination: string): number {
    return Math.min(this.#devices.mtuTo(destination) ?? ETHERNET_MTU, this.#pathMtus.get(destination) ?? Infinity);
  }

  #take(packet: Uint8Array): void {
    const tooBig = readTooBig(packet);
    if (tooBig !== undefined) return this.#lowerPathMtu(tooBig);
    const echo = readEcho(packet);
    if (echo === undefined) return this.#takeTransport(packet);
    if (!this.#devices.owns(echo.destination)) return;
    if (echo.kind === "reply") this.#pings[echo.identifier - 1]?.answered(echo.sequence);
    else this.#send({ ...echo, kind: "reply", source: echo.destination, destination: echo.source });
  }

  #lowerPathMtu({ source, destination, port, mtu }: TooBigMessage): void {
    if (!this.#devices.owns(source) || mtu >= this.#mtuTo(destination)) return;
    this.#pathMtus.set(destination, mtu);
    this.#clients.get(port)?.resend();
  }

  #takeTransport(bytes: Uint8Array): void {
    const packet = readIpv4(bytes);
    if (packet === undefined || !this.#devices.owns(packet.destination)) return;
    this.#ports.get(`${packet.protocol} ${destinationPort(packet)}`)?.(packet);
  }

  #send(echo: Echo): void {
    this.#deliver(writeEcho(echo));
  }

  #deliver(packet: Uint8Array): void {
    this.#devices.send(packet);
  }
}

const PAYLOAD = Uint8Array.from({ length: PAYLOAD_BYTES }, (_, at) => at);

interface EchoRequest {
  readonly sequence: number;
  readonly sentAt: number;
}

/** A running `ping`. */
class Ping {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #send: (sequence: number) => void;
  readonly #report: (report: PingReport) => void;
  /** Unanswered requests, by the lower 16 bits of the sequence number: the packet carries only these. */
  readonly #unanswered = new Map<number, EchoRequest>();
  readonly #startedAt: number;
  #sent = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, interval: number, send: (sequence: number) => void, report: (report: PingReport) => void) {
    this.#clock = clock;
    this.#interval = interval;
    this.#send = send;
    this.#report = report;
    this.#startedAt = clock.now();
    this.#timer = clock.at(this.#startedAt, () => this.#next());
  }

  get sent(): number {
    return this.#sent;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  answered(sequence: number): void {
    const request = this.#unanswered.get(sequence);
    if (request === undefined) return;
    this.#unanswered.delete(sequence);
    this.#report({ kind: "reply", ...request, at: this.#clock.now() });
  }

  #next(): void {
    const at = this.#clock.now();
    const previous = this.#unanswered.get(this.#sent % SEQUENCES);
    if (previous !== undefined) this.#report({ kind: "missing", ...previous, at });
    this.#sent++;
    this.#unanswered.set(this.#sent % SEQUENCES, { sequence: this.#sent, sentAt: at });
    this.#send(this.#sent % SEQUENCES);
    this.#timer = this.#clock.at(this.#startedAt + this.#sent * this.#interval, () => this.#next());
  }
}
