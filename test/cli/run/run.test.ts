import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findFreePort } from "../../free-port.ts";
import { MosaicProcess } from "../mosaic.ts";

const DEADLINE_MS = 2_000;

test.for(["SIGINT", "SIGTERM"] as const)("%s ends a node in time, with exit code 0", async (signal) => {
  const node = new MosaicProcess(["run", "ron.mzl", "--listen", "127.0.0.1:0", "--peer", "127.0.0.1:9"]);
  await node.printed(/running ron\.mzl/);
  const start = Date.now();
  node.kill(signal);
  const ended = await node.ended;
  expect(ended.signal).toBeNull();
  expect(ended.code).toBe(0);
  expect(Date.now() - start).toBeLessThan(DEADLINE_MS);
});

test("two nodes measure each other, and one runs on when the other is killed", async () => {
  const watch = ["--watch", "ron.link", "--json"];
  const [here, there] = [`127.0.0.1:${await findFreePort()}`, `127.0.0.1:${await findFreePort()}`];
  const node = (own: string, peer: string): MosaicProcess =>
    new MosaicProcess(["run", "ron.mzl", "--listen", own, "--peer", peer, ...watch]);
  const [one, other] = [node(here, there), node(there, here)];
  const measured = (figures: string): RegExp =>
    new RegExp(`"op":"\\+","tuple":\\["ron\\.link","${here}","${there}",${figures}\\]`);
  try {
    await one.printed(measured(String.raw`0\.0\d+,0,0`));
    other.kill("SIGKILL");
    await other.ended;
    await one.printed(measured("[^\\]]*,6"));
  } finally {
    one.kill("SIGTERM");
    other.kill("SIGKILL");
  }
  expect((await one.ended).code).toBe(0);
});

test("a node that other machines can reach warns that links are not authenticated", async () => {
  const node = new MosaicProcess(["run", "ping.mzl", "--listen", "0.0.0.0:0", "--insecure"]);
  await node.printed(
    /running ping\.mzl as (?!0\.0\.0\.0)\S+:\d+|no peer can send to 0\.0\.0\.0:\d+: no device of this host/,
  );
  await node.printed(/links are not authenticated/);
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
});

test("a node starts with the facts of a directory, and with the facts of its program for its location", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-run-"));
  const program = join(folder, "program.olg");
  const here = `127.0.0.1:${await findFreePort()}`;
  writeFileSync(
    program,
    `materialize(link, infinity, infinity, keys(1,2)). watch(link).
     r1 out(@X, Y) :- ask(@X), link(@X, Y).
     r2 heard(@X) :- out(@X, Y).
     link("${here}", "mine"). link("127.0.0.1:9", "not mine").`,
  );
  writeFileSync(join(folder, "link.facts"), `${here}\tread\n`);
  const node = new MosaicProcess(["run", program, "--listen", here, "--facts", folder]);
  await node.printed(/a fact that names another node is skipped: `link` of "127\.0\.0\.1:9"/);
  await node.printed(/running/);
  node.kill("SIGTERM");
  const { code, stdout } = await node.ended;
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
  expect(stdout.match(/"(mine|not mine|read)"/g)?.toSorted()).toEqual(['"mine"', '"read"']);
});

test("relay.mzl passes connections on, and open connections do not delay its end", async () => {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const to = (server.address() as AddressInfo).port;
  const from = await findFreePort();
  const defines = ["-D", `FROM="127.0.0.1:${from}"`, "-D", `TO="127.0.0.1:${to}"`];
  const relay = new MosaicProcess(["run", "relay.mzl", "--listen", "127.0.0.1:0", "--watch", "listening", ...defines]);
  try {
    await relay.printed(/listening/);
    const client = connect(from, "127.0.0.1");
    client.write("through and back");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(answer.toString()).toBe("through and back");
  } finally {
    relay.kill("SIGTERM");
    server.close();
  }
  expect((await relay.ended).code).toBe(0);
});
