/** The commands query, ctl and trace against running nodes with real control sockets. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ended, mosaic, MosaicProcess } from "../cli/mosaic.ts";

const PROGRAM = `
materialize(t, infinity, infinity, keys(1)).
t("a", 1).
e: t(X, Y) :- put(X, Y).
`;
const PERMISSIONS = 0o777;

let folder: string;
let program: string;
let running: MosaicProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mosaic-control-"));
  program = join(folder, "p.mzl");
  writeFileSync(program, PROGRAM);
  running = [];
});

afterEach(async () => {
  for (const node of running) node.kill("SIGKILL");
  await Promise.all(running.map((node) => node.ended));
  rmSync(folder, { recursive: true });
});

async function start(...options: readonly string[]): Promise<MosaicProcess> {
  const node = new MosaicProcess(
    ["run", program, "--listen", "127.0.0.1:0", ...options],
    ["env", `XDG_RUNTIME_DIR=${folder}`],
  );
  running.push(node);
  await node.printed(/running /);
  return node;
}

/** Returns the first `count` lines of replies. */
function say(path: string, text: string, replies: number): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    let read = "";
    const socket = createConnection(path, () => socket.write(text));
    socket.setEncoding("utf8").on("data", (piece: string) => {
      read += piece;
      const lines = read.split("\n");
      if (lines.length <= replies) return;
      socket.destroy();
      resolve(lines.slice(0, replies).map((line) => JSON.parse(line) as unknown));
    });
    socket.once("error", reject);
    socket.once("end", () => reject(new Error(`only ${read}`)));
  });
}

test("a node is addressed by its port and by its socket, and removes the socket at its end", async () => {
  const node = await start();
  const port = /as 127\.0\.0\.1:(\d+)/.exec(node.stderr)?.[1] ?? "";
  const path = join(folder, "mosaic", `${port}.sock`);
  const byPort = new MosaicProcess(["query", port, "t"], ["env", `XDG_RUNTIME_DIR=${folder}`]);
  expect(await byPort.ended).toMatchObject({ code: 0, stdout: 'X    Y\n"a"  1\n' });
  expect(await mosaic("ctl", path, "insert", 'put("b", [1, 2])')).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(await mosaic("query", path, 't(X, Y), X > "a"', "--json")).toMatchObject({
    code: 0,
    stdout: '{"version":1,"tuple":["query","b",[1,2]],"columns":["X","Y"]}\n',
  });
  expect(statSync(path).mode & PERMISSIONS).toBe(0o600);
  expect(statSync(join(folder, "mosaic")).mode & PERMISSIONS).toBe(0o700);
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test("the socket of a dead node is replaced, but not that of a running node, nor any other file", async () => {
  const path = join(folder, "c.sock");
  const dead = await start("--control", path);
  dead.kill("SIGKILL");
  await dead.ended;
  expect(statSync(path).isSocket()).toBe(true);
  await start("--control", path);
  const second = await mosaic("run", program, "--listen", "127.0.0.1:0", "--control", path);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`a running node listens at ${path}`);
  expect((await mosaic("query", path, "t")).code).toBe(0);
  const third = await mosaic("run", program, "--listen", "127.0.0.1:0", "--control", program);
  expect(third.code).toBe(1);
  expect(third.stderr).toContain(`${program} is there and is no socket`);
});

test("a node is addressed by its address although its socket is named by its port", async () => {
  const node = await start();
  const port = /as 127\.0\.0\.1:(\d+)/.exec(node.stderr)?.[1] ?? "";
  const ask = (name: string): Promise<Ended> =>
    new MosaicProcess(["query", name, "t"], ["env", `XDG_RUNTIME_DIR=${folder}`]).ended;
  for (const name of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    expect(await ask(name)).toMatchObject({ code: 0, stdout: 'X    Y\n"a"  1\n' });
  }
  expect(await ask(`10.0.0.1:${port}`)).toMatchObject({
    code: 1,
    stderr: `mosaic: no node listens at 10.0.0.1:${port}: the node with its port is 127.0.0.1:${port}\n`,
  });
});

test("a node that others know by another address is addressed by both", async () => {
  const node = await start("--addr", "10.0.0.9:7");
  const [socket = ""] = readdirSync(join(folder, "mosaic"));
  const port = socket.replace(".sock", "");
  expect(node.stderr).toContain("as 10.0.0.9:7");
  for (const name of [`127.0.0.1:${port}`, `localhost:${port}`, "10.0.0.9:7"]) {
    const asked = new MosaicProcess(["query", name, "t"], ["env", `XDG_RUNTIME_DIR=${folder}`]);
    expect(await asked.ended).toMatchObject({ code: 0 });
  }
});

test("of two nodes with one port, the second is addressed by its address", async () => {
  const first = await start();
  const port = /as 127\.0\.0\.1:(\d+)/.exec(first.stderr)?.[1] ?? "";
  const other = `127.0.0.2:${port}`;
  const second = await start("--listen", other);
  expect(second.stderr).toContain(
    `another node uses the control socket of this port: give ${other} as NODE to query, ctl and top`,
  );
  const inside = ["env", `XDG_RUNTIME_DIR=${folder}`];
  expect((await new MosaicProcess(["ctl", other, "insert", 't("b", 2)'], inside).ended).code).toBe(0);
  expect((await new MosaicProcess(["query", other, "t"], inside).ended).stdout).toBe('X    Y\n"a"  1\n"b"  2\n');
  expect((await new MosaicProcess(["query", port, "t"], inside).ended).stdout).toBe('X    Y\n"a"  1\n');
});

test("two clients at once, one of them hostile", async () => {
  const path = join(folder, "c.sock");
  await start("--control", path);
  const hostile = say(path, `${"x".repeat(200_000)}\n\u0000\n{"v":1,"id":1,"do":"query","text":"t"}\n`, 5);
  const polite = say(path, '{"v":1,"id":"q","do":"query","text":"t"}\n', 3);
  expect(await polite).toEqual([
    { id: "q", name: "t", columns: ["X", "Y"] },
    { id: "q", rows: [["a", 1]] },
    { id: "q", ok: true, count: 1 },
  ]);
  expect(await hostile).toMatchObject([
    { id: null, ok: false, error: { reason: "too long" } },
    { id: null, ok: false, error: { reason: "malformed" } },
    { id: 1, name: "t", columns: ["X", "Y"] },
    { id: 1, rows: [["a", 1]] },
    { id: 1, ok: true },
  ]);
});

test("a query that does not compile is shown with the position of the mistake", async () => {
  const path = join(folder, "c.sock");
  await start("--control", path);
  const { code, stdout, stderr } = await mosaic("query", path, "tt(X)");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^mosaic: the node at .*\/c\.sock refuses:\nquery:1:1: error\[E0301\]: the node has no table `tt`\n/,
  );
});

test.for([
  ["query", "t"],
  ["ctl", "insert", "t(1)"],
])("mosaic %s against nothing: one line, exit code 1", async ([command = "", ...rest]) => {
  const ended = await mosaic(command, join(folder, "nothing.sock"), ...rest);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toBe(`mosaic: no node listens at ${join(folder, "nothing.sock")}\n`);
});

test("load, unload and reload: the rows stay, a mistake changes nothing", async () => {
  const path = join(folder, "c.sock");
  await start("--control", path);
  const ctl = (...words: readonly string[]): Promise<Ended> => mosaic("ctl", path, ...words);
  const rows = async (question: string): Promise<readonly unknown[]> => {
    const { stdout } = await mosaic("query", path, question, "--json");
    const lines = stdout.trim().split("\n");
    return lines.map((line) => (JSON.parse(line) as { readonly tuple: readonly unknown[] }).tuple[1]);
  };
  await ctl("insert", 't("b", 2)');

  writeFileSync(program, `${PROGRAM}v: size(count<*>) :- t(_, _).\nmaterialize(size, infinity, 1, keys(1)).\n`);
  const reloaded = await ctl("reload");
  expect(reloaded).toMatchObject({ code: 0, stderr: "" });
  expect(reloaded.stdout).toContain("kept: 2 tables with 3 rows\n");
  expect(reloaded.stdout).toContain("new: size\n");
  expect(await rows("size(N)")).toEqual([2]);

  writeFileSync(program, `${PROGRAM}v: size(count<*>) :- tt(X, Y), X > Z.\n`);
  const broken = await ctl("reload");
  expect(broken.code).toBe(1);
  expect(broken.stderr).toMatch(/p\.mzl:5:\d+: error\[E0216\]: `Z` has no value in rule `v`/);
  const range = { start: { line: 5, column: 36 }, end: { line: 5, column: 37 } };
  const asData = await ctl("reload", "--json");
  expect(asData).toMatchObject({ code: 1, stderr: `mosaic: the node at ${path} refuses the request\n` });
  expect(JSON.parse(asData.stdout)).toMatchObject({ version: 1, code: "E0216", file: program, range });
  expect(await rows("size(N)")).toEqual([2]);

  const more = join(folder, "more.mzl");
  writeFileSync(program, PROGRAM);
  writeFileSync(more, "materialize(u, infinity, infinity, keys(1)).\nm: u(X) :- t(X, _).\n");
  expect((await ctl("load", more)).stdout).toContain("gone: size, 1 row lost\n");
  expect(await rows("u(X)")).toEqual(["a", "b"]);
  expect((await ctl("load", more)).stderr).toContain("is loaded already");
  expect((await ctl("unload", "mroe")).stderr).toContain("no file `mroe` is loaded; there are");
  expect((await ctl("unload", "more.mzl", "--json")).stdout).toContain('"lost":[{"table":"u","rows":2,"why":"gone"}]');
  expect((await ctl("unload", "p")).stderr).toContain("is the only program; a node needs at least one");
  expect(await rows("t(X, _)")).toEqual(["a", "b"]);
});

test("a trace runs until it is interrupted or the node ends", async () => {
  const path = join(folder, "c.sock");
  const node = await start("--control", path);
  const traces = [1, 2].map(() => new MosaicProcess(["trace", path, "put"]));
  const [first, second] = traces as [MosaicProcess, MosaicProcess];
  await Promise.all(traces.map((trace) => trace.printed(/tracing put/)));
  await mosaic("ctl", path, "insert", 'put("z", 1)');
  await first.printed(/ReceiveDemux → rule e  put\("z", 1\)/);
  first.kill("SIGINT");
  expect(await first.ended).toMatchObject({ code: 0, stderr: `mosaic: tracing put at ${path}\n` });
  node.kill("SIGKILL");
  expect(await second.ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`the node at ${path} has ended`),
  });
});

test("ctl rebind --listen moves the socket of a node, which announces the new address", async () => {
  const path = join(folder, "c.sock");
  writeFileSync(program, `${PROGRAM}m: t(["moved", Old], New) :- rebound(Old, New).\n`);
  const node = await start("--control", path);
  const query = async (): Promise<string> => (await mosaic("query", path, "localAddr", "--json")).stdout;
  const before = await query();
  const taken = createSocket("udp4").bind(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address();
  const refused = await mosaic("ctl", path, "rebind", "--listen", `127.0.0.1:${port}`);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain(`cannot listen on 127.0.0.1:${port}: port ${port} is in use by another program`);
  expect(await query()).toBe(before);
  taken.close();
  await once(taken, "close");
  expect(await mosaic("ctl", path, "rebind", "--listen", `localhost:${port}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await query()).toContain(`"localhost:${port}"`);
  expect((await mosaic("query", path, "t", "--json")).stdout).toContain("moved");
  await node.printed(new RegExp(`listening at 127.0.0.1:${port} instead of 127.0.0.1:`));
});

test.each([
  [["insert", "t(1)", "--listen", "127.0.0.1:1"], "mosaic: --listen: only the action rebind takes it\n"],
  [
    ["rebind", "ron", "--listen", "127.0.0.1:1"],
    "mosaic: --listen: it moves the socket of the node; leave out the overlay\n",
  ],
  [["insert", "t(1)", "--grace", "1s"], "mosaic: --grace: only the action rebind OVERLAY ADDRESS takes it\n"],
  [["rebind", "ron", "127.0.0.1:1", "--grace", "5"], "mosaic: --grace: `5` is no duration, as in 500ms, 10s or 2min\n"],
  [["rebind", "--listen", "127.0.0.1"], 'mosaic: --listen: bad address "127.0.0.1"'],
])("ctl %j is wrong usage", async (words, message) => {
  const ended = await mosaic("ctl", "nowhere", ...words);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(message);
});
