import { segmentsOf } from "../../runtime/plan/values/train.ts";
import type { Tun, TunCounters } from "../../runtime/world/world.ts";

/** Device with packets from the test. Records the packets that are written to it. */
export class RecordingTun implements Tun {
  readonly name = "fake";
  readonly mtu: number = 1400;
  readonly counters: TunCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  readonly written: Uint8Array[] = [];
  receive: (packet: Uint8Array) => void = () => undefined;

  onPacket(receive: (packet: Uint8Array) => void): void {
    this.receive = receive;
  }

  write(packet: Uint8Array): void {
    for (const row of segmentsOf(packet)) this.written.push(row.slice());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
