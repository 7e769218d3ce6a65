/** Clients and readers that stall, and nodes that do not answer: real processes, with control sockets and pipes. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MOSAIC, mosaic, MosaicProcess } from "../cli/mosaic.ts";

const PROGRAM = `
materialize(t, infinity, infinity, keys(1)).
t("a", 1).
`;
const CLIENTS = 16;

let folder: string;
let node: MosaicProcess;
let socket: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mosaic-stalled-"));
  const program = join(folder, "p.mzl");
  socket = join(folder, "node.sock");
  writeFileSync(program, PROGRAM);
  node = new MosaicProcess(["run", program, "--listen", "127.0.0.1:0", "--control", socket]);
  await node.printed(/running /);
});

afterEach(async () => {
  node.kill("SIGCONT");
  node.kill("SIGKILL");
  await node.ended;
  rmSync(folder, { recursive: true });
});

async function connected(): Promise<Socket> {
  const client = createConnection(socket).on("error", () => undefined);
  await once(client, "connect");
  return client;
}

test("a further client takes the place of the one that has been idle for longest", async () => {
  const clients: Socket[] = [];
  for (let number = 0; number < CLIENTS; number++) clients.push(await connected());
  const [first] = clients;
  const closed = once(first as Socket, "close");
  first?.resume();
  expect(await mosaic("query", socket, "t(X, Y)")).toMatchObject({ code: 0, stdout: 'X    Y\n"a"  1\n' });
  await closed;
  expect(clients.slice(1).map((client) => client.destroyed)).toEqual(Array.from({ length: CLIENTS - 1 }, () => false));
  for (const client of clients) client.destroy();
});

test("clients that trace keep their place, so a further one is turned away", async () => {
  const clients: Socket[] = [];
  for (let number = 0; number < CLIENTS; number++) {
    const client = await connected();
    client.write('{"v":1,"id":1,"do":"trace"}\n');
    await once(client, "data");
    clients.push(client);
  }
  expect(await mosaic("query", socket, "t")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("16 clients") as string,
  });
  for (const client of clients) client.destroy();
});

test("a deleted socket file is made again", async () => {
  unlinkSync(socket);
  await expect.poll(() => statSync(socket, { throwIfNoEntry: false })?.isSocket(), { timeout: 10_000 }).toBe(true);
  expect(await mosaic("query", socket, "t")).toMatchObject({ code: 0 });
  node.kill("SIGTERM");
  expect(await node.ended).toMatchObject({ code: 0 });
  expect(statSync(socket, { throwIfNoEntry: false })).toBeUndefined();
});

test("a client of a stopped node ends after three seconds and says so", async () => {
  node.kill("SIGSTOP");
  const start = performance.now();
  const answers = await Promise.all([
    mosaic("query", socket, "t"),
    mosaic("ctl", socket, "insert", 't("b", 2)'),
    mosaic("ctl", socket, "reload"),
  ]);
  for (const { code, stderr } of answers) {
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("has not answered for 3 s") as string,
    });
  }
  expect(performance.now() - start).toBeLessThan(30_000);
});

test("a pipe whose reader stops takes 1 MiB, and the node ends with 0", async () => {
  const program = join(folder, "loud.mzl");
  writeFileSync(program, `loud(E, "${"x".repeat(5000)}") :- periodic(E, 1ms).\n`);
  const other = join(folder, "loud.sock");
  const loud = spawn(MOSAIC, ["run", program, "--listen", "127.0.0.1:0", "--control", other, "--watch", "loud"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = once(loud, "exit") as Promise<[code: number | null, signal: string | null]>;
  await expect.poll(() => statSync(other, { throwIfNoEntry: false })?.isSocket(), { timeout: 20_000 }).toBe(true);
  const dropped = async (): Promise<number> => {
    const { stdout } = await mosaic("top", other, "--json");
    const { queues } = JSON.parse(stdout) as { queues: readonly { queue: string; length: number; dropped: number }[] };
    const queue = queues.find((one) => one.queue === "stdout");
    expect(queue?.length).toBeLessThanOrEqual(2 ** 20);
    return queue?.dropped ?? 0;
  };
  await expect.poll(dropped, { timeout: 30_000 }).toBeGreaterThan(0);
  loud.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}, 90_000);
