/** Plots of a topology: points of all series over a simulated run, and the files that `--plot` writes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InterfaceRecord } from "../../lab/outcome/interface-record.ts";
import { PathRecord } from "../../lab/outcome/path-record.ts";
import { Routes } from "../../lab/outcome/routes.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import { mosaic } from "../cli/mosaic.ts";

const TEXT = `
title = "three hosts"
duration = "6s"
programs = ["ron.mzl"]
hosts = 3
links = [{ between = "all", delay = "10ms" }]
routes = { table = "ron.RT", to = 1, next = 2 }
[[traffic]]
from = "a"
to = "b"
every = "500ms"
at = "1s"
[[traffic]]
kind = "udp"
name = "video <1>"
from = "a"
to = "b"
rate = "80kbit"
duration = "3s"
at = "2s"
[[events]]
at = "3s"
cut = ["a", "b"]
[[events]]
at = "3500ms"
heal = ["b", "c"]
[[plots]]
throughput = ["video <1>", "b/mosaic0"]
[[plots]]
name = "delay"
title = "Delay"
rtt = "a to b"
[[plots]]
path = ["a", "b"]
`;

const folder = mkdtempSync(join(tmpdir(), "plots-"));
const file = join(folder, "three.toml");
const read = (name: string): string => readFileSync(join(folder, "plots", name), "utf8");

beforeAll(async () => {
  writeFileSync(file, TEXT);
  const { code, stderr } = await mosaic("sim", file, "--plot", join(folder, "plots"));
  if (code !== 0) throw new Error(stderr);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("each plot has a table, a drawing and an image", () => {
  expect(readdirSync(join(folder, "plots")).sort()).toEqual(
    ["delay", "path", "throughput"]
      .flatMap((name) => [`${name}.csv`, `${name}.png`, `${name}.svg`])
      .concat("events.csv")
      .sort(),
  );
});

describe("tables", () => {
  test("of throughput have each second of the run", () => {
    const rows = read("throughput.csv").trimEnd().split("\n");
    expect(rows.slice(0, 7)).toEqual([
      "t,series,throughput",
      "0,video <1>,0",
      "1,video <1>,0",
      "2,video <1>,80000",
      "3,video <1>,0",
      "4,video <1>,40000",
      "5,video <1>,0",
    ]);
    expect(rows.filter((row) => row.includes("b/mosaic0 received"))).toHaveLength(6);
    expect(rows.filter((row) => row.includes("b/mosaic0 sent"))).toHaveLength(6);
  });

  test("of round-trip times have a row for each ping, without a value if it was lost", () => {
    expect(read("delay.csv").trimEnd().split("\n").slice(0, 7)).toEqual([
      "t,series,rtt",
      "1,a to b,0.02",
      "1.5,a to b,0.02",
      "2,a to b,0.02",
      "2.5,a to b,0.02",
      "3,a to b,",
      "3.5,a to b,",
    ]);
  });

  test("of a path have a row for each change", () => {
    const rows = read("path.csv").trimEnd().split("\n");
    expect(rows.map((row) => row.replace(/^[\d.]+/, (t) => Number(t).toFixed(1)))).toEqual([
      "t,series,path",
      "0.0,a to b,a → b",
      "4.5,a to b,a → c → b",
    ]);
  });

  test("of events have those with an effect", () => {
    expect(read("events.csv")).toBe("t,event\n3,link a–b cut\n");
  });
});

describe("drawings", () => {
  test("name their series and events", () => {
    const svg = read("throughput.svg");
    for (const text of [
      "Throughput",
      "video &lt;1&gt;",
      "b/mosaic0 received",
      "b/mosaic0 sent",
      "link a–b cut",
      "kbit/s",
    ])
      expect(svg).toContain(`>${text}<`);
    expect(read("delay.svg")).toContain(">Delay<");
    for (const text of ["a → b", "a → c → b"]) expect(read("path.svg")).toContain(`>${text}<`);
  });

  test("are equal in each run", async () => {
    await mosaic("sim", file, "--plot", join(folder, "again"));
    const differing = readdirSync(join(folder, "plots")).filter(
      (name) => !readFileSync(join(folder, "again", name)).equals(readFileSync(join(folder, "plots", name))),
    );
    expect(differing).toEqual([]);
  }, 60_000);
});

test("images are PNGs of 1920 to 640 pixels that differ from an empty figure", () => {
  for (const name of ["throughput", "delay", "path"]) {
    const png = readFileSync(join(folder, "plots", `${name}.png`));
    expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1920, 640]);
    expect(png.length).toBeGreaterThan(10_000);
  }
});

describe("--plot fails before the run", () => {
  test("if the topology has no plots", async () => {
    const { code, stderr } = await mosaic("sim", "lab/demo/wrong-entry.toml", "--plot", join(folder, "none"));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("--plot: lab/demo/wrong-entry.toml has no [[plots]]"),
    });
  });

  test("if a part of the folder is a file", async () => {
    const { code, stdout, stderr } = await mosaic("sim", file, "--plot", join(file, "plots"));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`--plot: ${join(file, "plots")}: a part of this path is a file`);
  });

  test("if the folder takes no files", async () => {
    const { code, stdout, stderr } = await mosaic("sim", file, "--plot", "/proc/self");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^mosaic: --plot: \/proc\/self: [^\n]+\n$/);
  });

  test("with several seeds", async () => {
    const { code, stderr } = await mosaic("sim", file, "--seeds", "2", "--plot", join(folder, "none"));
    expect(code).toBe(2);
    expect(stderr).toContain("--plot");
  });
});

test("a path has no gap while a route is replaced", () => {
  const result = readTopology(TEXT, "three.toml");
  const routes = new Routes(result.ok ? result.topology.hosts : [], { table: "RT", to: 1, next: 2 });
  const record = new PathRecord("a", "b");
  const change = (op: "+" | "-", next: string, at: number): void => {
    routes.apply("a", { t: at, node: "", op, tuple: ["RT", "b", next] }, at);
    record.add(at, routes);
  };
  change("+", "b", 1);
  change("-", "b", 2);
  change("+", "b", 2.01);
  change("-", "b", 3);
  change("+", "b", 4);
  expect(record.changes).toEqual([
    { t: 0, path: null },
    { t: 1, path: "a → b" },
    { t: 3, path: null },
    { t: 4, path: "a → b" },
  ]);
});

test("an interface has the rate between two samples, also after its counters began again", () => {
  const record = new InterfaceRecord();
  record.add(1, { received: 1000, sent: 0 });
  record.add(2, { received: 1500, sent: 10 });
  record.add(4, { received: 100, sent: 10 });
  expect(record.series).toEqual([
    { t: 1, received: 4000, sent: 80 },
    { t: 2, received: 400, sent: 0 },
  ]);
});
