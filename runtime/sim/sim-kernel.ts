import type { Cidr } from "../ip/cidr.ts";
import { parseIp } from "../plan/values/ip-address.ts";
import type { Clock, Timer } from "../world/world.ts";
import { type Echo, readEcho, writeEcho } from "./icmp-echo.ts";
import type { ReportFlow } from "./flow-report.ts";
import { type Ipv4Packet, readIpv4, TCP, UDP } from "./ipv4-packet.ts";
import { readTooBig, type TooBigMessage } from "./icmp-too-big.ts";
import { SimTun } from "./sim-tun.ts";
import { TcpClient, TcpServer, type TransferSettings } from "./tcp-transfer.ts";
import { destinationPort, sendUdpStream, UdpStreamReceiver, type UdpStreamSettings } from "./udp-stream.ts";

type StreamSettings = Omit<UdpStreamSettings, "source" | "destination" | "port">;
type ApplicationSettings = Omit<TransferSettings, "source" | "destination" | "port" | "mtu">;

/** Report of a running ping. Times are seconds of the clock; sequence numbers start at 1. */
export type PingReport =
  | { readonly kind: "reply"; readonly sequence: number; readonly sentAt: number; readonly at: number }
  /** The request was unanswered when the next one was sent. A reply may still arrive. */
  | { readonly kind: "missing"; readonly sequence: number; readonly sentAt: number; readonly at: number };

/** Length of the prefix of the virtual network, as in a lab. */
const PREFIX = 10;
const PAYLOAD_BYTES = 56;
const SEQUENCES = 1 << 16;
/** MTU while no device is there. */
const ETHERNET_MTU = 1500;

/**
 * Model of the kernel of a simulated host, and of the applications on the host. The kernel answers echo requests that the node writes to
 * the TUN device. The applications send echo requests, UDP streams and TCP transfers through the device. The kernel outlives the node.
 */
export class SimKernel {
  readonly address: string;
  readonly #network: Cidr;
  readonly #clock: Clock;
  readonly #pings: Ping[] = [];
  /** Receivers of UDP and TCP packets, by protocol and port. */
  readonly #ports = new Map<string, (packet: Ipv4Packet) => void>();
  /** Clients of the TCP transfers of this host, by port. */
  readonly #clients = new Map<number, TcpClient>();
  /** Length of the longest packet to a destination, from ICMP messages. */
  readonly #pathMtus = new Map<string, number>();
  #tun: SimTun | undefined;

  /** `address` is IPv4. */
  constructor(address: string, clock: Clock) {
    this.address = address;
    this.#network = { address, bytes: parseIp(address) ?? new Uint8Array(4), prefix: PREFIX };
    this.#clock = clock;
  }

  /** Opens a device for a node that starts. The device of an earlier node gets no more packets. */
  openTun(mtu: number, clock: Clock): SimTun {
    this.#pathMtus.clear();
    this.#tun = new SimTun("mosaic0", this.#network, mtu, clock, (packet) => this.#take(packet));
    return this.#tun;
  }

  /** Removes the device of a node that has stopped. */
  closeTun(): void {
    this.#tun = undefined;
  }

  /** Sends the first echo request at once, and one more every `interval` seconds. */
  ping(destination: string, interval: number, report: (report: PingReport) => void): Ping {
    const identifier = this.#pings.length + 1;
    const send = (sequence: number): void =>
      this.#send({ kind: "request", destination, identifier, sequence, source: this.address, payload: PAYLOAD });
    const ping = new Ping(this.#clock, interval, send, report);
    this.#pings.push(ping);
    return ping;
  }

  /** Starts a UDP stream to another kernel. Each flow of a host must have a `port` of its own. */
  stream(to: SimKernel, settings: StreamSettings, port: number, report: ReportFlow): void {
    const receiver = new UdpStreamReceiver(this.#clock, report);
    to.#ports.set(`${UDP} ${port}`, (packet) => receiver.take(packet));
    const ends = { source: this.address, destination: to.address, port };
    sendUdpStream({ ...settings, ...ends }, this.#clock, (packet) => this.#deliver(packet), report);
  }

  /** Starts a TCP transfer to another kernel. Each flow of a host must have a `port` of its own. */
  transfer(to: SimKernel, settings: ApplicationSettings, port: number, report: ReportFlow): void {
    const ends = { source: this.address, destination: to.address, port };
    const back = { source: to.address, destination: this.address, port };
    const server = new TcpServer(
      { ...settings, ...back, mtu: () => to.#mtuTo(this.address) },
      this.#clock,
      (packet) => to.#deliver(packet),
      report,
    );
    to.#ports.set(`${TCP} ${port}`, (packet) => server.take(packet));
    const client = new TcpClient(
      { ...settings, ...ends, mtu: () => this.#mtuTo(to.address) },
      this.#clock,
      (packet) => this.#deliver(packet),
      report,
    );
    this.#clients.set(port, client);
    this.#ports.set(`${TCP} ${port}`, (packet) => client.take(packet));
  }

  /** Returns the length of the longest packet that the kernel sends to a destination. */
  #mtuTo(destination: string): number {
    return Math.min(this.#tun?.mtu ?? ETHERNET_MTU, this.#pathMtus.get(destination) ?? Infinity);
  }

  #take(packet: Uint8Array): void {
    const tooBig = readTooBig(packet);
    if (tooBig !== undefined) return this.#lowerPathMtu(tooBig);
    const echo = readEcho(packet);
    if (echo === undefined) return this.#takeTransport(packet);
    if (echo.destination !== this.address) return;
    if (echo.kind === "reply") this.#pings[echo.identifier - 1]?.answered(echo.sequence);
    else this.#send({ ...echo, kind: "reply", source: this.address, destination: echo.source });
  }

  #lowerPathMtu({ source, destination, port, mtu }: TooBigMessage): void {
    if (source !== this.address || mtu >= this.#mtuTo(destination)) return;
    this.#pathMtus.set(destination, mtu);
    this.#clients.get(port)?.resend();
  }

  #takeTransport(bytes: Uint8Array): void {
    const packet = readIpv4(bytes);
    if (packet === undefined || packet.destination !== this.address) return;
    this.#ports.get(`${packet.protocol} ${destinationPort(packet)}`)?.(packet);
  }

  #send(echo: Echo): void {
    this.#deliver(writeEcho(echo));
  }

  #deliver(packet: Uint8Array): void {
    this.#tun?.deliver(packet);
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
