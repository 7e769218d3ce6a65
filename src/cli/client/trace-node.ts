import { countOf } from "../../../runtime/plan/values/count-of.ts";
import { once } from "node:events";
import type { TraceLine } from "../../../runtime/control/reply.ts";
import { printable } from "../../../runtime/plan/values/printable.ts";
import { formatLocation } from "../../../runtime/observe/watch.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { NodeClient, withJsonDiagnostics } from "./node-client.ts";

/** `mosaic trace NODE [PRED]`: prints the tuples that cross edges of a running node, until SIGINT or until the node ends. */
export async function traceNode(
  node: string,
  predicate: string | undefined,
  json: boolean,
  output: Output,
): Promise<void> {
  const interrupted = interruptSignal();
  const client = await NodeClient.connect(node);
  interrupted.addEventListener("abort", () => client.close());
  try {
    for await (const reply of client.request({ kind: "trace", predicate, form: json ? "json" : "text" })) {
      if ("tracing" in reply) output.problem(`mosaic: tracing ${predicate ?? "everything"} at ${node}`);
      if ("missed" in reply)
        output.problem(
          `mosaic: ${countOf(reply.missed, "line")} ${reply.missed === 1 ? "is" : "are"} missing here: ` +
            "the node was faster than this terminal",
        );
      // If the reader of stdout is slow, the client reads no further lines. The node then leaves lines out and counts them.
      if (process.stdout.writableNeedDrain) await once(process.stdout, "drain", { signal: interrupted });
      if ("seen" in reply) output.result(json ? jsonText(reply.seen) : traceLine(reply.seen));
    }
  } catch (error: unknown) {
    if (!interrupted.aborted) throw json ? withJsonDiagnostics(error, output) : error;
  } finally {
    client.close();
  }
}

const MAX_TUPLE_WIDTH = 200;

/** Returns a trace line as text: `1.250 rule ron.p2 → RoundRobin  ping.Req("a") to 10.0.0.2:10000`. */
export function traceLine(line: TraceLine): string {
  return printable(`${line.t.toFixed(3)} ${describe(line)}`);
}

function describe({
  kind,
  from = "",
  port = "",
  to = "",
  rule = "",
  op,
  tuple,
  loc,
  carries,
  reason,
}: TraceLine): string {
  const shortened = shorten(typeof tuple === "string" ? tuple : "");
  const text = carries === undefined ? shortened : `${shortened} carrying ${carries}`;
  switch (kind) {
    case "crossing": {
      const peer = loc === undefined ? "" : ` ${from === "NetworkIn" ? "from" : "to"} ${formatLocation(loc)}`;
      return `${nodeText(from)}${portText(port, to)} → ${nodeText(to)}  ${op === "-" ? "delete " : ""}${text}${peer}`;
    }
    case "derived":
      return `Tables  ${op ?? "+"} ${text}`;
    case "dropped":
      return `${from} ✗ dropped: ${reason ?? ""}`;
    case "failed":
      return `rule ${rule} ✗ failed: ${reason ?? ""}`;
    case "undone":
      return `rule ${rule} ✗ exceeded the ${reason ?? "limit"}: the step was rolled back`;
  }
}

/** Name of a node of the dataflow; a strand has the name of its rule. */
function nodeText(node: string): string {
  return /^Strand\((.*)\)$/.exec(node)?.[1]?.replace(/^/, "rule ") ?? node;
}

/** Port of an edge; empty if the two ends determine it. */
function portText(port: string, to: string): string {
  return port === "out" || port === "rows" || to.startsWith("Strand(") ? "" : `[${port}]`;
}

function shorten(text: string): string {
  return text.length <= MAX_TUPLE_WIDTH ? text : `${text.slice(0, MAX_TUPLE_WIDTH)}…`;
}
