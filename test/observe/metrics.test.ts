import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exposition } from "../../runtime/observe/exposition.ts";
import { metricsOf } from "../../runtime/observe/metrics.ts";
import { openMetricsServer } from "../../runtime/observe/metrics-server.ts";
import { startNode } from "./start-node.ts";
import { readPrometheusText } from "./prometheus-text.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0, family: 4 } as const;

describe("the text format", () => {
  test("has help, type and samples, with special characters escaped", () => {
    const samples = [
      { labels: {}, value: 1 },
      { labels: { file: 'a "b"\\c\nd', line: "3" }, value: Number.POSITIVE_INFINITY },
    ];
    const help = "What\nit \\ is.";
    expect(exposition([{ name: "mosaic_x", help, type: "gauge", samples }])).toBe(
      [
        "# HELP mosaic_x What\\nit \\\\ is.",
        "# TYPE mosaic_x gauge",
        "mosaic_x 1",
        String.raw`mosaic_x{file="a \"b\"\\c\nd",line="3"} +Inf`,
        "",
      ].join("\n"),
    );
    expect(exposition([{ name: "mosaic_x", help, type: "gauge", samples: [] }])).toBe("");
  });

  test("is parsed back to the same families, whatever printable labels and values hold", () => {
    const value = fc.oneof(fc.double(), fc.integer());
    const text = fc.string({ unit: "grapheme" }).filter((one) => !/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/u.test(one));
    fc.assert(
      fc.property(fc.array(fc.record({ text, value })), text, (written, help) => {
        const samples = written.map((one, at) => ({ labels: { text: one.text, at: String(at) }, value: one.value }));
        const read = readPrometheusText(exposition([{ name: "mosaic_x", help, type: "gauge", samples }]));
        expect(read.map(({ labels, value: number }) => ({ labels, value: number }))).toEqual(
          samples.map((sample) => ({ ...sample, value: sample.value + 0 })),
        );
      }),
    );
  });
});

test("labels of different texts differ, and hold nothing that a terminal executes", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("\u2028", "\\u{2028}", "\x1b[2J", "\\x1B[2J", "\x07"),
  );
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 8 }), (texts) => {
      const samples = texts.map((one) => ({ labels: { text: one }, value: 1 }));
      const shown = exposition([{ name: "mosaic_x", help: "", type: "gauge", samples }]);
      expect(new Set(readPrometheusText(shown).map(({ labels }) => labels["text"])).size).toBe(texts.length);
      expect(shown).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

describe("a node's metrics", () => {
  const { node } = startNode(
    String.raw`
    materialize(seen, 10, 2, keys(1)).
    store: seen(X) :- note(X).
    forward: note@"there:1"(X) :- note(X).
    lost: note@null(X) :- note(X).`,
  );
  for (const number of [1, 2, 3]) node.insert("note", [number]);
  const text = exposition(metricsOf(node.metrics()));
  const samples = readPrometheusText(text);
  const value = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    samples.find((one) => one.name === name && Object.entries(labels).every(([key, as]) => one.labels[key] === as))
      ?.value;

  test("cover rules, tables, peers, queues, and drops by reason", () => {
    expect(value("mosaic_rule_firings_total", { rule: "store" })).toBe(3);
    expect(value("mosaic_table_rows", { table: "seen" })).toBe(2);
    expect(value("mosaic_table_rows_limit", { table: "seen" })).toBe(2);
    expect(value("mosaic_rows_evicted_total")).toBe(1);
    expect(value("mosaic_peer_sent_tuples_total", { peer: "there:1" })).toBe(3);
    expect(value("mosaic_dropped_total", { element: "LocSpecDemux", reason: "no address" })).toBe(3);
    expect(["local", "ip", "overlay"].map((way) => value("mosaic_sent_tuples_total", { way }))).toEqual([0, 3, 0]);
    expect(value("mosaic_queue_limit", { queue: "steps" })).toBe(100_000);
  });

  test("have names with the prefix, and counters with the suffix `_total`", () => {
    const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1], match[2]]));
    for (const [name = "", type] of types) {
      expect(name).toMatch(/^mosaic_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
    }
  });
});

describe("the server", () => {
  test("answers three paths and rejects all others", async () => {
    let unready: string | undefined = "the node is starting";
    const opened = await openMetricsServer(LOOPBACK, {
      metrics: () => [{ name: "mosaic_x", help: "X.", type: "gauge", samples: [{ labels: {}, value: 1 }] }],
      unready: () => unready,
    });
    if (!opened.ok) throw new Error(opened.message);
    const ask = async (path: string, method = "GET"): Promise<readonly [number, string]> => {
      const response = await fetch(`http://${opened.server.address}${path}`, { method });
      return [response.status, await response.text()];
    };
    expect(await ask("/metrics")).toEqual([200, "# HELP mosaic_x X.\n# TYPE mosaic_x gauge\nmosaic_x 1\n"]);
    expect(await ask("/healthz")).toEqual([200, "ok\n"]);
    expect(await ask("/readyz")).toEqual([503, "the node is starting\n"]);
    unready = undefined;
    expect(await ask("/readyz?verbose")).toEqual([200, "ready\n"]);
    expect(await ask("/metrics", "HEAD")).toEqual([200, ""]);
    expect((await ask("/metrics", "POST"))[0]).toBe(405);
    expect((await ask("/etc/passwd"))[0]).toBe(404);
    await opened.server.close();
  });

  test("answers one request of a connection at a time, so that a client cannot have many answers kept", async () => {
    let answers = 0;
    const metrics = (): [] => {
      answers++;
      return [];
    };
    const opened = await openMetricsServer(LOOPBACK, { metrics, unready: () => undefined });
    if (!opened.ok) throw new Error(opened.message);
    const socket = connect(Number(opened.server.address.split(":")[1]), "127.0.0.1");
    const closed = new Promise((resolve) =>
      socket
        .on("close", resolve)
        .on("error", () => undefined)
        .resume(),
    );
    socket.write("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n".repeat(500));
    await closed;
    await opened.server.close();
    expect(answers).toBe(1);
  });

  test("survives malformed requests and many silent connections", async () => {
    const opened = await openMetricsServer(LOOPBACK, { metrics: () => [], unready: () => undefined });
    if (!opened.ok) throw new Error(opened.message);
    const { host, port } = { host: "127.0.0.1", port: Number(opened.server.address.split(":")[1]) };
    for (const bytes of ["\0".repeat(9_000), "GET /metrics HTTP/9.9\r\n\r\n", "GET ", `GET /${"x".repeat(99_999)}`]) {
      const socket = connect({ host, port }).on("error", () => undefined);
      socket.end(bytes);
      await new Promise((resolve) => socket.resume().once("close", resolve));
    }
    const silent = Array.from({ length: 20 }, () => connect({ host, port }).on("error", () => undefined));
    expect((await fetch(`http://${opened.server.address}/healthz`)).status).toBe(200);
    await opened.server.close();
    for (const socket of silent) socket.destroy();
  });

  test("reports why the port cannot be opened", async () => {
    const source = { metrics: () => [], unready: () => undefined };
    const opened = await openMetricsServer(LOOPBACK, source);
    if (!opened.ok) throw new Error(opened.message);
    const port = Number(opened.server.address.split(":")[1]);
    const message = `port ${port} is in use by another program`;
    expect(await openMetricsServer({ ...LOOPBACK, port }, source)).toEqual({ ok: false, message });
    expect(await openMetricsServer({ ...LOOPBACK, host: "192.0.2.1" }, source)).toEqual({
      ok: false,
      message: "192.0.2.1 is not an address of this machine",
    });
    await opened.server.close();
  });
});
