import { parse, TomlError } from "smol-toml";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import type { AddressRange } from "./address-range.ts";
import { parseDocument } from "./document-schema.ts";
import { findFaults } from "./find-faults.ts";
import { type KeyPath, KeyPositions, type Position } from "./key-positions.ts";
import { settleTopology } from "./settle-topology.ts";
import type { AllowedLoss, DocumentFault, RouteColumns } from "./topology-document.ts";

/** Hosts, what runs on them, what joins them, and what happens to them: one description for the simulator and the lab. */
export interface Topology {
  readonly title: string;
  readonly seed: number;
  /** Times in seconds from the moment when all nodes run. */
  readonly duration: number;
  readonly networks: readonly Network[];
  readonly hosts: readonly Host[];
  /** The later ones override the earlier ones. */
  readonly links: readonly LinkRule[];
  readonly traffic: readonly Traffic[];
  /** By time. */
  readonly events: readonly TopologyEvent[];
  readonly commands: readonly Command[];
  readonly checks: readonly Check[];
  readonly routes: RouteColumns | undefined;
  /** Predicates to report on. */
  readonly watch: readonly string[];
}

/** A switch. Its hosts reach the others directly, or through a gateway with the address `nat`. */
export interface Network {
  readonly name: string;
  readonly range: AddressRange;
  readonly nat: string | undefined;
  /** The hosts whose ports are those of the gateway too. */
  readonly forward: readonly string[];
}

/** Where a host is in the network that joins the hosts. */
export interface Attachment {
  /** Undefined for a host that is in none of the named networks. */
  readonly network: string | undefined;
  /** `host:port` of the host itself. */
  readonly address: string;
  /** What others see: the gateway's address, where there is one. */
  readonly visible: string;
}

export interface Host extends Attachment {
  readonly name: string;
  /** It moves to another network some time. */
  readonly moves: boolean;
  /** The address of its TUN device; undefined for a host without one. */
  readonly virtual: string | undefined;
  readonly programs: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** The hosts it is told about. */
  readonly peers: readonly string[];
}

/** Faults for the ways from any of `from` to any of `to`: names of hosts, and of networks for the hosts in them. */
export interface LinkRule {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly faults: LinkFaults;
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

export interface MoveAction {
  readonly kind: "move";
  readonly network: string;
  readonly moves: readonly { readonly host: string; readonly to: Attachment }[];
}

export interface ChangeAction {
  readonly kind: "change";
  /** What holds from now on, above what held before. */
  readonly rules: readonly LinkRule[];
  /** What is changed, for people. */
  readonly text: string;
}

export type Action = LinkAction | HostAction | MoveAction | ChangeAction;

/** A shell command on hosts. */
export interface Command {
  readonly at: number;
  readonly hosts: readonly string[];
  readonly run: string;
}

/** What is to hold at a time. */
export interface Check {
  readonly at: number;
  /** The traffics it is about, by their numbers; all that have to do with it. */
  readonly traffic: readonly number[];
  readonly demand: Demand;
}

export type Demand =
  /** No event has kept traffic from flowing for longer, in seconds. */
  | { readonly kind: "outage"; readonly most: number }
  | { readonly kind: "lost"; readonly most: AllowedLoss }
  | { readonly kind: "path"; readonly path: readonly string[] }
  | { readonly kind: "reaches"; readonly from: string; readonly to: string; readonly isReached: boolean }
  /** The command ends on the host with exit code 0. */
  | { readonly kind: "succeeds"; readonly on: string; readonly run: string };

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

/** Makes an error of what is wrong at a place of a topology file. */
export type Locate = (fault: DocumentFault) => TopologyError;

export type TopologyResult =
  | { readonly ok: true; readonly topology: Topology; readonly locate: Locate }
  | { readonly ok: false; readonly errors: readonly TopologyError[] };

/** Reads the text of a topology file; `file` is its path, from which its programs are looked for. */
export function readTopology(text: string, file: string): TopologyResult {
  const parsed = parseToml(text);
  if (!parsed.ok) return { ok: false, errors: [{ ...parsed.error, file }] };
  const read = parseDocument(parsed.value);
  const faults = read.ok ? findFaults(read.document) : read.faults;
  const locate = locator(text, file);
  if (faults.length > 0 || !read.ok) return { ok: false, errors: faults.map(locate) };
  return { ok: true, topology: settleTopology(read.document, file), locate };
}

/** `lab.toml:4:1: hosts.a.count: expected ...` */
export function formatTopologyError({ file, line, column, key, message }: TopologyError): string {
  return `${file}:${line}:${column}: ${key === "" ? "" : `${key}: `}${message}`;
}

/** The predicates that nodes report on: what the topology says, and its table of routes. */
export function watchedPredicates({ watch, routes }: Topology): readonly string[] {
  return [...new Set([...watch, ...(routes === undefined ? [] : [routes.table])])];
}

/** How a host names another: by its own address in the same network, otherwise by what others see. */
export function addressFor(host: Attachment, peer: Attachment): string {
  return host.network !== undefined && host.network === peer.network ? peer.address : peer.visible;
}

/** An end of a way: a host and the network it is in. */
type End = Pick<Host, "name" | "network">;

/** The faults of the way between two hosts. */
export function faultsBetween(links: readonly LinkRule[], from: End, to: End): LinkFaults {
  const matching = links.filter((rule) => isNamed(rule.from, from) && isNamed(rule.to, to));
  return Object.assign({}, ...matching.map((rule) => rule.faults)) as LinkFaults;
}

function isNamed(names: ReadonlySet<string>, { name, network }: End): boolean {
  return names.has(name) || (network !== undefined && names.has(network));
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

function locator(text: string, file: string): Locate {
  let positions: KeyPositions | undefined;
  return ({ path, message }) => {
    positions ??= new KeyPositions(text);
    return { file, ...positions.find(path), key: formatPath(path), message };
  };
}

function formatPath(path: KeyPath): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key + 1}]` : `${at > 0 ? "." : ""}${String(key)}`))
    .join("");
}
