import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { flagsFor } from "../../src/cli/run/optimise-early.ts";
import { ROOT } from "../house/tree.ts";

/** Sends many datagrams from one socket to another as UdpTx does, which asks for the path MTU before each. */
const SENDS = `
  import { setImmediate as rest } from "node:timers/promises";
  const { openUdp } = await import("./runtime/device/udp.ts");
  const [here, there] = await Promise.all([1, 2].map(() => openUdp("127.0.0.1:0", { gso: false })));
  const { datagrams } = here;
  const to = there.datagrams.address;
  const bytes = new Uint8Array(100);
  const sendOne = () => bytes.length > datagrams.unfragmented(to) || datagrams.send(to, bytes);
  for (let round = 0; round < 100; round++, await rest()) for (let at = 0; at < 300; at++) sendOne();
  await Promise.all([here, there].map((one) => one.datagrams.close()));
`;

test("V8 compiles the code that sends datagrams without having to start again for ever", () => {
  const flags = [...flagsFor(process.versions.v8), "--trace-opt", "--input-type=module", "--eval", SENDS];
  const { stdout, status } = spawnSync(process.execPath, flags, { cwd: ROOT, encoding: "utf8", timeout: 30_000 });
  expect(status).toBe(0);
  const of = (what: string): readonly string[] => stdout.split("\n").filter((line) => line.startsWith(`[${what}`));
  expect(of("completed optimizing").some((line) => line.includes("sendOne"))).toBe(true);
  expect(of("aborted optimizing").filter((line) => line.includes("Maps became deprecated")).length).toBeLessThan(5);
});
