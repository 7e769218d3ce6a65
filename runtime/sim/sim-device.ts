import { ETHERNET_HEADER } from "../ip/ethernet-frame.ts";
import type { Cidr } from "../ip/cidr.ts";
import type { Clock, Device, DeviceCounters } from "../world/world.ts";

/** A device of a simulated host. */
export interface SimDeviceSettings {
  readonly kind: Device["kind"];
  readonly name: string;
  /** IPv4 address of the device, and its network. Absent for a TAP device without an address. */
  readonly network?: Cidr | undefined;
  /** The node may lower the MTU. */
  readonly mtu: number;
}

/** A TUN or TAP device of the simulator: `kernel` stands for the kernel behind it. */
export class SimDevice implements Device {
  readonly kind: Device["kind"];
  readonly name: string;
  mtu: number;
  readonly network: Cidr | undefined;
  readonly lowerMtu: (mtu: number) => undefined = (mtu) => {
    this.mtu = mtu;
  };
  readonly counters: DeviceCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  readonly #clock: Clock;
  /** Receives the packets or frames that the node writes. */
  readonly #kernel: (packet: Uint8Array) => void;
  #receive: ((packet: Uint8Array) => void) | undefined;
  #isClosed = false;

  constructor({ kind, name, network, mtu }: SimDeviceSettings, clock: Clock, kernel: (packet: Uint8Array) => void) {
    this.kind = kind;
    this.name = name;
    this.network = network;
    this.mtu = mtu;
    this.#clock = clock;
    this.#kernel = kernel;
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    this.#receive = receive;
  }

  /** Queues a packet or frame of the kernel. The node reads it after its current work. */
  deliver(packet: Uint8Array): void {
    const header = this.kind === "tap" ? ETHERNET_HEADER : 0;
    if (packet.length > this.mtu + header) this.#refuse("too long");
    else this.#clock.soon(() => this.#read(packet));
  }

  write(packet: Uint8Array): void {
    if (this.#isClosed) return this.#refuse("closed");
    this.counters.written++;
    this.counters.writtenBytes += packet.length;
    this.#kernel(packet);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #read(packet: Uint8Array): void {
    if (this.#isClosed) return;
    this.counters.read++;
    this.counters.readBytes += packet.length;
    this.#receive?.(packet);
  }

  #refuse(reason: string): void {
    this.counters.refused.set(reason, (this.counters.refused.get(reason) ?? 0) + 1);
  }
}
