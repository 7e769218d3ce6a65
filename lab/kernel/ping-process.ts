import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PingReport } from "../../runtime/sim/sim-kernel.ts";
import { labEnvironment } from "./lab-folder.ts";
import { eachLine } from "../outcome/lines.ts";
import type { Namespaces } from "./namespaces.ts";
import type { PingLines } from "./ping-line.ts";
import type { PingTraffic } from "../topology/topology.ts";

/** Program that sends the echo requests of a lab. */
export type PingTool = "ping" | "UDP echo";

/** First line of a process of the UDP echo. */
export const READY = "ready";

const UDP_ECHO = fileURLToPath(new URL("udp-echo.ts", import.meta.url));

/** Finds the ping tool. Only the ping of iputils prints timestamps and missing replies; the fallback is the UDP echo. */
export function findPingTool(): PingTool {
  return spawnSync("ping", ["-V"], { encoding: "utf8" }).stdout?.includes("iputils") ? "ping" : "UDP echo";
}

/** Processes that send and answer the echo requests of a traffic. They run until they are killed. */
export interface PingProcesses {
  readonly children: readonly ChildProcess[];
  /** Settles when `begin` takes effect at once, or the processes have exited. */
  readonly ready: Promise<unknown>;
  /** Sends the first echo request. The hosts have their virtual addresses by then. */
  begin(): void;
}

/**
 * Prepares the echo requests of a traffic before the run. The processes of the UDP echo are started at once, since that takes a while, and
 * wait for a line of input.
 */
export function preparePing(
  { from, to, source, destination, every }: PingTraffic,
  tool: PingTool,
  namespaces: Namespaces,
  lines: PingLines,
  report: (report: PingReport) => void,
): PingProcesses {
  const children: ChildProcess[] = [];
  const read = (line: string): void => {
    const pingReport = lines.read(line);
    if (pingReport !== undefined) report(pingReport);
  };
  if (tool === "ping") {
    const begin = (): void => void children.push(start(namespaces.on(from, ping(source, destination, every)), read));
    return { children, ready: Promise.resolve(), begin };
  }
  const commands = [
    { host: to, command: udpEcho("serve", destination, every) },
    { host: from, command: udpEcho("ping", destination, every, source) },
  ];
  const ready = commands.map(
    ({ host, command }) =>
      new Promise<void>((resolve) => {
        const child = start(namespaces.on(host, command), (line) => (line === READY ? resolve() : read(line)));
        child.once("close", () => resolve());
        children.push(child);
      }),
  );
  return {
    children,
    ready: Promise.all(ready),
    begin: () => {
      for (const { stdin } of children) stdin?.write("begin\n");
    },
  };
}

function ping(source: string | undefined, destination: string, every: number): readonly string[] {
  const binding = source === undefined ? [] : ["-I", source];
  return ["ping", "-n", "-D", "-O", ...binding, "-i", String(every), destination];
}

function udpEcho(role: "ping" | "serve", address: string, every: number, source?: string): readonly string[] {
  return [process.execPath, UDP_ECHO, role, address, String(every), ...(source === undefined ? [] : [source])];
}

/** Starts a process, and passes on its lines. */
function start([command = "", ...args]: readonly string[], onLine: (line: string) => void): ChildProcess {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...labEnvironment(), LC_ALL: "C" },
  });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  eachLine(child.stdout, onLine);
  return child;
}
