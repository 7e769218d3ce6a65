import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { ControlMetrics } from "../../../runtime/control/reply.ts";
import type { ElementMetrics, MetricsSnapshot, PeerMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import { printable } from "../../../runtime/plan/values/printable.ts";
import { textColumns } from "../terminal/text-columns.ts";
import { diagnoseNode } from "./diagnose-node.ts";

/** Maximum number of rows of a section, and of problems with one kind of subject. */
const MAX_ROWS = 20;
const MAX_PROBLEMS = 8;
/** Maximum number of characters of a problem, and of a name in a table. Names come from datagrams and may be long. */
const MAX_TEXT = 300;
const MAX_CELL = 64;
const INDENT = 2;

/** Size of a terminal in characters. Infinity: without limit. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The screen of `mosaic top`: problems first, then a table of limited length for each section. If an earlier snapshot is given, rates are
 * averages since that snapshot. On a terminal of limited size, problems are wrapped and tables are cut.
 */
export function metricsScreen(
  now: MetricsSnapshot & { readonly control?: ControlMetrics },
  before: MetricsSnapshot | undefined,
  { columns: width, rows }: ScreenSize = { columns: Infinity, rows: Infinity },
): readonly string[] {
  const lines = [
    ...headLines(now, before).flatMap((line) => wrapped(line, width)),
    ...(now.control === undefined ? [] : wrapped(controlLine(now.control), width)),
    ...section("PROBLEMS", problemLines(now, width - INDENT)),
    ...tables(now, before).map((line) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`)),
  ];
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines (--once prints all)`.slice(0, width)];
}

function tables(now: MetricsSnapshot, before: MetricsSnapshot | undefined): readonly string[] {
  return [
    ...section("PEERS", peerLines(now)),
    ...section("QUEUES", queueLines(now)),
    ...section("TABLES", tableLines(now)),
    ...section("RULES", ruleLines(now, before)),
    ...section("ELEMENTS", elementLines(now)),
  ];
}

/** Returns the first rows as a table, followed by the number of rows that are left out. */
function columns(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  longest: number = MAX_CELL,
): readonly string[] {
  return [...textColumns(headings, rows.slice(0, MAX_ROWS), longest), ...omitted(rows.length - MAX_ROWS)];
}

function omitted(count: number): readonly string[] {
  return count > 0 ? [`and ${count} more (--json prints all)`] : [];
}

/** Returns the problems. The number of problems with one kind of subject is limited, so that other kinds remain visible. */
function problemLines(now: MetricsSnapshot, width: number): readonly string[] {
  const byKind = Map.groupBy(diagnoseNode(now), ({ subject }) => subject.kind);
  if (byKind.size === 0) return ["none that the metrics show"];
  return [...byKind.values()].flatMap((problems) => [
    ...problems.slice(0, MAX_PROBLEMS).flatMap(({ text }) => wrapped(printable(text, MAX_TEXT), width)),
    ...omitted(problems.length - MAX_PROBLEMS),
  ]);
}

/** Returns the text in lines of at most `width` characters, broken at spaces if possible. All lines but the first are indented. */
function wrapped(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const space = text.lastIndexOf(" ", width);
  const at = space > INDENT ? space : Math.max(width, INDENT + 1);
  return [text.slice(0, at), ...wrapped(" ".repeat(INDENT) + text.slice(at).trimStart(), width)];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => " ".repeat(INDENT) + line)];
}

function headLines(now: MetricsSnapshot, before: MetricsSnapshot | undefined): readonly string[] {
  const { node, uptime, steps, ways, eventLoop, network, devices, memory } = now;
  const seconds = before === undefined ? uptime : uptime - before.uptime;
  const rate = (steps.steps - (before?.steps.steps ?? 0)) / Math.max(seconds, 0.001);
  const late = eventLoop === null ? "" : `   event loop p99 ${milliseconds(eventLoop.p99)}`;
  const lines = devices.map(
    ({ name, read, written }) => `${printable(name)}: ${countOf(read, "packet")} read, ${written} written`,
  );
  // One device stands in the line of the network, several have a line each.
  const device = lines.length === 1 ? `   ${lines[0]}` : "";
  return [
    `${printable(node, MAX_TEXT)}   up ${duration(uptime)}   ${countOf(steps.steps, "step")}, ${rate.toFixed(1)}/s${late}`,
    `network: ${countOf(network.sent, "datagram")} sent (${bytes(network.sentBytes)}), ` +
      `${network.received} received (${bytes(network.receivedBytes)})${device}`,
    ...(lines.length > 1 ? lines : []),
    `sent by rules: ${countOf(ways.local, "tuple")} to this node, ${ways.ip} to others, ${ways.overlay} into overlays`,
    `memory: ${bytes(memory.used)} of rows and queues${memory.limit === null ? "" : `, limit ${bytes(memory.limit)}`}`,
    ...streamLine(now),
    ...udpLine(now),
    ...linkLine(now),
  ];
}

function streamLine({ streams }: MetricsSnapshot): readonly string[] {
  if (streams === null) return [];
  const { sockets, accepted, connected, readBytes, writtenBytes } = streams;
  const connections = `${countOf(accepted, "connection")} accepted, ${connected} made`;
  return [
    `tcp: ${countOf(sockets, "socket")}, ${connections}, ${bytes(readBytes)} read, ${bytes(writtenBytes)} written`,
  ];
}

function udpLine({ udp }: MetricsSnapshot): readonly string[] {
  if (udp === null) return [];
  const { sockets, sent, sentBytes, received, receivedBytes } = udp;
  return [
    `udp: ${countOf(sockets, "socket")}, ` +
      `${countOf(sent, "datagram")} sent (${bytes(sentBytes)}), ${received} received (${bytes(receivedBytes)})`,
  ];
}

function linkLine({ links }: MetricsSnapshot): readonly string[] {
  if (links === null) return [];
  const { sessions, sealed, opened, refused } = links;
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} refused (${reason})`);
  const counts = `${countOf(sessions, "session")}, ${countOf(sealed, "datagram")} sealed, ${opened} opened`;
  return [["links: " + counts, ...reasons].join(", ")];
}

function controlLine({ clients, requests, refused }: ControlMetrics): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} refused (${reason})`);
  return [`control: ${countOf(clients, "client")} so far`, `${countOf(requests, "request")}`, ...reasons].join(", ");
}

/** Peers, first those to which sending fails or that leave probes unanswered, then all others, both in descending order of traffic. */
function peerLines({ peers }: MetricsSnapshot): readonly string[] {
  if (peers.length === 0) return ["none: nothing was sent or received"];
  const isTroubled = ({ refusal, awaited }: PeerMetrics): number => Number(refusal !== null || awaited !== null);
  const traffic = ({ sentBytes, receivedBytes }: PeerMetrics): number => sentBytes + receivedBytes;
  const sorted = peers.toSorted((a, b) => isTroubled(b) - isTroubled(a) || traffic(b) - traffic(a));
  const rows = sorted.map((peer) => [
    peer.address,
    peer.silence === null ? "never" : `${peer.silence.toFixed(1)} s ago`,
    `${peer.sent}`,
    bytes(peer.sentBytes),
    `${peer.received}`,
    bytes(peer.receivedBytes),
  ]);
  return columns(["address", "last received", "sent", "bytes", "received", "bytes"], rows);
}

/** Queues: first those that dropped entries, then all others. */
function queueLines({ queues }: MetricsSnapshot): readonly string[] {
  const sorted = queues.toSorted((a, b) => b.dropped - a.dropped);
  const rows = sorted.map(({ queue, length, limit, unit, dropped }) => [
    queue,
    `${length}`,
    limit === null ? "-" : `${limit}`,
    unit,
    `${dropped}`,
  ]);
  return columns(["queue", "waiting", "limit", "unit", "dropped"], rows);
}

/** Tables in descending order of their rows. */
function tableLines({ tables: all }: MetricsSnapshot): readonly string[] {
  const rows = all
    .filter(({ table }) => !table.includes("?"))
    .toSorted((a, b) => b.rows - a.rows)
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
  return columns(["rule", "line", "firings", ...latest, "derived", "time", "failed"], rows);
}

/** Elements: first those that dropped something, then all others, both in the order of the dataflow. */
function elementLines({ elements }: MetricsSnapshot): readonly string[] {
  const hasDropped = ({ dropped }: ElementMetrics): number => Number(Object.keys(dropped).length > 0);
  const sorted = elements.toSorted((a, b) => hasDropped(b) - hasDropped(a));
  const rows = sorted.map(({ element, label, in: entered, out, dropped }) => [
    label === "" ? element : `${element}(${label})`,
    `${entered}`,
    `${out}`,
    Object.entries(dropped)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(", ") || "-",
  ]);
  return columns(["element", "in", "out", "dropped"], rows, MAX_TEXT);
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
