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

const UDP_ECHO = fileURLToPath(new URL("udp-echo.ts", import.meta.url));

/** Finds the ping tool. Only the ping of iputils prints timestamps and missing replies; the fallback is the UDP echo. */
export function findPingTool(): PingTool {
  return spawnSync("ping", ["-V"], { encoding: "utf8" }).stdout?.includes("iputils") ? "ping" : "UDP echo";
}

/** Starts the echo requests of a traffic between hosts with virtual addresses. Returns the processes, which run until they are killed. */
export function startPing(
  { from, to, source, destination, every }: PingTraffic,
  tool: PingTool,
  namespaces: Namespaces,
  lines: PingLines,
  report: (report: PingReport) => void,
): readonly ChildProcess[] {
  const command = tool === "ping" ? ping(source, destination, every) : udpEcho("ping", destination, every, source);
  const sender = start(namespaces.on(from, command));
  if (sender.stdout !== null) {
    eachLine(sender.stdout, (line) => {
      const pingReport = lines.read(line);
      if (pingReport !== undefined) report(pingReport);
    });
  }
  return tool === "ping" ? [sender] : [sender, start(namespaces.on(to, udpEcho("serve", destination, every)))];
}

function ping(source: string | undefined, destination: string, every: number): readonly string[] {
  const binding = source === undefined ? [] : ["-I", source];
  return ["ping", "-n", "-D", "-O", ...binding, "-i", String(every), destination];
}

function udpEcho(role: "ping" | "serve", address: string, every: number, source?: string): readonly string[] {
  return [process.execPath, UDP_ECHO, role, address, String(every), ...(source === undefined ? [] : [source])];
}

function start([command = "", ...args]: readonly string[]): ChildProcess {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...labEnvironment(), LC_ALL: "C" },
  });
  child.on("error", () => {});
  return child;
}
