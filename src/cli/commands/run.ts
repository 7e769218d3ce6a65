import { statSync } from "node:fs";
import type { Dscp } from "../../../runtime/device/dscp.ts";
import { formatHostPort, type HostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { CommandSpec, OptionUse } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { parseMetricsAddress } from "../options/metrics-address.ts";
import { parseMemory } from "../options/memory.ts";
import { listenAddresses, parseNodeCount } from "../options/nodes.ts";
import { readSecrets } from "../options/secret.ts";
import { parseSendRate } from "../options/send-rate.ts";
import { parseDevices } from "../options/devices.ts";
import { parseDscp } from "../options/dscp.ts";
import { FACT_OPTIONS, type FactInput, PROGRAM_FILES } from "../options/program-options.ts";
import { parseUser, type User } from "../options/user.ts";
import type { ControlRequest } from "../run/node-control.ts";
import type { RunOptions } from "../run/run.ts";
import { wrongUsage } from "../terminal/failure.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../terminal/log.ts";

interface RunInput extends LanguageInput, FactInput {
  readonly files: readonly string[];
  readonly listen: string;
  readonly nodes?: number;
  readonly addr: readonly string[];
  /** Uses of `--tun`, `--tap` and `--tun-addr`. */
  readonly devices: readonly OptionUse[];
  readonly tunRestore: boolean;
  readonly mtu?: number;
  readonly gso: boolean;
  readonly gro: boolean;
  readonly tso: boolean;
  readonly flowCache: boolean;
  readonly dscp?: Dscp;
  readonly peer: readonly string[];
  readonly key?: string;
  readonly insecure: boolean;
  readonly watch: readonly string[];
  readonly json: boolean;
  /** False for `--no-control`. */
  readonly control?: string | false;
  readonly metrics?: string;
  readonly pcap?: string;
  readonly user?: User;
  readonly memory?: number;
  readonly sendRate?: number;
  readonly secret: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

export const command: CommandSpec<RunInput> = {
  name: "run",
  arguments: [PROGRAM_FILES],
  options: [
    ...LANGUAGE_OPTIONS,
    { syntax: "--listen <host:port>", description: "address to bind", preset: "localhost:10000" },
    {
      syntax: "--nodes <number>",
      description: "run several nodes in this process, on consecutive ports from --listen on",
      parse: parseNodeCount,
    },
    {
      syntax: "--addr <host:port>",
      description: "address that other nodes see, if it differs from --listen; repeat it for further addresses",
      isRepeatable: true,
    },
    {
      syntax: "--tun [interface]",
      description: "open a TUN device; loads tunnel.mzl if no rule uses the device; repeat it for further devices",
      list: "devices",
    },
    {
      syntax: "--tap [interface]",
      description: "open a TAP device, whose Ethernet frames are tuples of tap; repeat it for further devices",
      list: "devices",
    },
    {
      syntax: "--tun-addr <cidr>",
      description: "address of the device that the --tun or --tap before it opens, as in 100.64.0.1/24",
      list: "devices",
    },
    {
      syntax: "--tun-restore",
      description:
        "restore a device if it is removed, down or without its address; otherwise a removed device ends the node",
    },
    {
      syntax: "--mtu <bytes>",
      description: "MTU of the devices (if omitted: the largest packet that fits a datagram to the peers)",
      parse: parseMtu,
    },
    { syntax: "--no-gso", description: "send datagrams one by one, without UDP segmentation offload" },
    { syntax: "--no-gro", description: "receive datagrams one by one, without UDP receive offload" },
    {
      syntax: "--no-tso",
      description: "read and write packets of the devices one by one, without segmentation offload",
    },
    {
      syntax: "--no-flow-cache",
      description: "run the rules for every packet, even if an earlier packet of the flow gave the result",
    },
    {
      syntax: "--dscp <copy|value>",
      description: "DSCP of datagrams: copy it from the packet inside, or a value from 0 to 63 (if omitted: 0)",
      parse: parseDscp,
    },
    {
      syntax: "--peer <[vip=]addr[,key]>",
      description: "address of another node (in the IP network or an overlay), its virtual address, and its public key",
      isRepeatable: true,
    },
    {
      syntax: "--key <file>",
      description:
        "secret key of the node: datagrams are exchanged, sealed, with peers whose keys are given; with --nodes, the folder of the keys",
    },
    {
      syntax: "--insecure",
      description: "run without keys at an address that other hosts reach: anybody can send tuples to the node",
    },
    ...FACT_OPTIONS,
    {
      syntax: "--watch <predicate>",
      description: "print the events and row changes of a predicate",
      isRepeatable: true,
    },
    { syntax: "--json", description: "print one JSON object per line" },
    {
      syntax: "--control <path>",
      description:
        "path of the control socket (if omitted: named by the port); with --nodes, the folder of the sockets",
    },
    { syntax: "--no-control", description: "open no control socket" },
    { syntax: "--metrics <[host:]port>", description: "serve /metrics for Prometheus, /healthz and /readyz" },
    {
      syntax: "--pcap <file>",
      description: "write datagrams and packets of the devices to a pcapng file; - is stdout",
    },
    {
      syntax: "--user <name|uid[:gid]>",
      description: "become this user after the devices and the sockets are open",
      parse: parseUser,
    },
    {
      syntax: "--memory <mib>",
      description: "limit of the memory for rows and queues, in MiB (3072 if omitted)",
      parse: parseMemory,
    },
    {
      syntax: "--send-rate <number>",
      description: "tuples that a rule may send to one location in a second, or infinity (10000 if omitted)",
      parse: parseSendRate,
    },
    {
      syntax: "--secret <name=file>",
      description: "key that rules name; only the owner may have access to the file",
      isRepeatable: true,
    },
    {
      syntax: "--log-level <level>",
      description: "least severe level to log on stderr",
      choices: LOG_LEVELS,
      preset: "info",
    },
    { syntax: "--log-format <format>", description: "format of the log", choices: LOG_FORMATS, preset: "text" },
  ],
  run: async (input, { output }) => {
    output.configure({ level: input.logLevel, format: input.logFormat });
    output.bound();
    const options = await runOptions(input);
    const { runNodes } = await import("../run/run.ts");
    await runNodes(options, output);
  },
};

async function runOptions(input: RunInput): Promise<RunOptions> {
  const language = await languageOf(input);
  const { parsePeerOption } = await import("../options/peer.ts");
  const { linkKeysOf } = await import("../options/links.ts");
  checkNodes(input);
  const { mtu, tso, tunRestore, listen } = input;
  const devices = parseDevices(input.devices, { mtu, tso, restore: tunRestore, listen });
  if (devices.length === 0 && tunRestore) throw wrongUsage("--tun-restore", "it needs --tun or --tap");
  if (input.pcap === "-" && (input.watch.length > 0 || input.json)) {
    throw wrongUsage("--pcap", "stdout cannot hold a capture and results; name a file");
  }
  const peers = input.peer.map((text) => parsePeerOption(text));
  const bound = listenAddresses(parsedHostPort("--listen", input.listen), input.nodes ?? 1);
  return {
    ...language,
    files: input.files,
    facts: input.fact,
    factDirectories: input.facts,
    peers: peers.map(({ peer }) => peer),
    links: linkKeysOf({ key: input.key, isInsecure: input.insecure, peers, listen: bound }),
    hasTun: devices.some(({ kind }) => kind === "tun"),
    hasPlugins: input.plugin.length > 0,
    listen: bound,
    addresses: input.addr.map((text) => announcedAddress(text)),
    devices,
    gso: input.gso,
    flowCache: input.flowCache,
    gro: input.gro,
    dscp: input.dscp ?? 0,
    watch: input.watch,
    json: input.json,
    control: controlSocket(input.control, input.nodes !== undefined),
    metrics: input.metrics === undefined ? undefined : parseMetricsAddress(input.metrics),
    pcap: input.pcap,
    user: input.user,
    memory: input.memory,
    sendRate: input.sendRate,
    secrets: readSecrets(input.secret),
  };
}

/** Refuses options that belong to one node. */
function checkNodes({ nodes, addr, devices }: RunInput): void {
  if (nodes === undefined) return;
  if (addr.length > 0)
    throw wrongUsage("--nodes", "--addr is the address of one node; nodes of one process have those of --listen");
  const [device] = devices;
  if (device !== undefined) throw wrongUsage("--nodes", `a device belongs to one node; leave out ${device.option}`);
}

/** Returns the canonical text of an address that other nodes send to. */
function announcedAddress(text: string): string {
  const { host, port } = parsedHostPort("--addr", text);
  if (port === 0) throw wrongUsage("--addr", `\`${text}\` is no address of a node: port 0 stands for any free port`);
  return formatHostPort(host, port);
}

function parsedHostPort(option: string, text: string): HostPort {
  const parsed = parseHostPort(text);
  if (!parsed.ok) throw wrongUsage(option, parsed.message);
  return parsed.at;
}

function controlSocket(control: string | false | undefined, isFolder: boolean): ControlRequest {
  if (control === false) return "none";
  if (control === undefined) return "port";
  if (!isFolder) return { path: control };
  if (statSync(control, { throwIfNoEntry: false })?.isDirectory() === false)
    throw wrongUsage("--control", `${control} is a file; with --nodes it names the folder of the sockets`);
  return { folder: control };
}

function parseMtu(text: string): number {
  const mtu = Number(text);
  if (Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535) return mtu;
  throw wrongUsage("--mtu", `\`${text}\` is not an integer from 68 to 65535`);
}
