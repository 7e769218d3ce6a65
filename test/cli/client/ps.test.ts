import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { commandWords } from "../../../src/cli/client/command-words.ts";
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
    const unasked = { node: /as (\S+)/.exec(other.stderr)?.[1], pid: other.pid, socket: null, state: "no socket" };
    expect(nodes).toContainEqual(expect.objectContaining(unasked));
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
    const address = /as (\S+)/.exec(node.stderr)?.[1];
    node.kill("SIGSTOP");
    const uptime = expect.any(Number) as number;
    const known = {
      node: address,
      pid: node.pid,
      files: ["ping.mzl"],
      listen: address,
      device: null,
      devices: [],
      uptime,
    };
    expect(await listed()).toContainEqual({ version: 1, ...known, socket, state: "does not answer" });
    node.kill("SIGKILL");
    await node.ended;
    expect(existsSync(socket)).toBe(true);
    expect((await listed()).map((one) => one.socket)).not.toContain(socket);
  });

  test("shows a node that starts, by its command line", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    // The node waits for the end of its standard input.
    const args = ["run", "-", "-D", "X=1", "--listen=127.0.0.1:17999", "--addr", "[FD99:0::2]:7", "--no-gso"];
    const node = new MosaicProcess(args, ["sh", "-c", `exec "$@" 0<> ${pipe}`, "sh"]);
    const rows = await vi.waitFor(async () => {
      const found = (await listed()).filter(({ pid }) => pid === node.pid);
      expect(found).toHaveLength(1);
      return found;
    }, 20_000);
    expect(rows[0]).toMatchObject({
      node: "[fd99::2]:7",
      files: ["-"],
      listen: "127.0.0.1:17999",
      socket: null,
      state: "starting",
    });
    node.kill("SIGKILL");
    await node.ended;
  });

  test("shows the socket that a dead node left in the default folder, which is no name of a node", async () => {
    const runtime = join(folder, "runtime");
    mkdirSync(join(runtime, "mosaic"), { recursive: true, mode: 0o700 });
    const env = ["env", `XDG_RUNTIME_DIR=${runtime}`];
    const node = new MosaicProcess(["run", "ping.mzl", "--listen", "127.0.0.1:0"], env);
    await node.printed(/running/);
    node.kill("SIGKILL");
    await node.ended;
    const [socket = ""] = readdirSync(join(runtime, "mosaic"));
    const { stdout } = await new MosaicProcess(["ps"], env).ended;
    expect(stdout).toMatch(new RegExp(`^- +- +- +- +- +- +ended +.*${socket}$`, "m"));
    expect((await new MosaicProcess(["ps", "--names"], env).ended).stdout).not.toContain(socket.replace(".sock", ""));
  });
});

test("the words of a command line are sorted by the options of its command", () => {
  const options = [
    { syntax: "-D, --define <name=value>", description: "" },
    { syntax: "--tun [interface]", description: "" },
    { syntax: "--json", description: "" },
  ];
  const words = ["a.mzl", "-D", "X=1", "--define=Y=2", "--tun", "--json", "b.mzl", "--new", "-", "--", "--json"];
  const sorted = commandWords(words, options);
  expect(sorted.arguments).toEqual(["a.mzl", "b.mzl", "-", "--json"]);
  expect(Object.fromEntries(sorted.options)).toEqual({ define: ["X=1", "Y=2"], tun: [""], json: [""], new: [""] });
  expect(Object.fromEntries(commandWords(["--tun", "mosaic7"], options).options)).toEqual({ tun: ["mosaic7"] });
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
