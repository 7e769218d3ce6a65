import { onTestFinished } from "vitest";
import { openUdp, type UdpOptions } from "../../runtime/device/udp.ts";
import type { Clock, Datagrams } from "../../runtime/world/world.ts";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";

/** Opens a socket, which is closed at the end of the test. */
export async function openSocket(listen: string = "127.0.0.1:0", options: UdpOptions = {}): Promise<Datagrams> {
  const result = await openUdp(listen, options);
  if (!result.ok) throw new Error(result.message);
  onTestFinished(() => result.datagrams.close());
  return result.datagrams;
}

/** Returns a list to which the texts of arriving datagrams are appended. */
export function inbox(datagrams: Datagrams): readonly string[] {
  const texts: string[] = [];
  datagrams.onDatagram(({ bytes }) => texts.push(Buffer.from(bytes).toString()));
  return texts;
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}

export async function sleep(seconds: number, clock: Clock = new LinuxClock()): Promise<void> {
  await new Promise<void>((resolve) => clock.at(clock.now() + seconds, resolve));
}
