import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { findFreePort } from "../free-port.ts";
import { needs } from "../needs.ts";
import { TcpNode } from "./tcp-node.ts";

/** A loaded machine takes longer than the second that is the default. */
const WAIT = { timeout: 10_000 };

const run = promisify(execFile);

async function proxy(): Promise<{ readonly node: TcpNode; readonly port: number }> {
  const port = await findFreePort();
  const node = new TcpNode("test/node/socks.mzl", {}, { FROM: `"127.0.0.1:${port}"` });
  await vi.waitFor(() => expect(node.sockets).toBe(1), WAIT);
  return { node, port };
}

async function listen(server: Server, host: string): Promise<number> {
  await once(server.listen(0, host), "listening");
  return (server.address() as AddressInfo).port;
}

/** Sends a greeting and a request, and returns all bytes of the answer. */
async function ask(port: number, request: Uint8Array): Promise<string> {
  const client = connect(port, "127.0.0.1");
  client.write(Buffer.from([5, 1, 0]));
  client.write(request);
  return (await buffer(client)).toString("hex");
}

function requestFor(command: number, kind: number, address: Uint8Array, port: number): Uint8Array {
  return Buffer.from([5, command, 0, kind, ...address, port >> 8, port & 255]);
}

const LOCALHOST = Buffer.from([127, 0, 0, 1]);
const NAME = Buffer.from("\u0009localhost");
const GREETED = "0500";
const REST = "0001000000000000";

const noCurl = needs("curl", "IPv6");

test.skipIf(noCurl !== undefined)(
  `curl fetches a page by name, by IPv4 and by IPv6${noCurl ? `: ${noCurl}` : ""}`,
  async () => {
    const { node, port } = await proxy();
    await using _ = node;
    const page = "x".repeat(300_000);
    const [four, six] = [
      createHttpServer((_, reply) => reply.end(page)),
      createHttpServer((_, reply) => reply.end("six")),
    ];
    const at = await listen(four, "127.0.0.1");
    const at6 = await listen(six, "::1");
    const fetched = async (url: string): Promise<string> => {
      const { stdout } = await run("curl", ["-s", "--max-time", "10", "--socks5-hostname", `127.0.0.1:${port}`, url]);
      return stdout;
    };
    expect(await fetched(`http://localhost:${at}/`)).toBe(page);
    expect(await fetched(`http://127.0.0.1:${at}/`)).toBe(page);
    expect(await fetched(`http://[::1]:${at6}/`)).toBe("six");
    // A closed port is reply code 5, which curl reports as error 97.
    const closed = await findFreePort();
    await expect(fetched(`http://127.0.0.1:${closed}/`)).rejects.toMatchObject({ code: 97 });
    await vi.waitFor(() => expect(node.sockets).toBe(1), WAIT);
    expect(node.node.rows("pair")).toEqual([]);
    four.close();
    six.close();
  },
);

test("each refusal has its reply code, and is told within a twentieth of the time limit", async () => {
  const { node, port } = await proxy();
  await using _ = node;
  const closed = await findFreePort();
  const start = performance.now();
  expect(await ask(port, requestFor(1, 1, LOCALHOST, closed))).toBe(`${GREETED}0505${REST}`);
  expect(await ask(port, requestFor(1, 3, NAME, closed))).toBe(`${GREETED}0505${REST}`);
  expect(performance.now() - start).toBeLessThan(2 * (5000 / 20));
  expect(await ask(port, requestFor(2, 1, LOCALHOST, closed))).toBe(`${GREETED}0507${REST}`);
  expect(await ask(port, requestFor(1, 2, LOCALHOST, closed))).toBe(`${GREETED}0508${REST}`);
  await vi.waitFor(() => expect(node.sockets).toBe(1), WAIT);
});

test("a client that ends its direction still gets the late answer, and no rule fails to compute", async () => {
  const far = createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume();
    socket.on("end", () => setTimeout(() => socket.end("late answer"), 50));
  });
  const at = await listen(far, "127.0.0.1");
  const { node, port } = await proxy();
  await using _ = node;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.write(Buffer.concat([Buffer.from([5, 1, 0]), requestFor(1, 1, LOCALHOST, at)]));
  client.end("question");
  expect((await text(client)).endsWith("late answer")).toBe(true);
  await vi.waitFor(() => expect(node.sockets).toBe(1), WAIT);
  const failed = node.node.metrics().rules.filter((rule) => rule.failed > 0);
  expect(failed).toEqual([]);
  far.close();
});
