import { expect, test } from "vitest";
import { LinuxTun } from "../../runtime/device/linux-tun.ts";
import { Turn } from "../../runtime/device/turn.ts";
import { MemoryTun } from "../../runtime/rehearsal/memory-tun.ts";

/** A kernel that answers every packet before the write of it returns. */
class AnsweringTun extends MemoryTun {
  looks = 0;
  readonly #answers: Uint8Array[] = [];

  override write(train: Uint8Array, ...rest: readonly [number, number, number, number, Uint32Array]): number {
    this.#answers.push(train.slice());
    return super.write(train, ...rest);
  }

  override look(): void {
    this.looks++;
    const answer = this.#answers.shift();
    if (answer !== undefined) this.deliver(answer);
  }
}

const PACKET = Uint8Array.of(1, 2, 3);

test("what the kernel answers at once is read in the turn of what was written", () => {
  const { turn, handle, tun, read } = open();
  turn.begin();
  tun.write(PACKET);
  expect(read).toEqual([]);
  turn.end();
  expect(read).toEqual([PACKET]);
  expect(handle.looks).toBe(1);
});

test("after many packets it is looked for once", () => {
  const { turn, handle, tun } = open();
  turn.begin();
  for (let count = 0; count < 5; count++) tun.write(PACKET);
  turn.end();
  expect(handle.looks).toBe(1);
});

test("of answers to answers none is looked for", () => {
  const { turn, handle, tun } = open((packet) => tun.write(packet));
  turn.begin();
  tun.write(PACKET);
  turn.end();
  expect({ looks: handle.looks, written: handle.written }).toEqual({ looks: 1, written: 2 });
});

test("nothing is looked for after it was closed", async () => {
  const { turn, handle, tun } = open();
  turn.begin();
  tun.write(PACKET);
  await tun.close();
  turn.end();
  expect(handle.looks).toBe(0);
});

function open(receive?: (packet: Uint8Array) => void) {
  const turn = new Turn();
  const handle = new AnsweringTun();
  const tun = new LinuxTun(handle, { mtu: 1400, turn });
  const read: Uint8Array[] = [];
  tun.onPacket(receive ?? ((packet) => read.push(packet.slice())));
  return { turn, handle, tun, read };
}
