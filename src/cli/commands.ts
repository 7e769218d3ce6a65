import { Command, CommanderError, Option } from "commander";
import { checkFiles } from "./explain/check-files.ts";
import { collecting } from "./options/repeatable.ts";
import { evaluate } from "./run/evaluate.ts";
import { addExplain } from "./explain-command.ts";
import { parseUser, type User } from "./run/drop-privileges.ts";
import { Failure, wrongUsage } from "./terminal/failure.ts";
import {
  addLanguageOptions,
  type LanguageFlags,
  type LanguageOptions,
  languageOf,
} from "./options/language-options.ts";
import { addDemo, addLab, addSim } from "./lab-commands.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./terminal/log.ts";
import { addManualCommands } from "./manual-commands.ts";
import { addNodeCommands } from "./node-commands.ts";
import type { ControlRequest } from "./run/node-control.ts";
import type { TunRequest } from "./run/open-device.ts";
import { processOutput as output } from "./terminal/output.ts";
import { parsePeer } from "./options/peer.ts";
import { runNode } from "./run/run.ts";
import { parseMetricsAddress } from "./run/serve-metrics.ts";
import { VERSION } from "./files/version.ts";

const DEFAULT_LISTEN = "localhost:10000";

export function program(): Command {
  const mosaic = new Command("mosaic")
    .description("Overlay networks written as rules.")
    .version(VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError("`mosaic --help` lists the commands")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "mosaic: ")) })
    .exitOverride();
  addRun(mosaic);
  addCheck(mosaic);
  addEval(mosaic);
  addExplain(mosaic);
  addSim(mosaic);
  addLab(mosaic);
  addDemo(mosaic);
  addNodeCommands(mosaic);
  addManualCommands(mosaic, output);
  for (const command of mosaic.commands)
    command.showHelpAfterError(`\`mosaic ${command.name()} --help\` lists what it takes`);
  return mosaic;
}

function addRun(mosaic: Command): void {
  addLanguageOptions(mosaic.command("run"))
    .description("run a node until SIGINT or SIGTERM")
    .argument("<files...>", "programs; a bare name may be a shipped one, as ron.mzl")
    .option("--listen <host:port>", "address to bind", DEFAULT_LISTEN)
    .option("--addr <host:port>", "address that others see, when it is another")
    .option("--tun [interface]", "open a TUN device; without a rule that uses it, tunnel.mzl is loaded")
    .option("--tun-addr <cidr>", "address of the device, as 100.64.0.1/24")
    .option("--mtu <bytes>", "MTU of the device; what fits a datagram on the way to the peers when left out", parseMtu)
    .option("--no-gso", "send datagrams one by one, though the kernel could cut trains of them")
    .option("--no-gro", "receive datagrams one by one, though the kernel could join them")
    .option("--no-tso", "read and write the device packet by packet, without super-packets")
    .option("--no-shortcuts", "send every packet through the rules, even one that comes alone and is like one before")
    .addOption(collecting("--peer <[vip=]addr>", "another member, and the virtual address that lives there"))
    .addOption(collecting("--fact <fact>", "a fact to start with, as 'p(\"a\", 1)'"))
    .addOption(collecting("--facts <dir>", "where P.facts (divided by tabs) and P.csv (by commas) hold rows of P"))
    .addOption(collecting("--watch <predicate>", "print what happens to a predicate"))
    .option("--json", "print one JSON object a line", false)
    .option("--control <path>", "socket for query and ctl; that of the port when left out")
    .option("--no-control", "no such socket")
    .option("--metrics <[host:]port>", "serve /metrics for Prometheus, /healthz and /readyz")
    .option("--pcap <file>", "capture datagrams and packets of the device for tshark; - is stdout")
    .option("--user <name|uid[:gid]>", "give up root for this user once the device and the sockets are open", parseUser)
    .addOption(new Option("--log-level <level>", "how much to say on stderr").choices(LOG_LEVELS).default("info"))
    .addOption(new Option("--log-format <format>", "how to say it").choices(LOG_FORMATS).default("text"))
    .action(async (files: string[], flags: RunFlags) => {
      output.configure({ level: flags.logLevel, format: flags.logFormat });
      await runNode(runOptions(files, flags, await languageOf(flags)), output);
    });
}

interface RunFlags extends LanguageFlags {
  readonly listen: string;
  readonly addr?: string;
  readonly tun?: string | true;
  readonly tunAddr?: string;
  readonly mtu?: number;
  readonly gso: boolean;
  readonly gro: boolean;
  readonly tso: boolean;
  readonly shortcuts: boolean;
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

function runOptions(
  files: readonly string[],
  flags: RunFlags,
  language: LanguageOptions,
): Parameters<typeof runNode>[0] {
  if (flags.tun === undefined && flags.tunAddr !== undefined) throw wrongUsage("--tun-addr", "there is no --tun");
  if (flags.pcap === "-" && (flags.watch.length > 0 || flags.json)) {
    throw wrongUsage("--pcap", "stdout cannot hold a capture and results; name a file");
  }
  return {
    ...language,
    files,
    facts: flags.fact,
    factDirectories: flags.facts,
    peers: flags.peer.map((text) => parsePeer(text)),
    hasTun: flags.tun !== undefined,
    hasPlugins: flags.plugin.length > 0,
    listen: flags.listen,
    address: flags.addr,
    tun: flags.tun === undefined ? undefined : tunRequest(flags.tun, flags),
    gso: flags.gso,
    flowCache: flags.shortcuts,
    gro: flags.gro,
    watch: flags.watch,
    json: flags.json,
    control: controlRequest(flags.control),
    metrics: flags.metrics === undefined ? undefined : parseMetricsAddress(flags.metrics),
    pcap: flags.pcap,
    user: flags.user,
  };
}

function controlRequest(control: string | false | undefined): ControlRequest {
  if (control === false) return "none";
  return control === undefined ? "port" : { path: control };
}

function tunRequest(tun: string | true, { tunAddr, mtu, tso }: RunFlags): TunRequest {
  if (tunAddr === undefined) throw wrongUsage("--tun", "the device needs an address: --tun-addr 100.64.0.1/24");
  return { name: tun === true ? undefined : tun, address: tunAddr, mtu, tso };
}

function addCheck(mosaic: Command): void {
  addLanguageOptions(mosaic.command("check"))
    .description("report what is wrong with programs")
    .argument("<files...>")
    .option("--stats", "count the rules", false)
    .option("--json", "print one JSON object a line", false)
    .action(async (files: string[], flags: CheckFlags) => {
      checkFiles(files, { ...(await languageOf(flags)), stats: flags.stats, json: flags.json }, output);
    });
}

interface CheckFlags extends LanguageFlags {
  readonly stats: boolean;
  readonly json: boolean;
}

function addEval(mosaic: Command): void {
  addLanguageOptions(mosaic.command("eval"))
    .description("run rules on one node until nothing is left to do, without a network")
    .argument("<files...>", "programs; a location among the arguments is an argument like others")
    .addOption(collecting("--facts <dir>", "where P.facts (divided by tabs) and P.csv (by commas) hold rows of P"))
    .addOption(collecting("--fact <fact>", "one more fact, as 'p(\"a\", 1)'"))
    .addOption(collecting("--print <table>", "a table to print; without any, how many rows each table has"))
    .addOption(new Option("--csv", "divide columns by commas").conflicts("json").default(false))
    .option("--json", "print one JSON object a line", false)
    .option("--count", "print how many rows there are instead of the rows", false)
    .option("--memory <mib>", "memory that the rows may take", parseMemory)
    .action(async (files: string[], flags: EvalFlags) => {
      const { facts, fact, print, csv, count, json, memory } = flags;
      const form = { kind: count ? "count" : csv ? "csv" : "facts", json } as const;
      const program = { ...(await languageOf(flags)), files, facts: fact };
      evaluate({ ...program, factDirectories: facts, print, form, memory }, output);
    });
}

interface EvalFlags extends LanguageFlags {
  readonly facts: readonly string[];
  readonly fact: readonly string[];
  readonly print: readonly string[];
  readonly csv: boolean;
  readonly json: boolean;
  readonly count: boolean;
  readonly memory?: number;
}

function parseMemory(text: string): number {
  const mebibytes = Number(text);
  if (Number.isInteger(mebibytes) && mebibytes > 0) return mebibytes;
  throw wrongUsage("--memory", `\`${text}\` is not a number of MiB`);
}

function parseMtu(text: string): number {
  const mtu = Number(text);
  if (Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535) return mtu;
  throw wrongUsage("--mtu", `\`${text}\` is not a number of bytes from 68 to 65535`);
}

/** Runs a command; the exit code is 0 for success, 1 when the run failed, 2 when the command line is wrong. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv);
    return 0;
  } catch (error: unknown) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Failure)) throw error;
    if (error.message !== "") output.log.error(error.message);
    return error.exitCode;
  }
}
