import type { ControlMetrics } from "../../../runtime/control/reply.ts";
import type { MetricsSnapshot } from "../../../runtime/observe/metrics-snapshot.ts";
import { printable } from "../../../runtime/plan/values/printable.ts";
import { textColumns } from "../terminal/text-columns.ts";
import { diagnoseNode } from "./diagnose-node.ts";

const MAX_RULES = 20;
/** Number of characters of a name or problem that are shown: anybody can send datagrams with long names. */
const MAX_TEXT = 300;

/** The screen of `mosaic top`: problems first, then one table per section. With an earlier snapshot, rates are those since then. */
export function metricsScreen(
  now: MetricsSnapshot & { readonly control?: ControlMetrics },
  before: MetricsSnapshot | undefined,
): readonly string[] {
  const problems = diagnoseNode(now).map(({ text }) => printable(text, MAX_TEXT));
  return [
    ...headLines(now, before),
    ...(now.control === undefined ? [] : [controlLine(now.control)]),
    ...section("PROBLEMS", problems.length === 0 ? ["none that the metrics show"] : problems),
    ...section("PEERS", peerLines(now)),
    ...section("QUEUES", queueLines(now)),
    ...section("TABLES", tableLines(now)),
    ...section("RULES", ruleLines(now, before)),
    ...section("ELEMENTS", elementLines(now)),
  ];
}

function columns(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return textColumns(headings, rows, MAX_TEXT);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

function headLines(now: MetricsSnapshot, before: MetricsSnapshot | undefined): readonly string[] {
  const { node, uptime, steps, ways, eventLoop, network, tun, memory } = now;
  const seconds = before === undefined ? uptime : uptime - before.uptime;
  const rate = (steps.steps - (before?.steps.steps ?? 0)) / Math.max(seconds, 0.001);
  const late = eventLoop === null ? "" : `   event loop p99 ${milliseconds(eventLoop.p99)}`;
  const device = tun === null ? "" : `   ${printable(tun.name)}: ${tun.read} packets read, ${tun.written} written`;
  return [
    `${printable(node, MAX_TEXT)}   up ${duration(uptime)}   ${steps.steps} steps, ${rate.toFixed(1)}/s${late}`,
    `network: ${network.sent} datagrams sent (${bytes(network.sentBytes)}), ` +
      `${network.received} received (${bytes(network.receivedBytes)})${device}`,
    `sent by rules: ${ways.local} tuples to this node, ${ways.ip} to others, ${ways.overlay} into overlays`,
    `memory: ${bytes(memory.used)} of rows and queues${memory.limit === null ? "" : `, limit ${bytes(memory.limit)}`}`,
    ...streamLine(now),
  ];
}

function streamLine({ streams }: MetricsSnapshot): readonly string[] {
  if (streams === null) return [];
  const { sockets, accepted, connected, readBytes, writtenBytes } = streams;
  const connections = `${accepted} connections accepted, ${connected} made`;
  return [`tcp: ${sockets} sockets, ${connections}, ${bytes(readBytes)} read, ${bytes(writtenBytes)} written`];
}

function controlLine({ clients, requests, refused }: ControlMetrics): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} refused (${reason})`);
  return [`control: ${clients} clients so far`, `${requests} requests`, ...reasons].join(", ");
}

function peerLines({ peers }: MetricsSnapshot): readonly string[] {
  if (peers.length === 0) return ["none: nothing was sent or received"];
  const rows = peers.map((peer) => [
    peer.address,
    peer.silence === null ? "never" : `${peer.silence.toFixed(1)} s ago`,
    `${peer.sent}`,
    bytes(peer.sentBytes),
    `${peer.received}`,
    bytes(peer.receivedBytes),
  ]);
  return columns(["address", "last received", "sent", "bytes", "received", "bytes"], rows);
}

function queueLines({ queues }: MetricsSnapshot): readonly string[] {
  const rows = queues.map(({ queue, length, limit, unit, dropped }) => [
    queue,
    `${length}`,
    limit === null ? "-" : `${limit}`,
    unit,
    `${dropped}`,
  ]);
  return columns(["queue", "waiting", "limit", "unit", "dropped"], rows);
}

function tableLines({ tables }: MetricsSnapshot): readonly string[] {
  const rows = tables
    .filter(({ table }) => !table.includes("?"))
    .map(({ table, rows: count, limit, lifetime }) => [
      table,
      `${count}`,
      limit === null ? "-" : `${limit}`,
      lifetime === null ? "-" : `${lifetime} s`,
    ]);
  return columns(["table", "rows", "limit", "lifetime"], rows);
}

/** Rules in descending order of time. */
function ruleLines({ rules }: MetricsSnapshot, before: MetricsSnapshot | undefined): readonly string[] {
  const earlier = new Map(before?.rules.map((rule) => [`${rule.rule} ${rule.line}`, rule]));
  const rows = rules
    .toSorted((a, b) => b.seconds - a.seconds || b.firings - a.firings)
    .slice(0, MAX_RULES)
    .map((rule) => {
      const since = rule.firings - (earlier.get(`${rule.rule} ${rule.line}`)?.firings ?? 0);
      const latest = before === undefined ? [] : [`${since}`];
      const position = `${rule.file.slice(rule.file.lastIndexOf("/") + 1)}:${rule.line}`;
      return [
        rule.rule,
        position,
        `${rule.firings}`,
        ...latest,
        `${rule.derived}`,
        milliseconds(rule.seconds),
        `${rule.failed}`,
      ];
    });
  const latest = before === undefined ? [] : ["now"];
  const lines = columns(["rule", "line", "firings", ...latest, "derived", "time", "failed"], rows);
  return rules.length > MAX_RULES ? [...lines, `and ${rules.length - MAX_RULES} more`] : lines;
}

function elementLines({ elements }: MetricsSnapshot): readonly string[] {
  const rows = elements.map(({ element, label, in: entered, out, dropped }) => [
    label === "" ? element : `${element}(${label})`,
    `${entered}`,
    `${out}`,
    Object.entries(dropped)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(", ") || "-",
  ]);
  return columns(["element", "in", "out", "dropped"], rows);
}

const MINUTE = 60;
const HOUR = 3600;

function duration(seconds: number): string {
  if (seconds < MINUTE) return `${seconds.toFixed(1)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${Math.floor(seconds % MINUTE)} s`;
  return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

function bytes(count: number): string {
  let at = 0;
  let amount = count;
  for (; amount >= 1000 && at < UNITS.length - 1; at++) amount /= 1000;
  return `${at === 0 ? amount : amount.toFixed(1)} ${UNITS[at] ?? ""}`;
}
