import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findFreePort } from "../../free-port.ts";
import { findFreePorts } from "../../free-ports.ts";
import { mosaic, MosaicProcess } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-nodes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const first = await findFreePorts(3);
const metrics = await findFreePort();
const name = (at: number): string => `127.0.0.1:${first + at}`;

const TOKEN = `
materialize(next, infinity, 1, keys(1)).
materialize(seen, infinity, infinity, keys(1)).
next@"${name(0)}"("${name(1)}").
next@"${name(1)}"("${name(2)}").
next@"127.0.0.1:9"("nobody").
kept: seen(N) :- token(N).
passed: token@To(N + 1) :- token(N), next(To).
failed: broken(1 / X) :- divide(X).
`;

const socketOf = (at: number): string => join(folder, `${first + at}.sock`);

describe("--nodes runs several nodes in one process", () => {
  const program = join(folder, "token.mzl");
  writeFileSync(program, TOKEN);
  const process = new MosaicProcess([
    "run",
    program,
    "--nodes",
    "3",
    "--listen",
    name(0),
    "--control",
    folder,
    "--watch",
    "seen",
    "--metrics",
    String(metrics),
  ]);
  afterAll(() => process.kill("SIGKILL"));

  test("on consecutive ports, with a control socket for each", async () => {
    await process.printed(/running \S+token\.mzl as 3 nodes, 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+/);
    expect(process.stderr).toContain(`${name(0)} to ${name(2)}`);
    expect(readdirSync(folder).filter((file) => file.endsWith(".sock"))).toEqual(
      [0, 1, 2].map((at) => `${first + at}.sock`),
    );
  });

  test("a fact at the address of one node is a row of this node alone, and a fact for none of them is reported once", async () => {
    expect((await mosaic("query", socketOf(0), "next")).stdout).toContain(name(1));
    expect((await mosaic("query", socketOf(1), "next")).stdout).toContain(name(2));
    expect((await mosaic("query", socketOf(2), "next")).stdout).toBe("no rows\n");
    expect(process.stderr.match(/skipped/g)).toHaveLength(1);
  });

  test("that send tuples to each other, and watched tuples name their node", async () => {
    await mosaic("ctl", socketOf(0), "insert", "token(5)");
    await process.printed(new RegExp(`${name(2)}: \\d+\\.\\d+ \\+ +seen\\(7\\)`));
    expect(process.stdout).toMatch(new RegExp(`${name(0)}: \\d+\\.\\d+ \\+ +seen\\(5\\)`));
  });

  test("whose warnings name them", async () => {
    await mosaic("ctl", socketOf(1), "insert", "divide(0)");
    await process.printed(new RegExp(`warning: ${name(1)}: rule failed`));
    expect(process.stderr).not.toMatch(new RegExp(`warning: ${name(0)}: rule failed`));
  });

  test("whose metrics have the label node, and the process has one set of its own", async () => {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    for (const at of [0, 1, 2]) expect(text).toContain(`mosaic_table_rows{node="${name(at)}",table="seen"} 1\n`);
    expect(text.match(/^# TYPE mosaic_table_rows /gm)).toHaveLength(1);
    expect(text.match(/^process_cpu_seconds_total /gm)).toHaveLength(1);
    expect(text.match(/^mosaic_event_loop_delay_seconds\{statistic="p99"\}/gm)).toHaveLength(1);
  });

  test("that ps and top name", async () => {
    const listed = (await mosaic("ps", "--json")).stdout.trim().split("\n");
    const nodes = listed.map((line) => JSON.parse(line) as { readonly pid: number; readonly node: string });
    expect(nodes.filter(({ pid }) => pid === process.pid).map(({ node }) => node)).toEqual([0, 1, 2].map(name));
    expect(JSON.parse((await mosaic("top", socketOf(1), "--json")).stdout)).toMatchObject({ node: name(1) });
  });

  test("SIGUSR2 reports on each, and SIGHUP reloads each", async () => {
    process.kill("SIGUSR2");
    for (const at of [0, 1, 2]) await process.printed(new RegExp(`${name(at)}: up [\\d.]+ s`));
    writeFileSync(program, TOKEN.replace("N + 1", "N + 10"));
    process.kill("SIGHUP");
    for (const at of [0, 1, 2]) await process.printed(new RegExp(`${name(at)}: reloaded: `));
    await mosaic("ctl", socketOf(0), "insert", "token(100)");
    await process.printed(/seen\(120\)/);
    expect(process.stdout).not.toContain("seen(102)");
  });

  test("a program that ctl loads into one node runs on this node alone", async () => {
    const more = join(folder, "more.mzl");
    writeFileSync(more, `materialize(extra, infinity, infinity, keys(1)).\nextra(1).\n`);
    expect((await mosaic("ctl", socketOf(2), "load", more)).code).toBe(0);
    expect((await mosaic("query", socketOf(2), "extra")).stdout).toContain("1");
    expect((await mosaic("query", socketOf(1), "extra")).code).toBe(1);
  });

  test("SIGTERM ends all", async () => {
    process.kill("SIGTERM");
    expect((await process.ended).code).toBe(0);
    for (const at of [0, 1, 2]) expect(existsSync(socketOf(at))).toBe(false);
  });
});

test("one port that is in use ends the run before any node starts", async () => {
  const [taken, socket] = [await findFreePorts(2), createSocket("udp4")];
  socket.bind(taken + 1, "127.0.0.1");
  await once(socket, "listening");
  const ended = await mosaic("run", "ping.mzl", "--nodes", "2", "--listen", `127.0.0.1:${taken}`, "--no-control");
  socket.close();
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`port ${taken + 1} is in use by another program`);
  expect(ended.stderr).not.toContain("running");
});

test.for([
  [["--nodes", "0"], "`0` is not a number of nodes from 1 to 65535"],
  [["--nodes", "1.5"], "`1.5` is not a number of nodes from 1 to 65535"],
  [["--nodes", "3", "--listen", "127.0.0.1:65534"], "3 nodes from port 65534 on would need ports up to 65536"],
  [["--nodes", "2", "--addr", "10.0.0.1:10000"], "--addr is the address of one node"],
  [["--nodes", "2", "--tun", "--tun-addr", "100.64.0.1/24"], "a device belongs to one node"],
  [["--nodes", "2", "--control", import.meta.filename], "is a file; with --nodes it names the folder of the sockets"],
] as const)("wrong usage: %s", async ([options, message]) => {
  const { code, stderr } = await mosaic("run", "ping.mzl", ...options);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
