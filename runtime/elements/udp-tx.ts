/**
 * The exit of the datagrams that rules send by sockets that they opened, stage 8 of the packet path (`runtime/node/dataflow.ts`).
 * ReceiveDemux pushes `udp.send` tuples; when the step commits, their bytes leave.
 */
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { originIn } from "../plan/values/device-origin.ts";
import { segmentCount } from "../plan/values/train.ts";
import { isHostPort } from "../plan/values/location.ts";
import type { Value } from "../plan/values/value.ts";
import type { DatagramSockets } from "../socket/datagram-sockets.ts";
import { ipAddressOf } from "../socket/ip-address.ts";
import type { DeviceMtus } from "../path/device-mtu.ts";
import type { TooBig } from "../path/too-big.ts";
import type { Element } from "./element.ts";

const drops = ["udp: no socket", "udp: no address", "udp: no bytes", "packet too big"] as const;

export const spec: ElementSpec = {
  name: "UdpTx",
  manual: `
Udp::Tx(sockets)

When the step commits, sends the bytes of udp.send(Socket, To, Bytes) as one datagram to To, a text "host:port". A packet train becomes one
datagram per packet; one system call sends many of them. A string is sent as UTF-8. A host name in To is resolved like the name of a peer.
If the bytes were made from a device packet whose sender forbids fragmentation, and they exceed the path MTU that the kernel knows, they are
dropped and the sender of the packet gets an ICMP error.

Ports   in: 1 push. out: the network.
Drops   "udp: no socket": no open socket has the number; "udp: no address": To is no "host:port"; "udp: no bytes": neither bytes nor a
        string; "packet too big": bytes made from a device packet that do not fit; the sender of the packet got an ICMP error.
Reads   counters: tuples in, datagrams out
Built   by runtime/node/ports.ts, one per node.
Example udp.send(Socket, From, "pong") :- udp.recv(Socket, From, b"70696e67").
See     Udp::Rx, ReceiveDemux
`,
  drops,
  // The flow cache cannot repeat the sends.
  stateful: true,
};

interface Sending {
  readonly socket: number;
  readonly to: string;
  readonly bytes: Uint8Array;
}

export class UdpTx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #sockets: DatagramSockets;
  readonly #tooBig: TooBig;
  readonly #deviceMtus: DeviceMtus;
  #waiting: Sending[] = [];
  /** The latest text that was an address: most datagrams of a program go to one. */
  #latestAddress = "";

  constructor(sockets: DatagramSockets, tooBig: TooBig, deviceMtus: DeviceMtus) {
    this.#sockets = sockets;
    this.#tooBig = tooBig;
    this.#deviceMtus = deviceMtus;
  }

  push({ args: [socket, address, payload] }: Tuple): void {
    this.counters.in++;
    if (typeof socket !== "number") return this.counters.drop("udp: no socket");
    const to = ipAddressOf(address);
    if (to === undefined || !this.#isAddress(to)) return this.counters.drop("udp: no address");
    const bytes = bytesOf(payload);
    if (bytes === undefined) return this.counters.drop("udp: no bytes");
    this.#waiting.push({ socket, to, bytes });
  }

  /** Whether the text has the form "host:port". Other texts, which may be long, must not reach the sockets, which remember addresses. */
  #isAddress(to: string): boolean {
    if (to === this.#latestAddress) return true;
    if (!isHostPort(to)) return false;
    this.#latestAddress = to;
    return true;
  }

  /** Sends the datagrams of the step. */
  commit(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { socket, to, bytes } of waiting) {
      if (this.#isReported(socket, to, bytes)) this.counters.drop("packet too big");
      else if (this.#sockets.send(socket, to, bytes)) this.counters.out += segmentCount(bytes);
      else this.counters.drop("udp: no socket");
    }
  }

  /** Whether the bytes were made from a device packet and do not fit, and the sender of the packet has been notified. */
  #isReported(socket: number, to: string, bytes: Uint8Array): boolean {
    const origin = originIn([bytes]);
    const limit = origin && this.#sockets.unfragmented(socket, to);
    if (origin === undefined || limit === undefined) return false;
    const { packet, length, device } = origin;
    this.#deviceMtus.of(device)?.note(to, { packet: length, datagram: bytes.length, limit });
    return bytes.length > limit && this.#tooBig.notify(packet, length - (bytes.length - limit), length, device);
  }

  abort(): void {
    this.#waiting = [];
  }
}

function bytesOf(value: Value | undefined): Uint8Array | undefined {
  if (typeof value === "string") return Buffer.from(value);
  return value instanceof Uint8Array ? value : undefined;
}
