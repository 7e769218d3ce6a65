import { ETHERNET_HEADER, frameType } from "../ip/ethernet-frame.ts";
import type { Clock } from "../world/world.ts";
import type { SimDevice } from "./sim-device.ts";

const ARP = 0x0806;
const IPV4 = 0x0800;
const MAC_LENGTH = 6;
const BROADCAST: Uint8Array = new Uint8Array(MAC_LENGTH).fill(0xff);
const ARP_LENGTH = 28;
/** Beginning of an ARP message about IPv4 addresses on Ethernet. */
const ARP_START: readonly number[] = [0, 1, 0x08, 0, MAC_LENGTH, 4, 0];
const REQUEST = 1;
const REPLY = 2;
/** Linux: requests for one address, one a second, before its packets are dropped. */
const REQUESTS_MAX = 3;
const RETRY_SECONDS = 1;
/** Packets that wait for the MAC address of one destination. */
const WAITING_MAX = 100;

/** Packets for an address whose MAC address is not known yet. */
interface Unresolved {
  readonly packets: Uint8Array[];
  requests: number;
}

/** Ethernet and ARP (RFC 826) of a simulated kernel, behind one TAP device with an IPv4 address. */
export class SimEthernet {
  readonly #mac: Uint8Array;
  /** Own IPv4 address. */
  readonly #address: Uint8Array;
  readonly #device: SimDevice;
  readonly #clock: Clock;
  /** Receives the IPv4 packets of frames for this host. */
  readonly #take: (packet: Uint8Array) => void;
  /** MAC addresses by the hexadecimal digits of the IPv4 address. */
  readonly #neighbours = new Map<string, Uint8Array>();
  readonly #unresolved = new Map<string, Unresolved>();

  constructor(
    mac: Uint8Array,
    address: Uint8Array,
    device: SimDevice,
    clock: Clock,
    take: (packet: Uint8Array) => void,
  ) {
    this.#mac = mac;
    this.#address = address;
    this.#device = device;
    this.#clock = clock;
    this.#take = take;
  }

  /** Sends an IPv4 packet to the neighbour with the destination address, when its MAC address is known. */
  send(packet: Uint8Array): void {
    const destination = packet.subarray(16, 20);
    const key = keyOf(destination);
    const mac = this.#neighbours.get(key);
    if (mac !== undefined) return this.#deliver(mac, IPV4, packet);
    const unresolved = this.#unresolved.get(key);
    if (unresolved === undefined) {
      this.#unresolved.set(key, { packets: [packet], requests: 0 });
      this.#request(destination);
    } else {
      if (unresolved.packets.length === WAITING_MAX) unresolved.packets.shift();
      unresolved.packets.push(packet);
    }
  }

  /** Takes a frame that the node has written. */
  receive(frame: Uint8Array): void {
    const destination = frame.subarray(0, MAC_LENGTH);
    if (frame.length < ETHERNET_HEADER || !(isEqual(destination, this.#mac) || isEqual(destination, BROADCAST))) return;
    const payload = frame.subarray(ETHERNET_HEADER);
    if (frameType(frame) === IPV4) this.#take(payload);
    else if (frameType(frame) === ARP) this.#receiveArp(payload);
  }

  #receiveArp(message: Uint8Array): void {
    if (message.length < ARP_LENGTH || ARP_START.some((byte, at) => message[at] !== byte)) return;
    if (!isEqual(message.subarray(24, 28), this.#address)) return;
    const [mac, address] = [message.slice(8, 14), message.slice(14, 18)];
    this.#learn(address, mac);
    if (message[7] === REQUEST) this.#deliver(mac, ARP, this.#arp(REPLY, mac, address));
  }

  #learn(address: Uint8Array, mac: Uint8Array): void {
    const key = keyOf(address);
    this.#neighbours.set(key, mac);
    const unresolved = this.#unresolved.get(key);
    this.#unresolved.delete(key);
    for (const packet of unresolved?.packets ?? []) this.#deliver(mac, IPV4, packet);
  }

  #request(address: Uint8Array): void {
    const key = keyOf(address);
    const unresolved = this.#unresolved.get(key);
    if (unresolved === undefined) return;
    if (unresolved.requests === REQUESTS_MAX) return void this.#unresolved.delete(key);
    unresolved.requests++;
    this.#deliver(BROADCAST, ARP, this.#arp(REQUEST, new Uint8Array(MAC_LENGTH), address));
    this.#clock.at(this.#clock.now() + RETRY_SECONDS, () => this.#request(address));
  }

  #arp(operation: number, targetMac: Uint8Array, target: Uint8Array): Uint8Array {
    return Uint8Array.from([...ARP_START, operation, ...this.#mac, ...this.#address, ...targetMac, ...target]);
  }

  #deliver(destination: Uint8Array, type: number, payload: Uint8Array): void {
    const frame = new Uint8Array(ETHERNET_HEADER + payload.length);
    frame.set(destination);
    frame.set(this.#mac, MAC_LENGTH);
    frame.set([type >> 8, type & 0xff], 2 * MAC_LENGTH);
    frame.set(payload, ETHERNET_HEADER);
    this.#device.deliver(frame);
  }
}

function keyOf(address: Uint8Array): string {
  return Buffer.from(address).toString("hex");
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
