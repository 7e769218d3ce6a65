import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readPrometheusText } from "../../observe/prometheus-text.ts";
import { mosaic, MosaicProcess } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-service-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** URL of the metrics of a node that was started with port 0. */
async function metricsOf(node: MosaicProcess): Promise<string> {
  await node.printed(/running/);
  return /http:\S+\/metrics/.exec(node.stderr)?.[0] ?? "";
}

describe("--metrics", () => {
  test("a node serves its metrics and its readiness", async () => {
    const node = new MosaicProcess(["run", "ron.mzl", "--listen", "127.0.0.1:0", "--metrics", "0"]);
    const url = await metricsOf(node);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    const samples = readPrometheusText(await (await fetch(url)).text());
    expect(samples.map(({ name }) => name)).toContain("mosaic_event_loop_delay_seconds");
    expect(samples.find(({ labels }) => labels["table"] === "ron.localAddr")).toMatchObject({ value: 1 });
    expect((await fetch(new URL("/readyz", url))).status).toBe(200);
    const valueOf = (wanted: string): number => samples.find(({ name }) => name === wanted)?.value ?? NaN;
    expect(valueOf("process_resident_memory_bytes")).toBeGreaterThan(valueOf("nodejs_heap_size_used_bytes"));
    expect(valueOf("process_open_fds")).toBeGreaterThan(3);
    expect(valueOf("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(Math.abs(valueOf("process_start_time_seconds") - Date.now() / 1e3)).toBeLessThan(60);
    node.kill("SIGTERM");
    expect(await node.ended).toMatchObject({ code: 0, signal: null });
  });

  test("under full load, a response takes less than 100 ms", async () => {
    const busy = program(
      "busy.mzl",
      `work: job@Me(N) :- periodic(E, 0, 200), localAddr(Me), N := E.
       again: job@Me(N) :- job(N), localAddr(Me).
       accept job(number).`,
    );
    const node = new MosaicProcess(["run", busy, "--listen", "127.0.0.1:0", "--metrics", "0"]);
    const url = await metricsOf(node);
    const steps = async (): Promise<number> => {
      const samples = readPrometheusText(await (await fetch(url)).text());
      return samples.find(({ name }) => name === "mosaic_steps_total")?.value ?? 0;
    };
    const before = await steps();
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      const start = performance.now();
      await steps();
      times.push(performance.now() - start);
    }
    expect((await steps()) - before).toBeGreaterThan(1_000);
    expect(times.toSorted((a, b) => a - b)[times.length >> 1]).toBeLessThan(100);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("a response takes less than 2 ms of CPU time: less than 2 % for ten per second", async () => {
    const node = new MosaicProcess(["run", "ron.mzl", "--listen", "127.0.0.1:0", "--metrics", "0"]);
    const url = await metricsOf(node);
    const processorSeconds = async (): Promise<number> => {
      const samples = readPrometheusText(await (await fetch(url)).text());
      return samples.find(({ name }) => name === "process_cpu_seconds_total")?.value ?? NaN;
    };
    for (let turn = 0; turn < 300; turn++) await processorSeconds();
    const [before, answers] = [await processorSeconds(), 300];
    for (let turn = 1; turn < answers; turn++) await processorSeconds();
    expect(((await processorSeconds()) - before) / answers).toBeLessThan(2e-3);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("a port in use is reported before anything is opened", async () => {
    const one = new MosaicProcess(["run", "ping.mzl", "--listen", "127.0.0.1:0", "--metrics", "0"]);
    const { port } = new URL(await metricsOf(one));
    const other = await mosaic("run", "ping.mzl", "--listen", "127.0.0.1:0", "--metrics", `127.0.0.1:${port}`);
    expect(other).toMatchObject({ code: 1, stderr: `mosaic: --metrics: port ${port} is in use by another program\n` });
    one.kill("SIGTERM");
    await one.ended;
    expect(await mosaic("run", "ping.mzl", "--metrics", "here")).toMatchObject({ code: 2 });
  });
});

describe("--log-format json", () => {
  test("every line is an object: the start, diagnostics, drops", async () => {
    const lossy = program("lossy.mzl", "a: b@null(E) :- periodic(E, 0, 3).\n");
    const node = new MosaicProcess(["run", lossy, "--listen", "127.0.0.1:0", "--log-format", "json"]);
    await node.printed(/dropped/);
    node.kill("SIGTERM");
    const { stderr } = await node.ended;
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(expect.objectContaining({ level: "info", address: expect.stringMatching(/^127/) }));
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "warn", element: "LocSpecDemux", reason: "no address", count: 3 }),
    );
    const wrong = program("wrong.mzl", "a: out(X, Y) :- one(X), two(Y).\n");
    const failed = await mosaic("run", wrong, "--log-format", "json");
    const records = failed.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records[0]).toMatchObject({ level: "error", code: "E0215", file: wrong, range: { start: { line: 1 } } });
    expect(records.at(-1)).toMatchObject({ level: "error", message: "1 error; nothing was started" });
    expect(failed.code).toBe(1);
  });

  test("--log-level error hides all other levels", async () => {
    const node = new MosaicProcess([
      "run",
      "ping.mzl",
      "--listen",
      "127.0.0.1:0",
      "--log-level",
      "error",
      "--watch",
      "localAddr",
    ]);
    await node.printed(/localAddr/);
    node.kill("SIGTERM");
    expect(await node.ended).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("a node that is terminated", () => {
  test("raises shutdown(), so that its program can notify others", async () => {
    const peer = createSocket("udp4");
    peer.bind(0, "127.0.0.1");
    await once(peer, "listening");
    const shutdown = program(
      "shutdown.mzl",
      `materialize(member, infinity, infinity, keys(1)).
       bye: gone@To(Me) :- shutdown(), member(To), localAddr(Me).`,
    );
    const address = `127.0.0.1:${peer.address().port}`;
    const node = new MosaicProcess(["run", shutdown, "--listen", "127.0.0.1:0", "--fact", `member("${address}")`]);
    await node.printed(/running/);
    const received = once(peer, "message");
    node.kill("SIGTERM");
    const [message] = (await received) as [Buffer];
    expect(message.toString("latin1")).toContain("127.0.0.1:");
    expect(await node.ended).toMatchObject({ code: 0, signal: null });
    peer.close();
  });

  test("ends within two seconds, even if its rules never finish", async () => {
    const endless = program(
      "endless.mzl",
      "again: job@Me(N) :- shutdown(), localAddr(Me), N := 1.\nmore: job@Me(N) :- job(N), localAddr(Me).\n",
    );
    const node = new MosaicProcess(["run", endless, "--listen", "127.0.0.1:0"]);
    await node.printed(/running/);
    const start = Date.now();
    node.kill("SIGINT");
    expect((await node.ended).code).toBe(0);
    expect(Date.now() - start).toBeLessThan(2_500);
  });
});
