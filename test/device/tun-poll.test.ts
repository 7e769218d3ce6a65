import { expect, test } from "vitest";
import { LinuxTun } from "../../runtime/device/linux-tun.ts";
import { IoBatch } from "../../runtime/device/io-batch.ts";
import { MemoryTun } from "../../runtime/warm-up/memory-tun.ts";

/** A TUN device whose kernel has answered every packet when its write returns. */
class AnsweringTun extends MemoryTun {
  polls = 0;
  readonly #answers: Uint8Array[] = [];

  override write(train: Uint8Array, ...rest: readonly [number, number, number, number, Uint32Array]): number {
    this.#answers.push(train.slice());
    return super.write(train, ...rest);
  }

  override poll(): void {
    this.polls++;
    const answer = this.#answers.shift();
    if (answer !== undefined) this.deliver(answer);
  }
}

const PACKET = Uint8Array.of(1, 2, 3);

test("an immediate answer of the kernel is read in the I/O batch of the write", () => {
  const { ioBatch, handle, tun, read } = open();
  ioBatch.begin();
  tun.write(PACKET);
  expect(read).toEqual([]);
  ioBatch.end();
  expect(read).toEqual([PACKET]);
  expect(handle.polls).toBe(1);
});

test("the device is polled once after many writes", () => {
  const { ioBatch, handle, tun } = open();
  ioBatch.begin();
  for (let count = 0; count < 5; count++) tun.write(PACKET);
  ioBatch.end();
  expect(handle.polls).toBe(1);
});

test("the device is not polled for answers to answers", () => {
  const { ioBatch, handle, tun } = open((packet) => tun.write(packet));
  ioBatch.begin();
  tun.write(PACKET);
  ioBatch.end();
  expect({ polls: handle.polls, written: handle.written }).toEqual({ polls: 1, written: 2 });
});

test("a closed device is not polled", async () => {
  const { ioBatch, handle, tun } = open();
  ioBatch.begin();
  tun.write(PACKET);
  await tun.close();
  ioBatch.end();
  expect(handle.polls).toBe(0);
});

function open(receive?: (packet: Uint8Array) => void) {
  const ioBatch = new IoBatch();
  const handle = new AnsweringTun();
  const tun = new LinuxTun(handle, { mtu: 1400, ioBatch });
  const read: Uint8Array[] = [];
  tun.onPacket(receive ?? ((packet) => read.push(packet.slice())));
  return { ioBatch, handle, tun, read };
}
