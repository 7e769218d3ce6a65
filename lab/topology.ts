import { parse, TomlError } from "smol-toml";
import type { Faults } from "../runtime/device/faulty-datagrams.ts";
import { findFaults } from "./find-faults.ts";
import { type KeyPath, KeyPositions, type Position } from "./key-positions.ts";
import { settleTopology } from "./settle-topology.ts";
import { type DocumentFault, parseDocument, type RouteColumns } from "./topology-document.ts";

/** Hosts, what runs on them, what joins them, and what happens to them: one description for the simulator and the lab. */
export interface Topology {
  readonly title: string;
  readonly seed: number;
  /** Times in seconds from the moment when all nodes run. */
  readonly duration: number;
  readonly hosts: readonly Host[];
  /** The later ones override the earlier ones. */
  readonly links: readonly LinkRule[];
  readonly traffic: readonly Traffic[];
  /** By time. */
  readonly events: readonly TopologyEvent[];
  readonly routes: RouteColumns | undefined;
  /** Predicates to report on. */
  readonly watch: readonly string[];
}

export interface Host {
  readonly name: string;
  /** `host:port` in the network that joins the hosts. */
  readonly address: string;
  /** The address of its TUN device; undefined for a host without one. */
  readonly virtual: string | undefined;
  readonly programs: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** The hosts it is told about. */
  readonly peers: readonly string[];
}

/** Faults for the ways from any of `from` to any of `to`. */
export interface LinkRule {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly faults: Faults;
}

/** An echo request every so often. */
export interface Traffic {
  readonly from: string;
  readonly to: string;
  readonly every: number;
  readonly at: number;
}

/** One direction between two hosts. */
export interface Way {
  readonly from: string;
  readonly to: string;
}

export interface LinkAction {
  readonly kind: "cut" | "heal";
  readonly ways: readonly Way[];
}

export interface HostAction {
  readonly kind: "kill" | "start";
  readonly hosts: readonly string[];
}

export type Action = LinkAction | HostAction;

export interface TopologyEvent {
  readonly at: number;
  readonly action: Action;
}

export interface TopologyError extends Position {
  readonly file: string;
  /** Empty when the text is not TOML. */
  readonly key: string;
  readonly message: string;
}

export type TopologyResult =
  | { readonly ok: true; readonly topology: Topology }
  | { readonly ok: false; readonly errors: readonly TopologyError[] };

/** Reads the text of a topology file; `file` is its path, from which its programs are looked for. */
export function readTopology(text: string, file: string): TopologyResult {
  const parsed = parseToml(text);
  if (!parsed.ok) return { ok: false, errors: [{ ...parsed.error, file }] };
  const read = parseDocument(parsed.value);
  const faults = read.ok ? findFaults(read.document) : read.faults;
  if (faults.length > 0 || !read.ok) return { ok: false, errors: locate(faults, text, file) };
  return { ok: true, topology: settleTopology(read.document, file) };
}

/** `lab.toml:4:1: hosts.a.count: expected ...` */
export function formatTopologyError({ file, line, column, key, message }: TopologyError): string {
  return `${file}:${line}:${column}: ${key === "" ? "" : `${key}: `}${message}`;
}

/** The predicates that nodes report on: what the topology says, and its table of routes. */
export function watchedPredicates({ watch, routes }: Topology): readonly string[] {
  return [...new Set([...watch, ...(routes === undefined ? [] : [routes.table])])];
}

/** The faults of the way between two hosts. */
export function faultsBetween(links: readonly LinkRule[], from: string, to: string): Faults {
  const matching = links.filter((rule) => rule.from.has(from) && rule.to.has(to));
  return Object.assign({}, ...matching.map((rule) => rule.faults)) as Faults;
}

type TomlResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: Omit<TopologyError, "file"> };

function parseToml(text: string): TomlResult {
  try {
    return { ok: true, value: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0] ?? "";
    return { ok: false, error: { line: error.line, column: error.column, key: "", message } };
  }
}

function locate(faults: readonly DocumentFault[], text: string, file: string): readonly TopologyError[] {
  const positions = new KeyPositions(text);
  return faults.map(({ path, message }) => ({ file, ...positions.find(path), key: formatPath(path), message }));
}

function formatPath(path: KeyPath): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key + 1}]` : `${at > 0 ? "." : ""}${String(key)}`))
    .join("");
}
