import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { hashProblem } from "../sim/trace-hashes.ts";

/** The topologies of gateways in lab/demo, in the simulator. `scenes.test.ts` runs them in network namespaces. */
const folder = mkdtempSync(join(tmpdir(), "mosaic-gateways-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function simulated(name: string): Promise<string> {
  const out = join(folder, name);
  const file = `lab/demo/${name}.toml`;
  const { code, stdout } = await mosaic("sim", file, "--check", "--json", "--out", out);
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
  const { traceHash } = JSON.parse(stdout) as { readonly traceHash: string };
  expect(hashProblem(file, traceHash)).toBeUndefined();
  return out;
}

/** Rows of a table of a host at the end of the run. */
function rowsOf(out: string, host: string, table: string): readonly (readonly unknown[])[] {
  const lines = readFileSync(join(out, `${host}.tables.jsonl`), "utf8")
    .trim()
    .split("\n");
  const tuples = lines.map((line) => (JSON.parse(line) as { readonly tuple: readonly unknown[] }).tuple);
  return tuples.filter(([name]) => name === table);
}

test("anycast: the nearest gateway dies, and the gap is at most the lifetime of its announcement and a tenth", async () => {
  const out = await simulated("anycast");
  expect(rowsOf(out, "client", "nearest").map(([, overlay]) => overlay)).toEqual(["edge", "ron"]);
  expect(rowsOf(out, "client", "ron.member")).toEqual([]);
});

test("source route: a node without ron reaches a member through a gateway, around a dead link of ron", async () => {
  await expect(simulated("source-route")).resolves.toBe(join(folder, "source-route"));
});

test("flows of a gateway: both clients get their answers, and the entries are gone after a minute without use", async () => {
  const out = await simulated("flow");
  expect(rowsOf(out, "server", "addressMap")).toHaveLength(2);
  expect(rowsOf(out, "gateway", "flow.entry")).toEqual([]);
});

test("figure 5: three ways to a host behind a gateway, one of them around a dead link, and none for a stranger", async () => {
  await expect(simulated("figure5")).resolves.toBe(join(folder, "figure5"));
});

test("wrong entries: gateways pass a packet to each other, and drop it after 32 hops", async () => {
  const out = await simulated("wrong-entry");
  const { problems } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { readonly problems: unknown };
  expect(JSON.stringify(problems)).toContain("hop limit");
});
