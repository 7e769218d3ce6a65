/**
 * Schema of a topology file. `readTopology` parses the TOML text, checks the value with this schema, and passes the result, a
 * `TopologyDocument`, to `findFaults`. The schemas below are ordered from scalar values to tables to the document.
 */
import { isIPv4 } from "node:net";
import * as z from "zod";
import { type Cidr, parseCidr } from "../../runtime/ip/cidr.ts";
import { deviceAddressProblem } from "../../runtime/ip/device-address.ts";
import { canonicalHostPort } from "../../runtime/plan/values/host-port.ts";
import { parseRange, RANGE_FORMS } from "./address-range.ts";
import { BYTES_FORMS, parseBytes } from "./byte-count.ts";
import { DURATION_FORMS, parseDuration } from "./duration.ts";
import { parseRate, RATE_FORMS } from "./rate.ts";
import type {
  CheckDocument,
  CommandDocument,
  DeviceDocument,
  DocumentFault,
  EventDocument,
  HostDocument,
  LinkDocument,
  NetworkDocument,
  PlotDocument,
  RouteColumns,
  TopologyDocument,
  TrafficDocument,
  TrafficKind,
} from "./topology-document.ts";

export type DocumentResult =
  | { readonly ok: true; readonly document: TopologyDocument }
  | { readonly ok: false; readonly faults: readonly DocumentFault[] };

/** Checks the structure of a parsed TOML file: keys, types and ranges of values. `findFaults` checks references afterwards. */
export function parseDocument(value: unknown): DocumentResult {
  const parsed = document.safeParse(value);
  if (parsed.success) return { ok: true, document: parsed.data };
  return { ok: false, faults: parsed.error.issues.flatMap(faultsOf) };
}

/** Reports an unknown key at the position of the key instead of at its table. */
function faultsOf(issue: z.core.$ZodIssue): readonly DocumentFault[] {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: issue.message }));
}

/** Schema of a table that allows only these keys. */
function table<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const allowed = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === "unrecognized_keys" ? `unknown key; allowed: ${allowed}` : `a table with ${allowed}`,
  });
}

function expected(description: string): { readonly error: (issue: { readonly input?: unknown }) => string } {
  return {
    error: ({ input }) => (input === undefined ? `missing; expected ${description}` : `expected ${description}`),
  };
}

const MILLION = 1_000_000;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz".split("");

const text = z.string(expected("a string"));
const texts = z.array(text, expected("a list of strings"));

const duration = z
  .string(expected(DURATION_FORMS))
  .refine((written) => parseDuration(written) !== undefined, expected(DURATION_FORMS))
  .transform((written) => parseDuration(written) ?? 0);

const CHANCE = 'a chance from 0 to 1, or from "0%" to "100%"';
const chance = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/)], expected(CHANCE))
  .transform((written) => (typeof written === "number" ? written : Number(written.slice(0, -1)) / 100))
  .refine((value) => value >= 0 && value <= 1, expected(CHANCE));

const rate = z
  .string(expected(RATE_FORMS))
  .refine((written) => parseRate(written) !== undefined, expected(RATE_FORMS))
  .transform((written) => parseRate(written) ?? 0);

const names = z.union([text, z.array(text).nonempty()], expected("a host, or a list of hosts"));

const count = (description: string): z.ZodType<number> => {
  const allowed = expected(`${description} from 1 to ${MILLION}`);
  return z.int(allowed).min(1, allowed).max(MILLION, allowed);
};

const programs = z.array(text, expected('a list of programs, as ["ron.mzl"]'));
const defines = z.record(
  z.string(),
  z.union([text, z.number()], expected("a string or a number")),
  expected("a table"),
);
const secrets = z.record(z.string(), text, expected('a table of files, as { link = "link.key" }'));
const peers = z.union([z.literal("all"), z.array(text)], expected('"all", or a list of hosts'));

const hostDefaults = {
  programs: programs.optional(),
  defines: defines.optional(),
  facts: texts.optional(),
  secrets: secrets.optional(),
  peers: peers.optional(),
  tun: z.boolean(expected("true or false")).optional(),
};

const ADDRESS = 'an address as "10.77.0.1:10000"';
const VIRTUAL = 'an address from 100.64.0.0 to 100.127.255.255, as "100.64.0.1"';

const NODES = "a number of nodes from 1 to 10000";
const nodeCount = z.int(expected(NODES)).min(1, expected(NODES)).max(10_000, expected(NODES));

const DEVICE_KIND = '"tun" or "tap"';
const DEVICE_NAME = "a name of at most 15 letters, digits, `.`, `_` and `-`, other than lo, eth0, eth1, ...";
/** The other names are those of the interfaces that a lab gives its hosts. */
const deviceName = z
  .string(expected(DEVICE_NAME))
  .refine((written) => /^[\w.-]{1,15}$/.test(written) && !/^(?:lo|eth\d+|\.\.?)$/.test(written), expected(DEVICE_NAME));
const DEVICE_ADDRESS = 'an IPv4 address with the length of its prefix, as "10.1.0.1/16"';

const deviceAddress: z.ZodType<Cidr> = z.string(expected(DEVICE_ADDRESS)).transform((written, { issues }) => {
  const parsed = parseCidr(written);
  const fault = (message: string): Cidr => {
    issues.push({ code: "custom", message, input: written });
    return z.NEVER;
  };
  if (!parsed.ok || parsed.cidr.bytes.length !== 4) return fault(`expected ${DEVICE_ADDRESS}`);
  const problem = deviceAddressProblem(parsed.cidr);
  return problem === undefined ? parsed.cidr : fault(problem);
});

const device: z.ZodType<DeviceDocument> = table({
  kind: z.enum(["tun", "tap"], expected(DEVICE_KIND)).default("tun"),
  name: deviceName.optional(),
  address: deviceAddress.optional(),
}).check(({ value: { kind, address }, issues }) => {
  if (kind === "tun" && address === undefined)
    issues.push({ code: "custom", message: `a TUN device needs \`address\`: ${DEVICE_ADDRESS}`, input: kind });
});

/** Greatest number of devices, as for `mosaic run`. */
const DEVICES_MAX = 16;
const DEVICES = `from 1 to ${DEVICES_MAX} tables [[hosts.NAME.devices]]`;
const devices = z.array(device, expected(DEVICES)).min(1, expected(DEVICES)).max(DEVICES_MAX, expected(DEVICES));

const NETWORK_LIST = 'a list of networks, as ["office", "home"]';

const host: z.ZodType<HostDocument> = table({
  ...hostDefaults,
  count: count("a number of hosts").optional(),
  nodes: nodeCount.optional(),
  network: text.optional(),
  networks: z.array(text, expected(NETWORK_LIST)).nonempty(expected(NETWORK_LIST)).optional(),
  address: z.string(expected(ADDRESS)).refine(isAddress, expected(ADDRESS)).transform(canonicalHostPort).optional(),
  virtual: z.string(expected(VIRTUAL)).refine(isVirtual, expected(VIRTUAL)).optional(),
  devices: devices.optional(),
});

/** Host name. It becomes part of the name of the host's network namespace. */
const hostName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);
const HOST_NAME = "expected a name of at most 31 lower-case letters, digits and `-`, beginning with a letter";
const HOSTS = "expected a number of hosts, or a table [hosts.NAME] for each";

const hosts = z.preprocess(
  numbered,
  z.record(hostName, host, {
    error: ({ code, input }) =>
      code === "invalid_key" ? HOST_NAME : input === undefined ? `missing; ${HOSTS}` : HOSTS,
  }),
);

const NAT = 'an IPv4 address as "10.77.255.1", or true if `gateway` names a host';

const network: z.ZodType<NetworkDocument> = table({
  range: z.string(expected(RANGE_FORMS)).refine((written) => parseRange(written) !== undefined, expected(RANGE_FORMS)),
  nat: z
    .union([z.boolean(), z.string()], expected(NAT))
    .refine((written) => typeof written === "boolean" || isIPv4(written), expected(NAT))
    .optional(),
  gateway: text.optional(),
  forward: z.array(text, expected("a list of hosts")).default([]),
});

const NETWORKS = "a table [networks.NAME] for each";
const networks = z.record(hostName, network, {
  error: ({ code }) => (code === "invalid_key" ? HOST_NAME : `expected ${NETWORKS}`),
});

const column = count("the number of a column");
const routes: z.ZodType<RouteColumns> = table({ table: text, to: column, next: column, cost: column.optional() });

const linkKeys = {
  between: z
    .union([z.literal("all"), z.array(text).min(2)], expected('"all", or a list of two or more hosts'))
    .optional(),
  from: names.optional(),
  to: names.optional(),
  delay: duration.optional(),
  jitter: duration.optional(),
  loss: chance.optional(),
  duplicate: chance.optional(),
  reorder: chance.optional(),
  "hold-back": duration.optional(),
  rate: rate.optional(),
  queue: duration.optional(),
};

const link: z.ZodType<LinkDocument> = table(linkKeys).refine(
  ({ between, from, to }) => (between !== undefined) !== (from !== undefined && to !== undefined),
  'expected either `between`, as ["a", "b"], or `from` and `to`',
);

const byteCount = z
  .union([z.number(), z.string()], expected(BYTES_FORMS))
  .refine((written) => parseBytes(written) !== undefined, expected(BYTES_FORMS))
  .transform((written) => parseBytes(written) ?? 0);

const SIZE = "a number of bytes from 16 to 1200";
const KEYS_OF_KIND: Readonly<Record<TrafficKind, readonly (keyof TrafficDocument)[]>> = {
  ping: ["every"],
  udp: ["rate", "size", "duration"],
  tcp: ["bytes", "duration", "rate"],
};

const traffic: z.ZodType<TrafficDocument> = table({
  kind: z.enum(["ping", "udp", "tcp"], expected('"ping", "udp" or "tcp"')).default("ping"),
  name: text.optional(),
  from: text,
  to: text,
  every: duration.refine((seconds) => seconds >= 0.002, expected("2ms or more")).optional(),
  at: duration.default(0),
  rate: rate.optional(),
  size: z.int(expected(SIZE)).min(16, expected(SIZE)).max(1200, expected(SIZE)).optional(),
  bytes: byteCount.optional(),
  duration: duration.refine((seconds) => seconds > 0, expected("a duration above 0")).optional(),
}).check(({ value, issues }) => {
  for (const { key, message } of trafficFaults(value)) {
    issues.push({ code: "custom", path: [key], message, input: value });
  }
});

/** Returns faults for keys that a traffic of this kind must not have, and for keys that it lacks. */
function trafficFaults(
  written: TrafficDocument,
): readonly { readonly key: keyof TrafficDocument; readonly message: string }[] {
  const { kind, rate: bits, bytes, duration: seconds } = written;
  const own = KEYS_OF_KIND[kind];
  const foreign = (["every", "rate", "size", "bytes", "duration"] as const)
    .filter((key) => written[key] !== undefined && !own.includes(key))
    .map((key) => ({ key, message: `does not apply to kind = "${kind}", which has ${own.join(", ")}` }));
  if (kind === "udp" && bits === undefined)
    return [...foreign, { key: "rate", message: `missing; a stream needs ${RATE_FORMS}` }];
  if (kind !== "tcp" || (bytes === undefined) !== (seconds === undefined)) return foreign;
  const message = "expected either `bytes`, the size of the transfer, or `duration`, its length";
  return [...foreign, { key: bytes === undefined ? "kind" : "duration", message }];
}

const crossing = z.union(
  [z.tuple([names, names]), z.strictObject({ from: names, to: names })],
  expected('two hosts, as ["a", "b"], or one direction, as { from = "a", to = "b" }'),
);

/** Actions on running nodes. The key `on` restricts such an action to some hosts. */
const NODE_ACTIONS = ["insert", "delete", "load", "unload", "reload", "rebind"] as const;
const ACTIONS = ["cut", "heal", "kill", "start", "move", "change", ...NODE_ACTIONS] as const;

const yes = z.literal(true, expected("true")).optional();

const event: z.ZodType<EventDocument> = table({
  at: duration,
  cut: crossing.optional(),
  heal: crossing.optional(),
  kill: names.optional(),
  start: names.optional(),
  move: names.optional(),
  to: text.optional(),
  change: link.optional(),
  insert: text.optional(),
  delete: text.optional(),
  load: text.optional(),
  unload: text.optional(),
  reload: yes,
  rebind: text.optional(),
  address: text.optional(),
  grace: duration.optional(),
  on: names.optional(),
})
  .refine(
    (written) => ACTIONS.filter((action) => written[action] !== undefined).length === 1,
    `expected exactly one of ${ACTIONS.join(", ")} in an event`,
  )
  .refine(
    ({ move, to }) => (move === undefined) === (to === undefined),
    'expected `move` and `to` together, as move = "a", to = "home"',
  )
  .refine(
    ({ rebind, address }) => (rebind === undefined) === (address === undefined),
    'expected `rebind` and `address` together, as rebind = "ron", address = "10.0.0.9:10000"',
  )
  .refine(({ rebind, grace }) => grace === undefined || rebind !== undefined, "`grace` belongs to `rebind`")
  .refine(
    (written) => written.on === undefined || NODE_ACTIONS.some((action) => written[action] !== undefined),
    `\`on\` belongs to ${NODE_ACTIONS.join(", ")}`,
  );

const command: z.ZodType<CommandDocument> = table({ on: names, run: text, at: duration.default(0) });

const LOST = 'a number of pings or datagrams, or a share as "5%"';
const lost = z.union(
  [
    z
      .int()
      .min(0)
      .transform((pings) => ({ pings })),
    z
      .string()
      .regex(/^\d+(\.\d+)?%$/)
      .transform((written) => ({ share: Number(written.slice(0, -1)) / 100 })),
  ],
  expected(LOST),
);
const KINDS = [
  "outage",
  "lost",
  "throughput",
  "completes",
  "path",
  "reaches",
  "unreachable",
  "succeeds",
  "query",
] as const;
const pair = z.tuple([text, text], expected('two hosts, as ["a", "b"]')).optional();

const ROWS = "a number of rows, or the least and the greatest, as [1, 3]";
const rowCount = z.int().min(0);
const rows = z
  .union([rowCount, z.tuple([rowCount, rowCount])], expected(ROWS))
  .refine((written) => typeof written === "number" || written[0] <= written[1], expected(ROWS));

const check: z.ZodType<CheckDocument> = table({
  at: duration.optional(),
  outage: duration.optional(),
  lost: lost.optional(),
  throughput: rate.optional(),
  completes: duration.optional(),
  traffic: text.optional(),
  from: text.optional(),
  to: text.optional(),
  path: z.array(text, expected('a list of hosts, as ["a", "c", "b"]')).min(2).optional(),
  reaches: pair,
  unreachable: pair,
  succeeds: text.optional(),
  query: text.optional(),
  rows: rows.optional(),
  same: yes,
  on: names.optional(),
})
  .refine(
    (written) => KINDS.filter((kind) => written[kind] !== undefined).length === 1,
    `expected exactly one of ${KINDS.join(", ")} in a check`,
  )
  .refine(
    ({ succeeds, query, on }) => query !== undefined || (succeeds === undefined) === (on === undefined),
    "expected `succeeds` and `on` together",
  )
  .refine(
    ({ succeeds, on }) => succeeds === undefined || !Array.isArray(on),
    "expected one host in `on`, on which the command runs",
  )
  .refine(
    ({ query, rows: expectedRows, same }) => query !== undefined || (expectedRows === undefined && same === undefined),
    "`rows` and `same` belong to `query`",
  );

const PLOT_NAME = "a name of at most 60 letters, digits, `.`, `_` and `-` that does not begin with `.`";
const plotName = z.string(expected(PLOT_NAME)).regex(/^[\w-][\w.-]{0,59}$/, expected(PLOT_NAME));
const plotted = (description: string): z.ZodType<string | readonly [string, ...string[]] | undefined> =>
  z.union([text, z.tuple([text], text)], expected(description)).optional();
const CONTENTS = ["throughput", "rtt", "path"] as const;

const plot: z.ZodType<PlotDocument> = table({
  name: plotName.optional(),
  title: text.optional(),
  throughput: plotted('a traffic or a host, or a list of them, as ["file", "a", "a/mosaic0"]'),
  rtt: plotted("the name of a traffic, or a list of names"),
  path: pair,
}).refine(
  (written) => CONTENTS.filter((content) => written[content] !== undefined).length === 1,
  `expected exactly one of ${CONTENTS.join(", ")} in a plot`,
);

const SEED = "a whole number";

const document: z.ZodType<TopologyDocument> = table({
  title: text.optional(),
  seed: z.int(expected(SEED)).default(1),
  duration,
  ...hostDefaults,
  watch: texts.default([]),
  routes: routes.optional(),
  networks: networks.default({}),
  hosts,
  links: z.array(link, expected("[[links]] tables")).default([]),
  traffic: z.array(traffic, expected("[[traffic]] tables")).default([]),
  events: z.array(event, expected("[[events]] tables")).default([]),
  commands: z.array(command, expected("[[commands]] tables")).default([]),
  checks: z.array(check, expected("[[checks]] tables")).default([]),
  plots: z.array(plot, expected("[[plots]] tables")).default([]),
});

/** Expands a number of hosts: `hosts = 5` means hosts a to e. More than 26 hosts are named n1, n2, ... */
function numbered(hosts: unknown): unknown {
  if (typeof hosts !== "number" || !Number.isInteger(hosts) || hosts < 1 || hosts > MILLION) return hosts;
  if (hosts > ALPHABET.length) return { n: { count: hosts } };
  return Object.fromEntries(ALPHABET.slice(0, hosts).map((name) => [name, {}]));
}

function isAddress(written: string): boolean {
  const [, ip = "", port] = /^([\d.]+):(\d{1,5})$/.exec(written) ?? [];
  return isIPv4(ip) && Number(port) > 0 && Number(port) < 65_536;
}

/** Whether an address belongs to 100.64.0.0/10, the block of virtual addresses. */
function isVirtual(written: string): boolean {
  const [first, second] = written.split(".").map(Number);
  return isIPv4(written) && first === 100 && second !== undefined && second >= 64 && second < 128;
}
