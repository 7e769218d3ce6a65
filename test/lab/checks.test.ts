import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-checks-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = join(folder, "lab.toml");
  writeFileSync(file, text);
  return file;
}

/** Tunnel whose link is cut for 1.5 seconds. */
const TUNNEL = `duration = "5s"
programs = ["tunnel.mzl"]
hosts = 2
[[traffic]]
from = "a"
to = "b"
[[events]]
at = "2s"
cut = ["a", "b"]
[[events]]
at = "3500ms"
heal = ["a", "b"]
`;

const CHECKS = `
[[checks]]
reaches = ["a", "b"]
at = "1900ms"
[[checks]]
unreachable = ["a", "b"]
at = "3400ms"
[[checks]]
outage = "3s"
[[checks]]
outage = "100ms"
[[checks]]
lost = "60%"
[[checks]]
lost = 0
`;

interface Results {
  readonly checks: readonly {
    readonly expectation: string;
    readonly holds: boolean | null;
    readonly observed: string;
  }[];
}

const EXPECTATIONS: Results["checks"][number][] = [
  ["a reaches b", true],
  ["a does not reach b", true],
  ["no outage longer than 3000 ms", true],
  ["no outage longer than 100 ms", false],
  ["at most 60 % lost", true],
  ["at most 0 pings lost", false],
].map(([expectation, holds]) => ({ expectation, holds }) as Results["checks"][number]);

describe("checks", () => {
  test("are evaluated in the simulator; with --check a failed one makes the command fail", async () => {
    const file = fileOf(TUNNEL + CHECKS);
    const { code, stdout, stderr } = await mosaic("sim", file, "--check");
    expect(stdout).toContain(`Checks
  1.9 s  holds  a reaches b: 10 of the last 10 pings answered
  3.4 s  holds  a does not reach b: 0 of the last 10 pings answered
  5.0 s  holds  no outage longer than 3000 ms: 1500 ms
  5.0 s  FAILS  no outage longer than 100 ms: 1500 ms (a to b)
  5.0 s  holds  at most 60 % lost: 15 of 51
  5.0 s  FAILS  at most 0 pings lost: 15 of 51 (a to b)
`);
    expect([code, stderr]).toEqual([1, "mosaic: 2 checks failed\n"]);
    expect((await mosaic("sim", file)).code).toBe(0);
  });

  test("of commands are skipped by the simulator with a message, and do not fail", async () => {
    const text = 'commands = [{ on = "a", run = "true" }]\nchecks = [{ on = "a", succeeds = "false" }]\n';
    const { code, stdout, stderr } = await mosaic("sim", fileOf(text + TUNNEL), "--check");
    expect(stdout).toContain("–      a$ false: the simulator runs no commands");
    expect(stderr).toContain("the simulator skips the commands of");
    expect(code).toBe(0);
  });

  test("are evaluated in the kernel; logs, captures and results are in the folder of --out", async ({ skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
    skip(reason !== undefined, reason);
    const more = `
[[commands]]
on = ["a", "b"]
run = "echo I am $NODE; echo to be found >&2"
[[commands]]
on = "a"
run = "sleep 1000"
[[commands]]
on = "b"
run = "exit 7"
[[checks]]
on = "a"
succeeds = "mosaic query $LAB/b.sock 'addressMap(Virtual, _)'"
[[checks]]
on = "b"
succeeds = "echo no; exit 3"
at = "1s"
`;
    const out = join(folder, "out");
    const { code, stdout, stderr } = await mosaic("lab", fileOf(TUNNEL + CHECKS + more), "--check", "--out", out);
    expect(stdout).toMatch(/Look inside while it runs: .*\/HOST\.sock/);
    expect(stdout).toMatch(/b\$ exit 7: exit code 7\n/);
    expect(stdout).not.toMatch(/sleep 1000: exit code/);
    const { checks } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as Results;
    expect(checks.map(({ expectation, holds }) => ({ expectation, holds }))).toEqual([
      ...EXPECTATIONS,
      { expectation: "a$ mosaic query $LAB/b.sock 'addressMap(Virtual, _)'", holds: true },
      { expectation: "b$ echo no; exit 3", holds: false },
    ]);
    expect(checks.at(-1)?.observed).toBe("exit code 3, no");
    expect(readFileSync(join(out, "b.commands.log"), "utf8")).toMatch(/I am \/.*\/b\.sock\n[^]*to be found\n/);
    expect(readFileSync(join(out, "a.log"), "utf8")).toContain("running");
    expect(readFileSync(join(out, "a.pcapng")).readUInt32LE()).toBe(0x0a0d0d0a);
    expect([code, stderr]).toEqual([1, "mosaic: 3 checks failed\n"]);
  });
});

describe("a predicate that no program has", () => {
  test("is reported with its position", async () => {
    const file = fileOf(`${TUNNEL}`.replace("hosts = 2", 'hosts = 2\nwatch = ["tun", "ron.addressMap", "nothing"]'));
    const { code, stderr } = await mosaic("sim", file);
    expect(stderr.split("\n").slice(0, 2)).toEqual([
      `${file}:4:17: watch[2]: no program has a predicate "ron.addressMap"; did you mean addressMap?`,
      `${file}:4:35: watch[3]: no program has a predicate "nothing"`,
    ]);
    expect(code).toBe(1);
  });

  test("is reported as route table too, like a column beyond its arity", async () => {
    const routes = (table: string): string => `${TUNNEL}[routes]\ntable = "${table}"\nto = 1\nnext = 3\n`;
    const [missing, narrow] = [
      await mosaic("lab", fileOf(routes("ron.RT"))),
      await mosaic("sim", fileOf(routes("addressMap"))),
    ];
    expect(missing.stderr).toContain('lab.toml:14:1: routes.table: no program has a predicate "ron.RT"');
    expect(narrow.stderr).toContain("lab.toml:16:1: routes.next: addressMap has 2 columns");
  });
});
