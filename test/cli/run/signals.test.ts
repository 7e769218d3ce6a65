import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { needs } from "../../needs.ts";
import { MOSAIC, mosaic, MosaicProcess } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-signals-"));
afterAll(() => rmSync(folder, { recursive: true }));

let nodes = 0;

/** Starts a node with a program of its own and a control socket in the folder. */
async function startNode(text: string, ...options: readonly string[]): Promise<NodeOfTest> {
  const name = `node${nodes++}`;
  const [program, socket] = [join(folder, `${name}.mzl`), join(folder, `${name}.sock`)];
  writeFileSync(program, text);
  const node = new MosaicProcess(["run", program, "--listen", "127.0.0.1:0", "--control", socket, ...options]);
  await node.printed(/running/);
  return { node, program, socket };
}

interface NodeOfTest {
  readonly node: MosaicProcess;
  readonly program: string;
  readonly socket: string;
}

const TABLE = "materialize(here, infinity, infinity, keys(1)).\nout: there(X) :- here(X).\n";
const ENDLESS = `again: job@Me(N) :- shutdown(), localAddr(Me), N := 1.
more: job@Me(N) :- job(N), localAddr(Me).
`;

describe("a signal", () => {
  test.for([
    "SIGINT",
    "SIGTERM",
    "SIGQUIT",
    "SIGALRM",
    "SIGIO",
    "SIGPWR",
    "SIGSTKFLT",
    "SIGVTALRM",
    "SIGXCPU",
  ] as const)("%s ends a node with exit code 0 and removes its control socket", async (signal) => {
    const { node, socket } = await startNode(TABLE);
    expect(existsSync(socket)).toBe(true);
    node.kill(signal);
    expect(await node.ended).toMatchObject({ code: 0, signal: null });
    expect(existsSync(socket)).toBe(false);
  });

  test("SIGTERM ends a node that is given a second one at once, and no control socket is left", async () => {
    const { node, socket } = await startNode(ENDLESS, "--send-rate", "infinity");
    node.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 200));
    node.kill("SIGTERM");
    expect(await node.ended).toMatchObject({ code: 143, signal: null });
    expect(existsSync(socket)).toBe(false);
  });

  test.for(["SIGUSR1", "SIGPIPE"] as const)("%s has no effect", async (signal) => {
    const { node, socket } = await startNode(TABLE);
    node.kill(signal);
    expect((await mosaic("query", socket, "here")).stdout).toBe("no rows\n");
    node.kill("SIGTERM");
    const { stderr, ...ended } = await node.ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(stderr).not.toContain("Debugger");
  });

  test("SIGUSR2 logs a report", async () => {
    const { node } = await startNode(`a: b@null(E) :- periodic(E, 0, 3).\n`);
    await node.printed(/dropped/);
    node.kill("SIGUSR2");
    await node.printed(/127\.0\.0\.1:\d+: up [\d.]+ s, \d+ steps, 0 datagrams sent, 0 received/);
    await node.printed(/dropped, no address: 3/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("SIGUSR1 opens no debugger in other commands either", async () => {
    const { node, socket } = await startNode(TABLE);
    const trace = new MosaicProcess(["trace", socket]);
    await trace.printed(/tracing/);
    trace.kill("SIGUSR1");
    node.kill("SIGTERM");
    await node.ended;
    expect((await trace.ended).stderr).not.toContain("Debugger");
  });
});

test("a reader of stdout that is gone ends the node, and no control socket is left", async () => {
  const { node, socket } = await startNode(`a: b@Me(E) :- periodic(E, 0.1), localAddr(Me).\n`, "--watch", "b");
  await node.printed(/ b\(/);
  node.closeStdout();
  expect((await node.ended).code).toBe(0);
  expect(existsSync(socket)).toBe(false);
});

describe("SIGHUP", () => {
  test("reloads the program, keeps its rows, and reads the fact directories again", async () => {
    const facts = join(folder, "facts.d");
    mkdirSync(facts);
    writeFileSync(join(facts, "here.facts"), "from the directory\n");
    const { node, program, socket } = await startNode(TABLE, "--facts", facts);
    expect((await mosaic("ctl", socket, "insert", 'here("inserted")')).code).toBe(0);
    writeFileSync(program, `${TABLE}materialize(more, infinity, infinity, keys(1)).\nmore("added").\n`);
    writeFileSync(join(facts, "more.facts"), "from the new file\n");
    node.kill("SIGHUP");
    await node.printed(/reloaded: running \S+; kept: \d+ tables with \d+ rows; new: more/);
    expect((await mosaic("query", socket, "here")).stdout).toContain("from the directory");
    expect((await mosaic("query", socket, "more")).stdout).toMatch(/added[^]*from the new file/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("with errors in the program is logged, and the previous program continues", async () => {
    const { node, program, socket } = await startNode(TABLE);
    writeFileSync(program, "a: out(X, Y) :- one(X), two(Y).\n");
    node.kill("SIGHUP");
    await node.printed(/error\[E0215\]/);
    await node.printed(/not reloaded, the previous program continues/);
    expect((await mosaic("query", socket, "here")).stdout).toBe("no rows\n");
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("is one line of the JSON log, also with errors", async () => {
    const { node, program } = await startNode(TABLE, "--log-format", "json");
    writeFileSync(program, "a: out(X, Y) :- one(X), two(Y).\n");
    node.kill("SIGHUP");
    await node.printed(/not reloaded/);
    writeFileSync(program, TABLE);
    node.kill("SIGHUP");
    await node.printed(/"reloaded/);
    node.kill("SIGTERM");
    const lines = (await node.ended).stderr.trim().split("\n");
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toContainEqual(
      expect.objectContaining({ level: "error", diagnostics: [expect.objectContaining({ code: "E0215" })] }),
    );
    expect(records).toContainEqual(expect.objectContaining({ level: "info", files: [program] }));
  });

  test("while the node starts reloads it afterwards", async () => {
    const program = join(folder, "early.mzl");
    writeFileSync(program, TABLE);
    const node = new MosaicProcess(["run", program, "--listen", "127.0.0.1:0", "--no-control", "--metrics", "0"]);
    await node.printed(/metrics at/);
    node.kill("SIGHUP");
    await node.printed(/running[^]*reloaded/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("ends a node whose terminal has closed", async ({ skip }) => {
    const reason = needs("script");
    skip(reason !== undefined, reason);
    const program = join(folder, "terminal.mzl");
    const [socket, log] = [join(folder, "terminal.sock"), join(folder, "terminal.log")];
    writeFileSync(program, TABLE);
    const run = `${MOSAIC} run ${program} --listen 127.0.0.1:0 --control ${socket} 2>${log}`;
    const terminal = new MosaicProcess(["-qec", run, "/dev/null"], [], "script");
    await waitFor(() => existsSync(log) && readFileSync(log, "utf8").includes("running"));
    terminal.kill("SIGKILL");
    await waitFor(() => !existsSync(socket));
    expect(readFileSync(log, "utf8")).not.toContain("reloaded");
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("the condition never held");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("--pcap on a full disk", () => {
  test("is called that in the log, the node lives on, and the lost packets are counted", async () => {
    const peer = createSocket("udp4");
    peer.bind(0, "127.0.0.1");
    await once(peer, "listening");
    const to = `127.0.0.1:${peer.address().port}`;
    const { node, socket } = await startNode(
      `${TABLE}a: b@"${to}"(E) :- periodic(E, 0.1, 5).\n`,
      "--pcap",
      "/dev/full",
    );
    await node.printed(/--pcap: the disk is full; the capture ends here/);
    for (let sent = 0; sent < 5; sent++) await once(peer, "message");
    expect((await mosaic("query", socket, "here")).stdout).toBe("no rows\n");
    node.kill("SIGTERM");
    const { code, stderr } = await node.ended;
    peer.close();
    expect(code).toBe(0);
    expect(stderr).toMatch(/--pcap: [5-9] packets are missing: the disk is full/);
  });

  test("ends the file after the last whole packet", async ({ skip }) => {
    const reason = needs("tshark");
    skip(reason !== undefined, reason);
    const [program, file] = [join(folder, "many.mzl"), join(folder, "limited.pcapng")];
    writeFileSync(program, `a: b@"127.0.0.1:9"(E) :- periodic(E, 0.01, 100).\n`);
    const args = ["run", program, "--listen", "127.0.0.1:0", "--no-control", "--pcap", file];
    const node = new MosaicProcess(args, ["sh", "-c", `ulimit -f 4; exec "$@"`, "sh"]);
    await node.printed(/--pcap: the file is as large as/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
    const { status, stderr } = spawnSync("tshark", ["-r", file, "-w", "/dev/null"], { encoding: "utf8" });
    expect(stderr).not.toContain("cut short");
    expect(status).toBe(0);
  });
});
