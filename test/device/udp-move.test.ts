/** A socket that moves to another address while it is in use. */
import { expect, onTestFinished, test, vi } from "vitest";
import { openUdp, type UdpOptions, type UdpResult } from "../../runtime/device/udp.ts";
import { needs } from "../needs.ts";
import { bytesOf, inbox, openSocket } from "./open-socket.ts";

type Opened = UdpResult & { readonly ok: true };

async function openMovable(listen: string, options: UdpOptions = {}): Promise<Opened> {
  const opened = await openUdp(listen, { trains: true, ...options });
  if (!opened.ok) throw new Error(opened.message);
  onTestFinished(() => opened.datagrams.close());
  return opened;
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}

test.each([
  ["another port", "127.0.0.1:0", () => "127.0.0.1:0", "127.0.0.1"],
  ["all addresses with the same port", "127.0.0.1:0", (port: string) => `0.0.0.0:${port}`, "127.0.0.2"],
  ["one address with the same port", "0.0.0.0:0", (port: string) => `127.0.0.2:${port}`, "127.0.0.2"],
  ["both families with the same port", "0.0.0.0:0", (port: string) => `[::]:${port}`, "127.0.0.1"],
  ["another family", "127.0.0.1:0", () => "[::1]:0", "[::1]"],
])("it moves to %s, and keeps its counters and its receiver", async (_, from, to, host) => {
  if (needs("addon", "IPv6") !== undefined) return;
  const here = await openMovable(from);
  const there = await openSocket(host.startsWith("[") ? "[::1]:0" : "127.0.0.1:0");
  const received = inbox(here.datagrams);
  const answered = inbox(there);
  here.datagrams.send(there.address.replace("[::1]", "127.0.0.1"), bytesOf("before"));
  const before = here.datagrams.address;
  expect(await here.moveTo?.(to(portOf(before)))).toEqual({ ok: true });
  expect(here.datagrams.address).not.toBe(before);
  there.send(`${host}:${portOf(here.datagrams.address)}`, bytesOf("ask"));
  await vi.waitFor(() => expect(received).toEqual(["ask"]));
  here.datagrams.send(there.address, bytesOf("answer"));
  await vi.waitFor(() => expect(answered).toContain("answer"));
  expect(here.datagrams.counters).toMatchObject({ sent: 2, received: 1 });
  // The previous port is free again.
  if (portOf(before) === portOf(here.datagrams.address)) return;
  await vi.waitFor(async () => expect((await openUdp(before)).ok).toBe(true));
});

test("the socket stays where it is if the new one cannot be opened", async () => {
  if (needs("addon") !== undefined) return;
  const here = await openMovable("127.0.0.1:0");
  const taken = await openSocket("127.0.0.1:0");
  const { address } = here.datagrams;
  const refusals = [taken.address, "192.0.2.1:10000", "127.0.0.1", "nobody.invalid:1"];
  const messages = await Promise.all(refusals.map(async (to) => here.moveTo?.(to)));
  expect(messages).toEqual([
    expect.objectContaining({
      message: `cannot listen on ${taken.address}: port ${portOf(taken.address)} is in use by another program`,
    }),
    expect.objectContaining({
      message: "cannot listen on 192.0.2.1:10000: 192.0.2.1 is not an address of this machine",
    }),
    expect.objectContaining({ ok: false }),
    expect.objectContaining({ message: "cannot listen on nobody.invalid:1: the name has no address" }),
  ]);
  expect(here.datagrams.address).toBe(address);
  const received = inbox(here.datagrams);
  taken.send(address, bytesOf("still here"));
  await vi.waitFor(() => expect(received).toEqual(["still here"]));
  expect(await here.moveTo?.(address)).toEqual({ ok: true });
});
