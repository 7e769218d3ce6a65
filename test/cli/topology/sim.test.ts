import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { mosaicInProcess } from "../in-process.ts";
import { mosaic } from "../mosaic.ts";
import { DEMO, testAgreement } from "./agreement.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-sim-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(text: string, name: string = "lab.toml"): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe("mosaic sim", () => {
  test("prints the results of pings, events and routes, and the hash of the trace", async () => {
    const { code, stdout } = await mosaic("sim", DEMO);
    const [
      head,
      pings,
      cut,
      heal,
      ,
      checks,
      outage,
      detour,
      direct,
      ,
      title,
      columns,
      toB,
      ,
      ,
      ,
      datagrams,
      hash,
      ...rest
    ] = stdout.split("\n");
    expect(head).toBe("RON on five hosts: 5 nodes, 28 s, seed 1");
    expect(pings).toMatch(/^a to b: \d+ pings, \d+ lost; round trip \d+ ms median, \d+ ms worst$/);
    expect(cut).toMatch(/^ {2}7\.0 s {2}link a–b cut: an outage of \d+ ms, \d+ lost$/);
    expect(heal).toBe("  12.0 s  link a–b healed: no outage");
    expect(checks).toBe("Checks");
    expect(detour).toBe("  11.0 s  holds  a reaches b: 10 of the last 10 pings answered");
    expect(outage).toMatch(/^ {2}28\.0 s {2}holds {2}no outage longer than 3000 ms: \d+ ms$/);
    expect(direct).toBe("  28.0 s  holds  path a → b: a → b");
    expect([title, columns]).toEqual(["Routing table of a", expect.stringMatching(/^ {2}to +before +during +after$/)]);
    expect(toB).toMatch(/^ {2}b +direct \S+ +via [cde] \S+ +direct \S+$/);
    expect(datagrams).toMatch(/^datagrams: \d+ delivered, 0 lost, \d+ on cut links, 0 to dead hosts$/);
    expect(hash).toMatch(/^trace hash: [0-9a-f]{64}$/);
    expect(rest).toEqual([""]);
    expect(code).toBe(0);
  });

  test("with --json prints one object, the same for the same seed", async () => {
    const runs = await Promise.all(["1", "1", "2"].map((seed) => mosaic("sim", DEMO, "--seed", seed, "--json")));
    const [one, same, other] = runs.map(({ stdout }) => JSON.parse(stdout) as { traceHash: string; seed: number });
    expect(one).toMatchObject({ title: "RON on five hosts", nodes: 5, seconds: 28, seed: 1 });
    expect(same).toEqual(one);
    expect(other?.traceHash).not.toBe(one?.traceHash);
  });

  test("prints the position of an error in the file", async () => {
    const file = fileOf('duration = "1s"\nhosts = 2\nprogram = ["ron.mzl"]\n');
    const { code, stderr, stdout } = await mosaicInProcess("sim", file);
    expect(stderr).toContain(`${file}:3:1: program: unknown key; allowed: `);
    expect([code, stdout]).toEqual([1, ""]);
  });

  test("prints the errors of a program", async () => {
    writeFileSync(join(folder, "bad.mzl"), "r1: a(X) :- b(Y).\n");
    const { code, stderr } = await mosaicInProcess(
      "sim",
      fileOf('duration = "1s"\nhosts = 2\nprograms = ["bad.mzl"]\n'),
    );
    expect(stderr).toMatch(/^\S*bad\.mzl:1:/);
    expect(stderr).toMatch(/^mosaic: the programs of \S+ have errors; nothing was started$/m);
    expect(code).toBe(1);
  });

  test("prints the warnings of a program as `mosaic run` does, and runs it", async () => {
    const file = fileOf('duration = "1s"\nhosts = 2\nprograms = ["ron.mzl"]\ndefines = { PROFIL = "fast" }\n');
    const { code, stderr } = await mosaic("sim", file);
    expect(stderr.match(/warning\[W0203\]: .*`PROFIL`/g)).toHaveLength(1);
    expect(code).toBe(0);
  });

  test("refuses a file in another encoding", async () => {
    const file = join(folder, "latin.toml");
    writeFileSync(
      file,
      Buffer.from('title = "caf\u00e9"\nduration = "1s"\nhosts = 1\nprograms = ["ron.mzl"]\n', "latin1"),
    );
    const { code, stderr } = await mosaicInProcess("sim", file);
    expect([code, stderr]).toEqual([1, `mosaic: ${file} is not UTF-8 text\n`]);
  });

  test("a missing file is a usage error", async () => {
    const { code, stderr } = await mosaicInProcess("sim", join(folder, "nowhere.toml"));
    expect(stderr).toMatch(/cannot read .*nowhere\.toml: there is no such file/);
    expect(code).toBe(2);
  });
});

testAgreement({
  title: "a RON on three hosts",
  // The demonstration on fewer hosts, until the packets go through another host. `sim.long.test.ts` has all of it.
  file: fileOf(
    `title = "a cut link"
duration = "11s"
programs = ["ron.mzl"]
hosts = 3
routes = { table = "ron.RT", to = 1, next = 2, cost = 3 }
[[links]]
between = "all"
delay = "10ms"
[[traffic]]
from = "a"
to = "b"
every = "100ms"
at = "3s"
[[events]]
at = "5s"
cut = ["a", "b"]
[[checks]]
outage = "3s"
[[checks]]
reaches = ["a", "b"]
[[checks]]
path = ["a", "c", "b"]
`,
    "cut.toml",
  ),
  expectations: ["no outage longer than 3000 ms", "a reaches b", "path a → c → b"],
});

test("mosaic demo --simulator prints its backend, its events, and the routes before, during and after", async () => {
  const { code, stdout } = await mosaic("demo", "--simulator");
  const lines = stdout.split("\n");
  expect(lines[0]).toBe("Runs in the simulator (because: asked for).");
  expect(stdout).toMatch(
    /── link a–b cut[^]*── outage detected[^]*── traffic flows again[^]*── back on the direct path/,
  );
  expect(stdout).toMatch(/Routing table of a\n {2}to +before +during +after\n/);
  expect(code).toBe(0);
});
