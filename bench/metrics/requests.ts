import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { NodeClient } from "../../src/cli/client/node-client.ts";

/**
 * A process that sends requests to a node: `requests.ts METRICS-URL CONTROL-PATH QUERY`. A line of standard input sets the
 * kind of request and the rate per second: `metrics 10`, `query 10`, `nothing 0`. The process prints the latency of each
 * answer in milliseconds.
 */
const [, , url = "", control = "", query = ""] = process.argv;

const REQUESTS: Readonly<Record<string, () => Promise<void>>> = {
  metrics: async () => {
    await (await fetch(url)).text();
  },
  query: async () => {
    const client = await NodeClient.connect(control);
    for await (const reply of client.request({ kind: "query", text: query, form: "json" })) void reply;
    client.close();
  },
};

/** Sends one request after the other. A late answer delays the next request; the rate is then made up without pauses. */
async function askRepeatedly(ask: () => Promise<void>, perSecond: number, signal: AbortSignal): Promise<void> {
  for (let due = performance.now(); !signal.aborted; due += 1e3 / perSecond) {
    await sleep(Math.max(0, due - performance.now()));
    if (signal.aborted) return;
    const start = performance.now();
    await ask();
    console.log(performance.now() - start);
  }
}

let present = new AbortController();
for await (const line of createInterface({ input: process.stdin })) {
  present.abort();
  present = new AbortController();
  const [kind = "", perSecond] = line.split(" ");
  const ask = REQUESTS[kind];
  if (ask !== undefined) void askRepeatedly(ask, Number(perSecond), present.signal);
}
process.exit();
