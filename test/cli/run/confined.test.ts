import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { needs } from "../../needs.ts";
import { mosaic, MosaicProcess } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-confined-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a running node is confined on all its threads, answers, reloads and ends", async ({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
  const [program, control] = [join(folder, "p.mzl"), join(folder, "node.sock")];
  writeFileSync(program, "materialize(t, infinity, infinity, keys(1)).\nt(1).\n");
  const node = new MosaicProcess(["run", program, "--listen", "localhost:0", "--control", control]);
  onTestFinished(() => node.kill("SIGKILL"));
  await node.printed(/running/);
  const threads = readdirSync(`/proc/${node.pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${node.pid}/task/${task}/status`, "utf8");
    return [/^NoNewPrivs:\s*1$/m, /^Seccomp:\s*2$/m].every((line) => line.test(status));
  });
  expect(new Set(threads)).toEqual(new Set([true]));
  writeFileSync(program, "materialize(t, infinity, infinity, keys(1)).\nt(2).\n");
  node.kill("SIGHUP");
  await node.printed(/reloaded|running.*\n[^]*running|program/);
  expect((await mosaic("query", control, "t")).stdout).toContain("2");
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
});
