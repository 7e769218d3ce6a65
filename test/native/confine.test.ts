import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";

const ADDON = new URL("../../native/build/mosaic.node", import.meta.url).pathname;

/** Confines its process, tries what is refused and what a node needs, and prints the outcomes. */
const SCRIPT = `
import { spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
const native = createRequire("/")(${JSON.stringify(ADDON)});
const confined = native.confine();
const spawned = spawnSync("true").error?.code;
const resolved = (await lookup("127.0.0.1")).address;
const worked = await new Promise((resolve) =>
  new Worker("import { parentPort } from 'node:worker_threads'; parentPort.postMessage('done')", { eval: true }).on("message", resolve));
const states = readdirSync("/proc/self/task").map((task) => {
  const status = readFileSync("/proc/self/task/" + task + "/status", "utf8");
  return ["NoNewPrivs", "Seccomp"].map((name) => new RegExp("^" + name + ":\\\\s*(\\\\d)", "m").exec(status)[1]).join(" ");
});
console.log(JSON.stringify({ confined, spawned, resolved, worked, states: [...new Set(states)], threads: states.length > 4 }));
`;

test("a confined process starts no programs, on no thread, and still resolves names and makes threads", (context) => {
  const reason = needs("addon");
  context.skip(reason !== undefined, reason);
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", SCRIPT], { encoding: "utf8" });
  expect(JSON.parse(printed)).toEqual({
    confined: 0,
    spawned: "EPERM",
    resolved: "127.0.0.1",
    worked: "done",
    states: ["1 2"],
    threads: true,
  });
});
