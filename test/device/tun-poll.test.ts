import { expect, test } from "vitest";
import { LinuxTun } from "../../runtime/device/linux-tun.ts";
import { IoBatch } from "../../runtime/device/io-batch.ts";
import { MemoryTun } from "../../runtime/warm-up/memory-tun.ts";

/** A kernel that answers every packet before the write of it returns. */
class AnsweringTun extends MemoryTun {
  looks = 0;
  readonly #answers: Uint8Array[] = [];

  override write(train: Uint8Array, ...rest: readonly [number, number, number, number, Uint32Array]): number {
    this.#answers.push(train.slice());
    return super.write(train, ...rest);
  }

  override poll(): void {
    this.looks++;
    const answer = this.#answers.shift();
    if (answer !== undefined) this.deliver(answer);
  }
}

const PACKET = Uint8Array.of(1, 2, 3);

test("what the kernel answers at once is read in the ioBatch of what was written", () => {
  const { ioBatch, handle, tun, read } = open();
  ioBatch.begin();
  tun.write(PACKET);
  expect(read).toEqual([]);
  ioBatch.end();
  expect(read).toEqual([PACKET]);
  expect(handle.looks).toBe(1);
});

test("after many packets it is looked for once", () => {
  const { ioBatch, handle, tun } = open();
  ioBatch.begin();
  for (let count = 0; count < 5; count++) tun.write(PACKET);
  ioBatch.end();
  expect(handle.looks).toBe(1);
});

test("of answers to answers none is looked for", () => {
  const { ioBatch, handle, tun } = open((packet) => tun.write(packet));
  ioBatch.begin();
  tun.write(PACKET);
  ioBatch.end();
  expect({ looks: handle.looks, written: handle.written }).toEqual({ looks: 1, written: 2 });
});

test("nothing is looked for after it was closed", async () => {
  const { ioBatch, handle, tun } = open();
  ioBatch.begin();
  tun.write(PACKET);
  await tun.close();
  ioBatch.end();
  expect(handle.looks).toBe(0);
});

function open(receive?: (packet: Uint8Array) => void) {
  const ioBatch = new IoBatch();
  const handle = new AnsweringTun();
  const tun = new LinuxTun(handle, { mtu: 1400, ioBatch: ioBatch });
  const read: Uint8Array[] = [];
  tun.onPacket(receive ?? ((packet) => read.push(packet.slice())));
  return { ioBatch, handle, tun, read };
}
