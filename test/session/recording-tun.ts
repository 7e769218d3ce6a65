import { type Cidr, parseCidr } from "../../runtime/ip/cidr.ts";
import { segmentsOf } from "../../runtime/plan/values/train.ts";
import type { Device, DeviceCounters } from "../../runtime/world/world.ts";

/** Device with packets from the test. Records the packets that are written to it. */
export class RecordingTun implements Device {
  readonly kind: Device["kind"];
  readonly name: string;
  readonly network: Cidr | undefined;
  readonly mtu: number = 1400;
  readonly counters: DeviceCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  readonly written: Uint8Array[] = [];
  receive: (packet: Uint8Array) => void = () => undefined;

  /** `cidr` is the address of the device, `100.64.0.1/24`. */
  constructor(name: string = "fake", cidr?: string, kind: Device["kind"] = "tun") {
    const parsed = cidr === undefined ? undefined : parseCidr(cidr);
    this.kind = kind;
    this.name = name;
    this.network = parsed?.ok === true ? parsed.cidr : undefined;
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    this.receive = receive;
  }

  write(packet: Uint8Array): void {
    for (const row of segmentsOf(packet)) this.#writeOne(row.slice());
  }

  #writeOne(packet: Uint8Array): void {
    this.written.push(packet);
    this.counters.written++;
    this.counters.writtenBytes += packet.length;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
