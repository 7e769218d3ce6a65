import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { findFreePort } from "../free-port.ts";
import { compileProgram } from "../sim/program-network.ts";
import { TcpNode } from "./tcp-node.ts";

/** Lifetime and limits of sockets. */
const SERVE = `
materialize(listening, infinity, infinity, keys(1)).
materialize(held, infinity, infinity, keys(1)).
l1: listening(L) :- serve(A), tcp.listen(A, &L).
a1: came(S) :- take(N), listening(L), tcp.accept(L, &S, &_).
watch(listening). watch(came).
`;

async function serve(program: string, limits = {}): Promise<{ readonly node: TcpNode; readonly port: number }> {
  const node = new TcpNode(program, limits);
  const port = await findFreePort();
  node.node.insert("serve", [`127.0.0.1:${port}`]);
  await node.event("listening");
  return { node, port };
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function isEnded(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
}

test("connections beyond the limit of those that wait for accept are closed and counted", async () => {
  const { node, port } = await serve(SERVE, { backlog: 2 });
  await using _ = node;
  const clients = [await client(port), await client(port), await client(port)];
  await isEnded(clients[2] as Socket);
  const sockets = node.node.metrics().queues.find(({ queue }) => queue === "sockets");
  expect(sockets).toMatchObject({ length: 3, limit: 4096, dropped: 1 });
  const tcp = node.node.metrics().elements.find(({ element }) => element === "Tcp");
  expect(tcp?.dropped).toEqual({ "tcp: turned away": 1 });
  node.node.insert("take", [1]);
  node.node.insert("take", [2]);
  await node.event("came", 2);
  for (const one of clients) one.destroy();
});

test("when there is no room for another socket, unreferenced sockets are closed", async () => {
  const { node, port } = await serve(
    `${SERVE}
     k1: held(S) :- pin(S).`,
    { sockets: 3 },
  );
  await using _ = node;
  node.node.insert("take", [1]);
  const dropped = await client(port);
  await node.event("came");
  node.node.insert("take", [2]);
  const kept = await client(port);
  const [socket = null] = await node.event("came", 2);
  node.node.insert("pin", [socket]);
  node.node.insert("take", [3]);
  const third = await client(port);
  await isEnded(dropped);
  const [last = null] = await node.event("came", 3);
  node.node.insert("pin", [last]);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const fourth = await client(port);
  await isEnded(fourth);
  expect([kept.destroyed, third.destroyed]).toEqual([false, false]);
  expect(node.sockets).toBe(3);
  for (const one of [kept, third]) one.destroy();
});

test("a write, or a read of a number of bytes, fails when there is no room for it", async () => {
  const sink = createServer(() => undefined);
  const port = await findFreePort();
  sink.listen(port, "127.0.0.1");
  await using node = new TcpNode(
    `c1: joined(S) :- join(A), tcp.connect(A, &S).
     w1: wrote(N) :- say(S, P), tcp.write(S, P, &N).
     r1: got(P) :- fetch(S, N), tcp.read(S, N, &P).
     f1: failed("write", Why) :- tcp.write!fail(_, _, Why).
     f2: failed("read", Why) :- tcp.read!fail(_, _, Why).
     watch(joined). watch(wrote). watch(failed).`,
    { bytes: 10_000 },
  );
  node.node.insert("join", [`127.0.0.1:${port}`]);
  const [socket = null] = await node.event("joined");
  node.node.insert("say", [socket, new Uint8Array(10_001)]);
  expect(await node.event("failed")).toEqual(["write", "no room"]);
  node.node.insert("say", [socket, new Uint8Array(10_000)]);
  expect(await node.event("wrote")).toEqual([10_000]);
  node.node.insert("fetch", [socket, 10_001]);
  expect(await node.event("failed", 2)).toEqual(["read", "no room"]);
  expect(node.node.metrics().queues.find(({ queue }) => queue === "socket bytes")).toMatchObject({
    length: 0,
    dropped: 1,
  });
  sink.close();
});

test("a program swap keeps the sockets that rows reference, with their calls, and closes the others", async () => {
  const program = `${SERVE}
    k1: held(S) :- pin(S).
    r1: got(S, P) :- came(S), tcp.read(S, 0, &P).
    watch(got).`;
  const { node, port } = await serve(program);
  await using _ = node;
  const clients: Socket[] = [];
  for (let number = 1; number <= 2; number++) {
    node.node.insert("take", [number]);
    clients.push(await client(port));
    await node.event("came", number);
  }
  const [, two] = clients as [Socket, Socket];
  const [, second] = node.events("came").flat() as number[];
  const change = (text: string): unknown => node.node.replaceProgram(compileProgram(text), []);
  expect(change(`${program}\nmore: a(X) :- b(X).`)).toBeDefined();
  two.write("still read");
  expect(await node.event("got")).toEqual([second, { bytes: Buffer.from("still read").toString("hex") }]);
  node.node.insert("pin", [second as number]);
  expect(
    change(program.replace("r1: got(S, P) :- came(S), tcp.read(S, 0, &P).", "r1: got(S, 0) :- came(S).")),
  ).toBeDefined();
  await isEnded(clients[0] as Socket);
  expect(two.destroyed).toBe(false);
  expect(node.sockets).toBe(2);
  expect(change("a: b(X) :- c(X).\n")).toBeDefined();
  await isEnded(two);
  await expect(client(port)).rejects.toThrow("ECONNREFUSED");
});

test("stopping a node closes its sockets", async () => {
  const { node, port } = await serve(SERVE);
  node.node.insert("take", [1]);
  const socket = await client(port);
  await node.event("came");
  await node.node.shutdown(1);
  await isEnded(socket);
  await expect(client(port)).rejects.toThrow("ECONNREFUSED");
});

test("a connection whose step was aborted is closed, and the call fails", async () => {
  const { node, port } = await serve(
    `${SERVE}
     b1: count(0) :- came(_).
     b2: count(M) :- count(N), M := N + 1.
     f1: failed(Why) :- tcp.accept!fail(_, Why).
     watch(failed).`,
  );
  await using _ = node;
  node.node.insert("take", [1]);
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  expect(await node.event("failed")).toEqual(["limit"]);
  await isEnded(socket);
  expect(node.events("came")).toEqual([]);
});

test("without a network all socket calls fail", async () => {
  const said: unknown[] = [];
  const { startNode } = await import("../observe/start-node.ts");
  const { node } = startNode(`
    materialize(failed, infinity, infinity, keys(1)).
    c: done(S) :- go(A), tcp.connect(A, &S).
    f: failed(Why) :- tcp.connect!fail(_, Why).`);
  node.insert("go", ["10.0.0.1:1"]);
  said.push(...(node.rows("failed") ?? []));
  await vi.waitFor(() => expect(said).toEqual([["no network"]]));
});
