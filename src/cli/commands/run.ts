import type { CommandSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { parseMetricsAddress } from "../options/metrics-address.ts";
import { parsePeer } from "../options/peer.ts";
import { parseUser, type User } from "../options/user.ts";
import type { ControlRequest } from "../run/node-control.ts";
import type { TunRequest } from "../run/open-device.ts";
import type { RunOptions } from "../run/run.ts";
import { wrongUsage } from "../terminal/failure.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../terminal/log.ts";

interface RunInput extends LanguageInput {
  readonly files: readonly string[];
  readonly listen: string;
  readonly addr?: string;
  readonly tun?: string | true;
  readonly tunAddr?: string;
  readonly mtu?: number;
  readonly gso: boolean;
  readonly gro: boolean;
  readonly tso: boolean;
  readonly flowCache: boolean;
  readonly peer: readonly string[];
  readonly fact: readonly string[];
  readonly facts: readonly string[];
  readonly watch: readonly string[];
  readonly json: boolean;
  /** False for `--no-control`. */
  readonly control?: string | false;
  readonly metrics?: string;
  readonly pcap?: string;
  readonly user?: User;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

export const command: CommandSpec<RunInput> = {
  name: "run",
  arguments: [{ syntax: "<files...>", description: "programs; a bare name may be a shipped one, as ron.mzl" }],
  options: [
    ...LANGUAGE_OPTIONS,
    { syntax: "--listen <host:port>", description: "address to bind", preset: "localhost:10000" },
    { syntax: "--addr <host:port>", description: "address that others see, when it is another" },
    {
      syntax: "--tun [interface]",
      description: "open a TUN device; without a rule that uses it, tunnel.mzl is loaded",
    },
    { syntax: "--tun-addr <cidr>", description: "address of the device, as 100.64.0.1/24" },
    {
      syntax: "--mtu <bytes>",
      description: "MTU of the device; what fits a datagram on the way to the peers when left out",
      parse: parseMtu,
    },
    { syntax: "--no-gso", description: "send datagrams one by one, though the kernel could cut trains of them" },
    { syntax: "--no-gro", description: "receive datagrams one by one, though the kernel could join them" },
    { syntax: "--no-tso", description: "read and write the device packet by packet, without super-packets" },
    {
      syntax: "--no-flow-cache",
      description: "send every packet through the rules, even one that comes alone and is like one before",
    },
    {
      syntax: "--peer <[vip=]addr>",
      description: "another member, and the virtual address that lives there",
      isRepeatable: true,
    },
    { syntax: "--fact <fact>", description: "a fact to start with, as 'p(\"a\", 1)'", isRepeatable: true },
    {
      syntax: "--facts <dir>",
      description: "where P.facts (divided by tabs) and P.csv (by commas) hold rows of P",
      isRepeatable: true,
    },
    { syntax: "--watch <predicate>", description: "print what happens to a predicate", isRepeatable: true },
    { syntax: "--json", description: "print one JSON object a line" },
    { syntax: "--control <path>", description: "socket for query and ctl; that of the port when left out" },
    { syntax: "--no-control", description: "no such socket" },
    { syntax: "--metrics <[host:]port>", description: "serve /metrics for Prometheus, /healthz and /readyz" },
    {
      syntax: "--pcap <file>",
      description: "capture datagrams and packets of the device for tshark; - is stdout",
    },
    {
      syntax: "--user <name|uid[:gid]>",
      description: "give up root for this user once the device and the sockets are open",
      parse: parseUser,
    },
    { syntax: "--log-level <level>", description: "how much to say on stderr", choices: LOG_LEVELS, preset: "info" },
    { syntax: "--log-format <format>", description: "how to say it", choices: LOG_FORMATS, preset: "text" },
  ],
  run: async (input, { output }) => {
    output.configure({ level: input.logLevel, format: input.logFormat });
    const { runNode } = await import("../run/run.ts");
    await runNode(await runOptions(input), output);
  },
};

async function runOptions(input: RunInput): Promise<RunOptions> {
  const language = await languageOf(input);
  if (input.tun === undefined && input.tunAddr !== undefined) throw wrongUsage("--tun-addr", "there is no --tun");
  if (input.pcap === "-" && (input.watch.length > 0 || input.json)) {
    throw wrongUsage("--pcap", "stdout cannot hold a capture and results; name a file");
  }
  return {
    ...language,
    files: input.files,
    facts: input.fact,
    factDirectories: input.facts,
    peers: input.peer.map((text) => parsePeer(text)),
    hasTun: input.tun !== undefined,
    hasPlugins: input.plugin.length > 0,
    listen: input.listen,
    address: input.addr,
    tun: input.tun === undefined ? undefined : tunRequest(input.tun, input),
    gso: input.gso,
    flowCache: input.flowCache,
    gro: input.gro,
    watch: input.watch,
    json: input.json,
    control: controlSocket(input.control),
    metrics: input.metrics === undefined ? undefined : parseMetricsAddress(input.metrics),
    pcap: input.pcap,
    user: input.user,
  };
}

function controlSocket(control: string | false | undefined): ControlRequest {
  if (control === false) return "none";
  return control === undefined ? "port" : { path: control };
}

function tunRequest(tun: string | true, { tunAddr, mtu, tso }: RunInput): TunRequest {
  if (tunAddr === undefined) throw wrongUsage("--tun", "the device needs an address: --tun-addr 100.64.0.1/24");
  return { name: tun === true ? undefined : tun, address: tunAddr, mtu, tso };
}

function parseMtu(text: string): number {
  const mtu = Number(text);
  if (Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535) return mtu;
  throw wrongUsage("--mtu", `\`${text}\` is not a number of bytes from 68 to 65535`);
}
