import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MosaicProcess } from "./mosaic.ts";

const DEADLINE_MS = 2_000;

test.for(["SIGINT", "SIGTERM"] as const)("%s ends a node in time, with exit code 0", async (signal) => {
  const node = new MosaicProcess(["run", "ron.mzl", "--listen", "127.0.0.1:0", "--peer", "127.0.0.1:9"]);
  await node.said(/running ron\.mzl/);
  const start = Date.now();
  node.kill(signal);
  const ended = await node.ended;
  expect(ended.signal).toBeNull();
  expect(ended.code).toBe(0);
  expect(Date.now() - start).toBeLessThan(DEADLINE_MS);
});

test("two nodes measure each other, and one goes on when the other is killed", async () => {
  const watch = ["--watch", "ron.link", "--json"];
  const one = new MosaicProcess([
    "run",
    "ron.mzl",
    "--listen",
    "127.0.0.1:21011",
    "--peer",
    "127.0.0.1:21012",
    ...watch,
  ]);
  const other = new MosaicProcess([
    "run",
    "ron.mzl",
    "--listen",
    "127.0.0.1:21012",
    "--peer",
    "127.0.0.1:21011",
    ...watch,
  ]);
  try {
    await one.said(/"op":"\+","tuple":\["ron\.link","127\.0\.0\.1:21011","127\.0\.0\.1:21012",0\.0\d+,0,0\]/);
    other.kill("SIGKILL");
    await other.ended;
    await one.said(/"op":"\+","tuple":\["ron\.link","127\.0\.0\.1:21011","127\.0\.0\.1:21012",[^\]]*,6\]/);
  } finally {
    one.kill("SIGTERM");
    other.kill("SIGKILL");
  }
  expect((await one.ended).code).toBe(0);
});

test("a node that others can reach says that its links are not authenticated", async () => {
  const node = new MosaicProcess(["run", "ping.mzl", "--listen", "0.0.0.0:0"]);
  await node.said(/nobody can answer 0\.0\.0\.0:\d+; say with --addr/);
  await node.said(/links are not authenticated/);
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
});

test("a node starts with the facts of a directory; of those in its program, only with its own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-run-"));
  const program = join(folder, "program.olg");
  writeFileSync(
    program,
    `materialize(link, infinity, infinity, keys(1,2)). watch(link).
     r1 out(@X, Y) :- ask(@X), link(@X, Y).
     r2 heard(@X) :- out(@X, Y).
     link("127.0.0.1:21013", "mine"). link("127.0.0.1:21014", "not mine").`,
  );
  writeFileSync(join(folder, "link.facts"), "127.0.0.1:21013\tread\n");
  const node = new MosaicProcess(["run", program, "--listen", "127.0.0.1:21013", "--facts", folder]);
  await node.said(/a fact that names another node is skipped: `link` of "127\.0\.0\.1:21014"/);
  await node.said(/running/);
  node.kill("SIGTERM");
  const { code, stdout } = await node.ended;
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
  expect(stdout.match(/"(mine|not mine|read)"/g)?.toSorted()).toEqual(['"mine"', '"read"']);
});

test("connections go through relay.mzl, and do not keep it from ending", async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const to = (server.address() as AddressInfo).port;
  const defines = ["-D", `FROM="127.0.0.1:21021"`, "-D", `TO="127.0.0.1:${to}"`];
  const relay = new MosaicProcess(["run", "relay.mzl", "--listen", "127.0.0.1:0", "--watch", "listening", ...defines]);
  try {
    await relay.said(/listening/);
    const client = connect(21_021, "127.0.0.1");
    client.write("through and back");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(answer.toString()).toBe("through and back");
  } finally {
    relay.kill("SIGTERM");
    server.close();
  }
  expect((await relay.ended).code).toBe(0);
});
