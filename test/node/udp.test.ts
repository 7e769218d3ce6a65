import { spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { findFreePort } from "../free-port.ts";
import { needs } from "../needs.ts";
import { compileProgram } from "../sim/program-network.ts";
import { UdpNode } from "./udp-node.ts";

const OPEN = `
materialize(socket, infinity, infinity, keys(1,2)).
materialize(failed, infinity, infinity, keys(1,2)).
o1: socket(S, A) :- open(A), udp.open(A, &S).
o2: failed(A, Why) :- udp.open!fail(A, Why).
`;

const ECHO = `${OPEN}
e: udp.send(S, From, Bytes) :- udp.recv(S, From, Bytes).
`;

/** Opens a socket of the program at a free port of the address, and returns the port. */
async function open(node: UdpNode, host = "127.0.0.1"): Promise<number> {
  const port = await findFreePort();
  node.node.insert("open", [`${host}:${port}`]);
  await node.rows("socket", 1);
  return port;
}

async function peer(type: "udp4" | "udp6" = "udp4"): Promise<Socket> {
  const socket = createSocket(type);
  socket.bind(0, type === "udp4" ? "127.0.0.1" : "::1");
  await once(socket, "listening");
  return socket;
}

/** Collects the datagrams that arrive. */
function collect(socket: Socket): Buffer[] {
  const received: Buffer[] = [];
  socket.on("message", (bytes: Buffer) => received.push(bytes));
  return received;
}

const PEER = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
data, source = s.recvfrom(65535)
print(data.decode(), source[1], flush=True)
s.sendto(b"answer to " + data, source)
`;

/** A loaded machine takes longer than the second that is the default. */
const WAIT = { timeout: 10_000 };

const noPython = needs("python3");

test.skipIf(noPython !== undefined)(
  `a Python program asks and is answered${noPython ? `: ${noPython}` : ""}`,
  async () => {
    await using node = new UdpNode(`${OPEN}
    materialize(got, infinity, infinity, keys(1,2)).
    s: udp.send(S, To, "question") :- ask(To), socket(S, _).
    g: got(From, Text) :- udp.recv(_, From, B), Text := f_text(B).`);
    const python = spawn("python3", ["-c", PEER], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void python.kill());
    const lines = createInterface(python.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => ((await lines.next()) as { readonly value: string }).value;
    const port = await next();
    const own = await open(node);
    node.node.insert("ask", [`localhost:${port}`]);
    expect(await next()).toBe(`question ${own}`);
    expect(await node.rows("got", 1)).toEqual([[`127.0.0.1:${port}`, "answer to question"]]);
  },
);

test("datagrams of one length that arrive together are echoed in order, and counted one by one", async () => {
  await using node = new UdpNode(ECHO);
  const port = await open(node);
  const client = await peer();
  const received = collect(client);
  const sent = Array.from({ length: 200 }, (_, at) => Buffer.alloc(1000, at));
  for (const bytes of sent) client.send(bytes, port, "127.0.0.1");
  client.send(Buffer.from("short"), port, "127.0.0.1");
  await vi.waitFor(() => expect(received).toHaveLength(201), WAIT);
  expect(Buffer.concat(received).equals(Buffer.concat([...sent, Buffer.from("short")]))).toBe(true);
  client.close();
  const metrics = node.node.metrics();
  expect(metrics.udp).toEqual({
    sockets: 1,
    opened: 1,
    closed: 0,
    sent: 201,
    sentBytes: 200_005,
    received: 201,
    receivedBytes: 200_005,
    failed: {},
    unsent: {},
  });
  const counts = metrics.elements.filter(({ element }) => element.startsWith("Udp")).map((one) => [one.in, one.out]);
  expect(counts).toEqual([
    [expect.any(Number), 201],
    [202, 202],
  ]);
});

test("the longest datagram crosses whole, and a longer one is counted", async () => {
  await using node = new UdpNode(`${ECHO}
    t: udp.send(S, To, B) :- big(To), socket(S, _), B := f_random(65508).`);
  const port = await open(node);
  const client = await peer();
  const received = collect(client);
  client.send(Buffer.alloc(65_507, 7), port, "127.0.0.1");
  await vi.waitFor(() => expect(received[0]).toHaveLength(65_507), WAIT);
  node.node.insert("big", [`127.0.0.1:${client.address().port}`]);
  await vi.waitFor(() => expect(node.node.metrics().udp?.unsent).toEqual({ "too long": 1 }), WAIT);
  client.close();
});

test.skipIf(needs("IPv6") !== undefined)("an IPv6 socket on all addresses hears IPv4 and IPv6", async () => {
  await using node = new UdpNode(`${OPEN}
    materialize(got, infinity, infinity, keys(1,2)).
    g: got(From, Text) :- udp.recv(_, From, B), Text := f_text(B).`);
  const port = await open(node, "[::]");
  const [four, six] = [await peer(), await peer("udp6")];
  four.send("four", port, "127.0.0.1");
  six.send("six", port, "::1");
  const rows = await node.rows("got", 2);
  expect(rows).toEqual(
    expect.arrayContaining([
      [`127.0.0.1:${four.address().port}`, "four"],
      [`[::1]:${six.address().port}`, "six"],
    ]),
  );
  four.close();
  six.close();
});

test("an address in use, of another host, that is none or has no room is an outcome", async () => {
  await using node = new UdpNode(ECHO, { sockets: { datagramSockets: 4 } });
  const taken = await peer();
  const used = `127.0.0.1:${taken.address().port}`;
  for (const text of [used, "192.0.2.1:0", "nonsense", "no-such-name.invalid:0"]) node.node.insert("open", [text]);
  expect(Object.fromEntries(await node.rows("failed", 4))).toEqual({
    [used]: "in use",
    "192.0.2.1:0": "not here",
    nonsense: "no address",
    "no-such-name.invalid:0": "unresolved",
  });
  for (let count = 0; count < 5; count++) node.node.insert("open", ["127.0.0.1:0"]);
  expect(await node.rows("failed", 5)).toContainEqual(["127.0.0.1:0", "no room"]);
  expect(await node.rows("socket", 4)).toHaveLength(4);
  const queue = node.node.metrics().queues.find(({ queue: name }) => name === "udp sockets");
  expect(queue).toMatchObject({ length: 4, limit: 4, dropped: 1 });
  taken.close();
});

test("each wrong send is dropped under its reason", async () => {
  await using node = new UdpNode(`${OPEN}
    a: udp.send(12, "127.0.0.1:9", b"01") :- wrong(1).
    b: udp.send(S, X, b"01") :- wrong(X), socket(S, _).
    c: udp.send(S, "127.0.0.1:9", X) :- wrong(X), socket(S, _).
    d: udp.send(X, "127.0.0.1:9", b"01") :- wrong(X).`);
  await open(node);
  node.node.insert("wrong", [1]);
  node.node.insert("wrong", [null]);
  await vi.waitFor(() => {
    expect(node.drops).toEqual({ "udp: no socket": 3, "udp: no address": 2, "udp: no bytes": 2 });
  }, WAIT);
});

test("a text that is no address never reaches the socket, which remembers the addresses that it sends to", async () => {
  await using node = new UdpNode(`${OPEN}
    a: udp.send(S, X, b"01") :- to(X), socket(S, _).`);
  await open(node);
  const texts = ["nonsense", "x".repeat(250_000), `${"x".repeat(250_000)}:9`, "127.0.0.1:"];
  for (const text of texts) node.node.insert("to", [text]);
  await vi.waitFor(() => expect(node.drops).toEqual({ "udp: no address": texts.length }), WAIT);
});

test("a program swap keeps the sockets that rows hold, and closes the others", async () => {
  await using node = new UdpNode(ECHO);
  const port = await open(node);
  const client = await peer();
  const received = collect(client);
  expect(node.node.replaceProgram(compileProgram(`${ECHO}\nmore: a(X) :- b(X).`), [])).toBeDefined();
  client.send("still there", port, "127.0.0.1");
  await vi.waitFor(() => expect(received).toHaveLength(1), WAIT);
  expect(node.node.replaceProgram(compileProgram("a: b(X) :- c(X).\n"), [])).toBeDefined();
  const again = createSocket("udp4");
  await vi.waitFor(async () => {
    again.bind(port, "127.0.0.1");
    await once(again, "listening");
  }, WAIT);
  again.close();
  client.close();
});

test("a flood of datagrams is bounded by the queue of steps, and the socket still answers afterwards", async () => {
  await using node = new UdpNode(ECHO, { limits: { queued: 8 } });
  const port = await open(node);
  const client = await peer();
  const received = collect(client);
  for (let count = 0; count < 3000; count++) client.send(Buffer.alloc(1 + (count % 7)), port, "127.0.0.1");
  await vi.waitFor(() => expect(received.length).toBeGreaterThan(0), WAIT);
  const queue = node.node.metrics().queues.find(({ queue: name }) => name === "steps");
  expect(queue?.length ?? 0).toBeLessThanOrEqual(8);
  await vi.waitFor(() => {
    client.send("the last", port, "127.0.0.1");
    expect(received.some((bytes) => bytes.toString() === "the last")).toBe(true);
  }, WAIT);
  client.close();
});
