import { describe, expect, test, vi } from "vitest";
import type { Resolve } from "../../runtime/device/destinations.ts";
import { openUdp } from "../../runtime/device/udp.ts";
import type { Datagram } from "../../runtime/world/world.ts";
import { needs } from "../needs.ts";
import { bytesOf, inbox, openSocket, sleep } from "./open-socket.ts";

const LOOPBACK: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];

describe("a UDP socket", () => {
  test.for(["127.0.0.1:0", "[::1]:0", "localhost:0"])("on %s sends and receives", async (listen, { skip }) => {
    if (listen.startsWith("[")) skip(needs("IPv6") !== undefined, needs("IPv6"));
    const [here, there] = [await openSocket(listen), await openSocket(listen)];
    const arrived = new Promise<Datagram>((resolve) => there.onDatagram(resolve));
    here.send(there.address, bytesOf("hello"));
    const { bytes, from } = await arrived;
    expect([Buffer.from(bytes).toString(), from]).toEqual(["hello", here.address]);
    expect(here.counters).toMatchObject({ sent: 1, sentBytes: 5, failed: new Map() });
    expect(there.counters).toMatchObject({ received: 1, receivedBytes: 5 });
  });

  test("listens on IPv4 if a name has both", async () => {
    const both: Resolve = async () => [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    const socket = await openSocket("anything:0", { resolve: both });
    expect(socket.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  });

  test("on all interfaces with IPv6 names IPv4 peers in IPv4 form", async ({ skip }) => {
    skip(needs("IPv6") !== undefined, needs("IPv6"));
    const [everywhere, v4] = [await openSocket("[::]:0"), await openSocket()];
    const port = everywhere.address.replace(/^.*:/, "");
    const arrived = inbox(v4);
    everywhere.onDatagram(({ bytes, from }) => everywhere.send(from, bytes));
    v4.send(`127.0.0.1:${port}`, bytesOf("and back"));
    await vi.waitFor(() => expect(arrived).toEqual(["and back"]));
  });

  test("loses no datagram while its receiver is slow or asynchronous", async () => {
    const [here, there] = [await openSocket(), await openSocket()];
    const arrived: number[] = [];
    there.onDatagram(({ bytes }) => {
      const start = performance.now();
      while (performance.now() - start < 0.5);
      const number = Number(Buffer.from(bytes).toString());
      void sleep(0.05).then(() => arrived.push(number));
    });
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    for (const i of numbers) here.send(there.address, bytesOf(String(i)));
    await vi.waitFor(() => expect(arrived.toSorted((a, b) => a - b)).toEqual(numbers), 5000);
  });

  test("leaves time for timers, however long its receiver takes", async ({ skip }) => {
    skip(needs("addon") !== undefined, needs("addon"));
    const [here, there] = [await openSocket(), await openSocket()];
    const runs: number[] = [];
    let arrived = 0;
    let run = 0;
    there.onDatagram(() => {
      const start = performance.now();
      while (performance.now() - start < 1);
      arrived++;
      run++;
    });
    for (let i = 0; i < 200; i++) here.send(there.address, bytesOf(String(i)));
    while (arrived < 200) {
      await new Promise((resolve) => setImmediate(resolve));
      runs.push(run);
      run = 0;
    }
    expect(Math.max(...runs)).toBeLessThan(10);
  });

  test("delivers one datagram per call", async () => {
    const [here, there] = [await openSocket(), await openSocket()];
    const kept: Uint8Array[] = [];
    there.onDatagram(({ bytes }) => kept.push(bytes.slice()));
    for (const text of ["one", "two", "three"]) here.send(there.address, bytesOf(text));
    await vi.waitFor(() => expect(kept).toEqual(["one", "two", "three"].map((text) => new TextEncoder().encode(text))));
  });
});

describe("a send that fails is counted, not thrown:", () => {
  test.each<[string, string, string]>([
    ["no port", "127.0.0.1", "bad address"],
    ["port 0", "127.0.0.1:0", "bad address"],
    ["not an address", "?? :9", "bad address"],
    ["IPv6 from an IPv4 socket", "[::1]:9", "EAFNOSUPPORT"],
  ])("%s", async (_, to, reason) => {
    const socket = await openSocket();
    socket.send(to, bytesOf("x"));
    await vi.waitFor(() => expect(socket.counters.failed).toEqual(new Map([[reason, 1]])));
    expect(socket.counters.sent).toBe(0);
  });

  test("more than the largest payload", async () => {
    const socket = await openSocket();
    socket.send(socket.address, new Uint8Array(1452));
    socket.send(socket.address, new Uint8Array(1453));
    await vi.waitFor(() => expect(socket.counters.sent).toBe(1));
    expect(socket.counters.failed).toEqual(new Map([["too long", 1]]));
  });

  test("more than the kernel accepts in one datagram", async () => {
    const socket = await openSocket("127.0.0.1:0", { maxPayload: 100_000 });
    socket.send(socket.address, new Uint8Array(65_508));
    await vi.waitFor(() => expect(socket.counters.failed).toEqual(new Map([["EMSGSIZE", 1]])));
  });

  test("after closing", async () => {
    const socket = await openSocket();
    await socket.close();
    await socket.close();
    socket.send("127.0.0.1:9", bytesOf("x"));
    expect(socket.counters.failed).toEqual(new Map([["closed", 1]]));
  });

  test("nobody is listening, which the network does not report", async () => {
    const [here, gone] = [await openSocket(), await openSocket()];
    await gone.close();
    for (let i = 0; i < 3; i++) here.send(gone.address, bytesOf("x"));
    await vi.waitFor(() => expect(here.counters.sent).toBe(3));
  });
});

describe("names", () => {
  test("are looked up once, while datagrams wait", async () => {
    const resolve = vi.fn<Resolve>(LOOPBACK);
    const [here, there] = [await openSocket("127.0.0.1:0", { resolve }), await openSocket()];
    const arrived = inbox(there);
    const to = there.address.replace("127.0.0.1", "peer.example");
    here.send(to, bytesOf("a"));
    here.send(to, bytesOf("b"));
    await vi.waitFor(() => expect(arrived).toEqual(["a", "b"]));
    here.send(to, bytesOf("c"));
    await vi.waitFor(() => expect(arrived).toEqual(["a", "b", "c"]));
    expect(resolve.mock.calls).toEqual([["peer.example"]]);
    expect(here.numeric?.(to)).toBe(there.address);
  });

  test("without address lose their datagrams, and are looked up rarely", async () => {
    const resolve = vi.fn<Resolve>(() => Promise.reject(new Error("ENOTFOUND")));
    const socket = await openSocket("127.0.0.1:0", { resolve });
    for (let i = 0; i < 3; i++) socket.send("nobody.example:9", bytesOf("x"));
    await vi.waitFor(() => expect(socket.counters.failed).toEqual(new Map([["unresolved", 3]])));
    socket.send("nobody.example:9", bytesOf("x"));
    expect(socket.counters.failed).toEqual(new Map([["unresolved", 4]]));
    expect(resolve).toHaveBeenCalledTimes(1);
  });

  test("whose lookup never ends hold a bounded number of datagrams and lookups", async () => {
    const resolve = vi.fn<Resolve>(() => new Promise(() => {}));
    const socket = await openSocket("127.0.0.1:0", { resolve });
    for (let i = 0; i < 1000; i++) socket.send("slow.example:9", bytesOf("x"));
    expect(socket.counters.failed.get("unresolved")).toBe(1000 - 64);
    for (let i = 0; i < 1000; i++) socket.send(`slow${i}.example:9`, bytesOf("x"));
    expect(resolve).toHaveBeenCalledTimes(32);
  });

  test("that are numeric are never looked up", async () => {
    const resolve = vi.fn<Resolve>(LOOPBACK);
    const socket = await openSocket("127.0.0.1:0", { resolve });
    socket.send("127.0.0.1:9", bytesOf("x"));
    socket.send("[::1]:9", bytesOf("x"));
    expect(resolve).not.toHaveBeenCalled();
  });

  test("with both families give an IPv4 socket the IPv4 address", async () => {
    const both: Resolve = async () => [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    const [here, there] = [await openSocket("127.0.0.1:0", { resolve: both }), await openSocket()];
    const arrived = inbox(there);
    here.send(there.address.replace("127.0.0.1", "both.example"), bytesOf("x"));
    await vi.waitFor(() => expect(arrived).toEqual(["x"]));
  });
});

describe("a socket that cannot be opened", () => {
  test("the port is in use", async () => {
    const taken = (await openSocket()).address;
    const port = taken.replace(/^.*:/, "");
    expect(await openUdp(taken)).toEqual({
      ok: false,
      code: "EADDRINUSE",
      message: `cannot listen on ${taken}: port ${port} is in use by another program`,
    });
  });

  test("the address belongs to another machine", async () => {
    expect(await openUdp("192.0.2.1:10000")).toEqual({
      ok: false,
      code: "EADDRNOTAVAIL",
      message: "cannot listen on 192.0.2.1:10000: 192.0.2.1 is not an address of this machine",
    });
  });

  test("the name has no address", async () => {
    const resolve: Resolve = () => Promise.reject(new Error("ENOTFOUND"));
    expect(await openUdp("nobody.example:10000", { resolve })).toEqual({
      ok: false,
      code: "ENOTFOUND",
      message: "cannot listen on nobody.example:10000: the name has no address",
    });
  });

  test("the text is not an address", async () => {
    expect(await openUdp("10000")).toMatchObject({
      ok: false,
      code: "EINVAL",
      message: expect.stringContaining('"10000"'),
    });
  });
});
