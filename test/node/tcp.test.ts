import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import { findFreePort } from "../free-port.ts";
import { digestOf, pattern } from "../kernel/pattern.ts";
import { TcpNode } from "./tcp-node.ts";

const ECHO = `
l1: listening(L) :- serve(A), tcp.listen(A, &L).
l2: waiting(L) :- listening(L).
a1: came(L, S, P) :- waiting(L), tcp.accept(L, &S, &P).
a2: waiting(L) :- came(L, _, _).
e1: echo(S) :- came(_, S, _).
e2: echo(S) :- echo(S), tcp.read(S, 0, &Packet), tcp.write(S, Packet, &_).
e3: closed(S) :- tcp.closed(S), tcp.close(S).
f1: failed("listen", Why) :- tcp.listen!fail(_, Why).
f2: gone(S) :- tcp.closed(S).
f3: failed("read", Why) :- tcp.read!fail(_, _, Why).
watch(listening). watch(came). watch(closed). watch(failed). watch(gone).
`;

/** Reads from its socket only on demand. */
const RELUCTANT = `
l1: listening(L) :- serve(A), tcp.listen(A, &L).
l2: came(S) :- listening(L), tcp.accept(L, &S, &_).
r1: got(S, N) :- more(S), tcp.read(S, 0, &P), N := f_size(P).
watch(listening). watch(came). watch(got).
`;

async function serve(program: string): Promise<{ readonly server: TcpNode; readonly port: number }> {
  const server = new TcpNode(program);
  const port = await findFreePort();
  server.node.insert("serve", [`127.0.0.1:${port}`]);
  await server.event("listening");
  return { server, port };
}

const MEBIBYTE = 1 << 20;

test("an echo server of rules sends each client its bytes back, and closes when the client does", async () => {
  const { server, port } = await serve(ECHO);
  await using _ = server;
  const clients = ["one", "two", "three"].map((words) => {
    const client = connect(port, "127.0.0.1");
    client.end(words);
    return text(client);
  });
  expect(await Promise.all(clients)).toEqual(["one", "two", "three"]);
  await server.event("closed", 3);
  for (const [, , peer] of server.events("came")) expect(peer).toMatch(/^127\.0\.0\.1:\d+$/);
  await vi.waitFor(() => expect(server.sockets).toBe(1));
  expect(server.events("gone")).toHaveLength(3);
  expect(server.node.metrics().streams).toMatchObject({ accepted: 3, closed: 3, readBytes: 11, writtenBytes: 11 });
});

test("a client that shuts down its sending direction gets the late answer, then closes without a failure", async () => {
  const far = createServer({ allowHalfOpen: true }, (socket) => {
    const heard: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => heard.push(bytes));
    socket.on("end", () => setTimeout(() => socket.end(`answer to ${Buffer.concat(heard).toString()}`), 50));
  });
  await once(far.listen(0, "127.0.0.1"), "listening");
  await using client = new TcpNode(`
    c1: connected(S) :- ask(A), tcp.connect(A, &S).
    c2: shut(S) :- connected(S), tcp.write(S, "question", &_), tcp.shutdown(S).
    c3: late(S, Why) :- shut(S), tcp.write(S, "more", &_), Why := "written".
    c4: late(S, Why) :- tcp.write!fail(S, _, Why).
    c5: got(S, P) :- shut(S), tcp.read(S, 0, &P).
    c6: rest(S) :- got(S, _), tcp.read(S, 1, &_).
    c7: ended(S, Why) :- tcp.read!fail(S, _, Why).
    c8: over(S) :- ended(S, _), tcp.shutdown(S), tcp.close(S).
    watch(late). watch(got). watch(ended). watch(over).
  `);
  const { port } = far.address() as { readonly port: number };
  client.node.insert("ask", [`127.0.0.1:${port}`]);
  await client.event("over");
  expect([client.events("late")[0]?.[1], client.events("ended")[0]?.[1]]).toEqual(["shut down", "end"]);
  expect(client.events("got")[0]?.[1]).toEqual({ bytes: Buffer.from("answer to question").toString("hex") });
  expect(client.sockets).toBe(0);
  await new Promise((resolve) => far.close(resolve));
});

test("a client of rules sends, and reads exactly the number of bytes that it asks for, piece by piece", async () => {
  const { server, port } = await serve(ECHO);
  await using _ = server;
  await using client = new TcpNode(`
    c1: connected(S) :- ask(A), tcp.connect(A, &S).
    c2: wrote(S, N) :- connected(S), tcp.write(S, "abcdefgh", &N).
    c3: first(S, P) :- wrote(S, _), tcp.read(S, 3, &P).
    c4: second(S, P) :- first(S, _), tcp.read(S, 4, &P).
    c5: rest(S, P) :- second(S, _), tcp.read(S, 0, &P).
    c6: over(S) :- rest(S, _), tcp.close(S).
    watch(wrote). watch(first). watch(second). watch(rest). watch(over).
  `);
  client.node.insert("ask", [`localhost:${port}`]);
  await client.event("over");
  expect((await client.event("wrote"))[1]).toBe(8);
  const pieces = ["first", "second", "rest"].map((name) => client.events(name)[0]?.[1]);
  expect(pieces).toEqual([{ bytes: "616263" }, { bytes: "64656667" }, { bytes: "68" }]);
});

test("a rule can write to a far end that has closed its direction, also much later", async () => {
  const { server, port } = await serve(`
    l1: listening(L) :- serve(A), tcp.listen(A, &L).
    l2: came(S) :- listening(L), tcp.accept(L, &S, &_).
    r1: read(S) :- came(S), tcp.read(S, 0, &_).
    r2: ended(S) :- tcp.read!fail(S, _, "end").
    r3: answered(S) :- answer(S), tcp.write(S, "last words", &_).
    r4: over(S) :- answered(S), tcp.close(S).
    watch(listening). watch(ended).`);
  await using _ = server;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.end();
  const [socket = null] = await server.event("ended");
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.node.insert("answer", [socket]);
  expect(await text(client)).toBe("last words");
});

test("a socket that no rule reads is not read, so a slow reader slows the sender down", async () => {
  const { server: node, port } = await serve(RELUCTANT);
  await using _ = node;
  const sender = connect(port, "127.0.0.1");
  const sent = flood(sender);
  const [socket = null] = await node.event("came");
  const stalled = await stableValue(sent);
  expect(node.node.metrics().streams?.readBytes).toBe(0);
  for (let reads = 1; reads <= 200; reads++) {
    node.node.insert("more", [socket]);
    await node.event("got", reads);
  }
  const asked = node.events("got").reduce((sum, [, size]) => sum + Number(size), 0);
  expect(node.node.metrics().streams?.readBytes).toBe(asked);
  expect(queue(node, "socket bytes")).toMatchObject({ length: 0 });
  expect(await stableValue(sent)).toBeLessThan(stalled + asked + 2 * MEBIBYTE);
  sender.destroy();
});

test("bytes that no rule has asked for stay in the kernel, to the last one", async () => {
  const { server: node, port } = await serve(RELUCTANT);
  await using _ = node;
  const sender = connect(port, "127.0.0.1");
  sender.write(Buffer.alloc(10_000));
  const [socket = null] = await node.event("came");
  await vi.waitFor(() => expect(unreadAt(port)).toBe(10_000));
  node.node.insert("more", [socket]);
  expect(await node.event("got")).toEqual([socket, 10_000]);
  sender.write(Buffer.alloc(5_000));
  await vi.waitFor(() => expect(unreadAt(port)).toBe(5_000));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(unreadAt(port)).toBe(5_000);
  sender.destroy();
});

/** Returns the number of bytes that the kernel holds for the connections of a local port. */
function unreadAt(port: number): number {
  const established = "01";
  const lines = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter(
      ([, local = "", , state]) => Number.parseInt(local.split(":")[1] ?? "", 16) === port && state === established,
    )
    .reduce((sum, [, , , , queues = ""]) => sum + Number.parseInt(queues.split(":")[1] ?? "0", 16), 0);
}

/** Writes without end, and counts the bytes that left this process. */
function flood(sender: Socket): () => number {
  const piece = Buffer.alloc(64 * 1024);
  const more = (): void => {
    while (sender.write(piece));
  };
  sender.on("drain", more).on("error", () => undefined);
  more();
  return () => sender.bytesWritten - sender.writableLength;
}

/** Waits until the number stops changing, and returns it. */
async function stableValue(number: () => number): Promise<number> {
  for (let last = -1; ; ) {
    const now = number();
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

function queue({ node }: TcpNode, name: string): unknown {
  return node.metrics().queues.find((one) => one.queue === name);
}

test("a relay of rules passes 50 MB on byte by byte, with one call waiting at a time, and ends with its source", async () => {
  const size = 50 * MEBIBYTE;
  const [from, to] = [await findFreePort(), await findFreePort()];
  const sink = createServer().listen(to, "127.0.0.1");
  const defines = { FROM: `"127.0.0.1:${from}"`, TO: `"127.0.0.1:${to}"` };
  await using relay = new TcpNode("programs/relay.mzl", {}, defines);
  await vi.waitFor(() => expect(relay.sockets).toBe(1));
  const arrived = createHash("sha256");
  const taken = once(sink, "connection").then(([socket]) => pipeline(socket as Socket, arrived));
  let most = 0;
  const rows = (name: string): number => relay.node.rows(name)?.length ?? 0;
  const look = setInterval(() => {
    most = Math.max(most, rows("fwd?1") + rows("fwd?2"));
  }, 5);
  await pipeline(Readable.from(pattern(size)), connect(from, "127.0.0.1"));
  await taken;
  clearInterval(look);
  sink.close();
  expect(arrived.digest("hex")).toBe(digestOf(size));
  expect(relay.node.metrics().streams).toMatchObject({ readBytes: size, writtenBytes: size });
  // Of the two directions one waits for bytes that never come.
  expect(most).toBe(2);
  await vi.waitFor(() => expect(relay.sockets).toBe(1));
  expect(rows("fwd?1") + rows("fwd?2") + rows("pair")).toBe(0);
});

test("when the far end resets a connection, its reads and writes fail and it is closed once", async () => {
  const { server, port } = await serve(ECHO);
  await using _ = server;
  const reading = connect(port, "127.0.0.1");
  await once(reading, "connect");
  await server.event("came");
  reading.resetAndDestroy();
  await server.event("gone");
  expect(server.events("failed")).toEqual([["read", "reset"]]);
  await using writer = new TcpNode(
    `
    c1: joined(S) :- join(A), tcp.connect(A, &S).
    w1: more(S) :- joined(S).
    w2: more(S) :- more(S), tcp.write(S, PIECE, &_).
    w3: failed(Why) :- tcp.write!fail(_, _, Why).
    w4: closed(S) :- tcp.closed(S).
    watch(failed). watch(closed).`,
    {},
    { PIECE: `"${"x".repeat(1000)}"` },
  );
  const sink = createServer((socket) => void setTimeout(() => socket.resetAndDestroy(), 50));
  const at = await findFreePort();
  sink.listen(at, "127.0.0.1");
  writer.node.insert("join", [`127.0.0.1:${at}`]);
  expect(await writer.event("failed")).toEqual(["reset"]);
  await writer.event("closed");
  await vi.waitFor(() => expect(writer.sockets).toBe(0));
  expect(writer.events("closed")).toHaveLength(1);
  sink.close();
});

test("IPv6 addresses have brackets, and names are resolved by the system", async () => {
  await using node = new TcpNode(`
    l1: listening(L) :- serve(A), tcp.listen(A, &L).
    l2: came(P) :- listening(L), tcp.accept(L, &_, &P).
    c1: joined(S) :- listening(_), serving(A), tcp.connect(A, &S).
    materialize(serving, infinity, 1, keys(1)).
    l3: serving(A) :- serve(A).
    watch(came).`);
  node.node.insert("serve", [`[::1]:${await findFreePort()}`]);
  expect((await node.event("came"))[0]).toMatch(/^\[::1\]:\d+$/);
  node.node.insert("serve", [`localhost:${await findFreePort()}`]);
  expect((await node.event("came", 2))[0]).toMatch(/^127\.0\.0\.1:\d+$/);
});

const CALLS = `
l: done("listen") :- listen(A), tcp.listen(A, &_).
c: done("connect") :- connect(A), tcp.connect(A, &_).
a: done("accept") :- accept(S), tcp.accept(S, &_, &_).
r: done("read") :- read(S, N), tcp.read(S, N, &_).
w: done("write") :- write(S, P), tcp.write(S, P, &_).
x: done("close") :- close(S), tcp.close(S).
fl: failed(Why) :- tcp.listen!fail(_, Why).
fc: failed(Why) :- tcp.connect!fail(_, Why).
fa: failed(Why) :- tcp.accept!fail(_, Why).
fr: failed(Why) :- tcp.read!fail(_, _, Why).
fw: failed(Why) :- tcp.write!fail(_, _, Why).
fx: failed(Why) :- tcp.close!fail(_, Why).
o: opened(S) :- open(A), tcp.listen(A, &S).
j: joined(S) :- join(A), tcp.connect(A, &S).
watch(done). watch(failed). watch(opened). watch(joined).
`;

test.for([
  ["a socket that there is not", "read", [7, 0], "no socket"],
  ["a value that is no socket", "write", ["seven", "x"], "no socket"],
  ["to close nothing", "close", [null], "no socket"],
  ["to accept nothing", "accept", [7], "no socket"],
  ["an address without a port", "connect", ["localhost"], "no address"],
  ["a value that is no address", "connect", [7], "no address"],
  ["an address without a host", "listen", [":80"], "no address"],
  ["a name that has no address", "connect", ["nowhere.invalid:80"], "unresolved"],
  ["an address of another host", "listen", ["192.0.2.1:80"], "not here"],
  ["a port at which nobody listens", "connect", ["127.0.0.1:1"], "refused"],
] as const)("%s is an outcome that rules hear", async ([, call, args, reason]) => {
  await using node = new TcpNode(CALLS);
  node.node.insert(call, args);
  expect(await node.event("failed")).toEqual([reason]);
  expect(node.events("done")).toEqual([]);
  expect(node.node.metrics().streams?.failed).toEqual({ [`${call} ${reason}`]: 1 });
});

test("a port in use, a socket of the wrong kind and an invalid length make calls fail", async () => {
  await using node = new TcpNode(CALLS);
  const at = `127.0.0.1:${await findFreePort()}`;
  node.node.insert("open", [at]);
  const [listener = null] = await node.event("opened");
  node.node.insert("join", [at]);
  const [socket = null] = await node.event("joined");
  const calls = [
    ["listen", [at]],
    ["read", [listener, 0]],
    ["accept", [socket]],
    ["read", [socket, -1]],
    ["read", [socket, 0.5]],
    ["read", [socket, "all"]],
    ["read", [socket, 1e12]],
    ["write", [socket, 7]],
    ["close", [socket]],
    ["read", [socket, 0]],
  ] as const;
  for (const [number, [call, args]] of calls.entries()) {
    node.node.insert(call, args);
    if (call !== "close") await node.event("failed", number < 8 ? number + 1 : number);
  }
  expect(node.events("failed").map(([why]) => why)).toEqual([
    "in use",
    "wrong socket",
    "wrong socket",
    "bad length",
    "bad length",
    "bad length",
    "no room",
    "no bytes",
    "no socket",
  ]);
});

test("an address of the IP network may have the prefix of that network", async () => {
  await using node = new TcpNode(`
    l1: opened(A) :- open(P), A := ip::P, tcp.listen(A, &_).
    l2: opened(A) :- elsewhere(P), A := ron::P, tcp.listen(A, &_).
    f: failed(Why) :- tcp.listen!fail(_, Why).
    watch(opened). watch(failed).
  `);
  node.node.insert("open", [`127.0.0.1:${await findFreePort()}`]);
  await node.event("opened");
  node.node.insert("elsewhere", ["127.0.0.1:1"]);
  expect(await node.event("failed")).toEqual(["no address"]);
});

/** Starts the relay to a port of this host. Returns the node and the port that it listens at. */
async function relayTo(port: number): Promise<{ readonly relay: TcpNode; readonly entry: number }> {
  const entry = await findFreePort();
  const defines = { FROM: `"127.0.0.1:${entry}"`, TO: `"127.0.0.1:${port}"` };
  const relay = new TcpNode("programs/relay.mzl", {}, defines);
  await vi.waitFor(() => expect(relay.sockets).toBe(1));
  return { relay, entry };
}

test("a relay to a closed port disconnects its client within a twentieth of the time limit", async () => {
  const { relay, entry } = await relayTo(await findFreePort());
  await using _ = relay;
  const start = performance.now();
  const client = connect(entry, "127.0.0.1");
  expect(await text(client)).toBe("");
  expect(performance.now() - start).toBeLessThan(5000 / 20);
});

test("a relay passes the end of a direction on, and the late answer back", async () => {
  const far = createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume();
    socket.on("end", () => setTimeout(() => socket.end("late answer"), 100));
  });
  await once(far.listen(0, "127.0.0.1"), "listening");
  const { relay, entry } = await relayTo((far.address() as { readonly port: number }).port);
  await using _ = relay;
  const client = connect({ port: entry, host: "127.0.0.1", allowHalfOpen: true });
  client.end("question");
  expect(await text(client)).toBe("late answer");
  await vi.waitFor(() => expect(relay.sockets).toBe(1));
  await new Promise((resolve) => far.close(resolve));
});
