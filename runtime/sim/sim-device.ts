import type { Cidr } from "../ip/cidr.ts";
import type { Clock, Device, DeviceCounters } from "../world/world.ts";

/** A TUN device of the simulator: `kernel` stands for the kernel behind it. */
export class SimTun implements Device {
  readonly kind = "tun";
  readonly name: string;
  mtu: number;
  readonly network: Cidr;
  readonly lowerMtu: (mtu: number) => undefined = (mtu) => {
    this.mtu = mtu;
  };
  readonly counters: DeviceCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  readonly #clock: Clock;
  /** Receives the packets that the node writes. */
  readonly #kernel: (packet: Uint8Array) => void;
  #receive: ((packet: Uint8Array) => void) | undefined;
  #isClosed = false;

  constructor(name: string, network: Cidr, mtu: number, clock: Clock, kernel: (packet: Uint8Array) => void) {
    this.name = name;
    this.network = network;
    this.mtu = mtu;
    this.#clock = clock;
    this.#kernel = kernel;
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    this.#receive = receive;
  }

  /** Queues a packet of the kernel. The node reads it after its current work. */
  deliver(packet: Uint8Array): void {
    if (packet.length > this.mtu) this.#refuse("too long");
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
