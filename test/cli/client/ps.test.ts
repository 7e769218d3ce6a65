import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mosaic, MosaicProcess } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-ps-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Listed {
  readonly node: string | null;
  readonly pid: number | null;
  readonly socket: string | null;
  readonly files: readonly string[] | null;
  readonly listen: string | null;
  readonly uptime: number | null;
  readonly state: string;
}

async function listed(): Promise<readonly Listed[]> {
  const { stdout, code } = await mosaic("ps", "--json");
  expect(code).toBe(0);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Listed);
}

describe("mosaic ps", () => {
  test("lists running nodes with name, process, program, address, uptime, state and socket", async () => {
    const socket = join(folder, "one.sock");
    const args = ["run", "ping.mzl", "--listen", "127.0.0.1:0", "--control"];
    const node = new MosaicProcess([...args, socket]);
    const other = new MosaicProcess([...args.slice(0, -1), "--no-control"]);
    await Promise.all([node.printed(/running/), other.printed(/running/)]);
    const address = /as (\S+)/.exec(node.stderr)?.[1];
    const nodes = await listed();
    expect(nodes).toContainEqual(
      expect.objectContaining({
        node: address,
        pid: node.pid,
        files: ["ping.mzl"],
        listen: address,
        state: "running",
        socket,
        uptime: expect.any(Number) as number,
      }),
    );
    expect(nodes).toContainEqual(expect.objectContaining({ node: null, pid: other.pid, state: "no socket" }));
    const { stdout } = await mosaic("ps");
    expect(stdout).toMatch(/^node +pid +program +listen +device +up +state +socket\n/);
    expect(stdout).toContain(socket);
    expect((await mosaic("ps", "--names")).stdout.split("\n")).toContain(socket);
    for (const one of [node, other]) one.kill("SIGTERM");
    await Promise.all([node.ended, other.ended]);
    expect((await listed()).map(({ pid }) => pid)).not.toContain(node.pid);
  });

  test("shows a node that does not answer, and ignores the socket of a dead one", async () => {
    const socket = join(folder, "stopped.sock");
    const node = new MosaicProcess(["run", "ping.mzl", "--listen", "127.0.0.1:0", "--control", socket]);
    await node.printed(/running/);
    node.kill("SIGSTOP");
    expect(await listed()).toContainEqual(expect.objectContaining({ socket, state: "no answer" }));
    node.kill("SIGKILL");
    await node.ended;
    expect(existsSync(socket)).toBe(true);
    expect((await listed()).map((one) => one.socket)).not.toContain(socket);
  });
});

/** Runs a command of the shell with `mosaic` as `$0`. */
function piped(input: string, ...args: readonly string[]): Promise<Awaited<ReturnType<typeof mosaic>>> {
  const file = join(folder, "input");
  writeFileSync(file, input);
  return new MosaicProcess(args, ["sh", "-c", `cat ${file} | "$@"`, "sh"]).ended;
}

describe("the program `-` is the standard input", () => {
  test("for check, with positions, and for eval and explain", async () => {
    const wrong = await piped("a: out(X, Y) :- one(X), two(Y).\n", "check", "-");
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^-:1:1?\d*: ?error|-:1:\d+: error\[E0215\]/),
    });
    const program = 'materialize(p, infinity, infinity, keys(1)).\np("a").\n';
    expect(await piped(program, "eval", "-", "--print", "p")).toMatchObject({ code: 0, stdout: 'p("a").\n' });
    expect((await piped(program, "explain", "-")).code).toBe(0);
  });

  test("for run, which keeps the text for a reload", async () => {
    const file = join(folder, "run.mzl");
    writeFileSync(file, "a: b(X) :- c(X).\nwatch(b).\n");
    const script = `exec "$@" < ${file}`;
    const args = ["run", "-", "--listen", "127.0.0.1:0", "--no-control"];
    const node = new MosaicProcess(args, ["sh", "-c", script, "sh"]);
    await node.printed(/running -/);
    node.kill("SIGHUP");
    await node.printed(/reloaded: running -/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("and is refused with a reason where it makes no sense", async () => {
    for (const command of ["sim", "lab"]) {
      expect(await piped("", command, "-")).toMatchObject({ code: 2, stderr: expect.stringContaining("name a file") });
    }
    expect(await piped("", "ctl", "10000", "load", "-")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("cannot read the standard input of this command"),
    });
    expect((await piped('import "-".\n', "check", "-")).code).toBe(1);
  });
});
