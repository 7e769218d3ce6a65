import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { PingReport } from "../../runtime/sim/sim-kernel.ts";
import { labEnvironment } from "./lab-folder.ts";
import { eachLine } from "../outcome/lines.ts";
import type { Namespaces } from "./namespaces.ts";
import type { PingLines } from "./ping-line.ts";
import type { Host, PingTraffic } from "../topology/topology.ts";

/** Program that sends the echo requests of a lab. */
export type PingTool = "ping" | "UDP echo";

const UDP_ECHO = fileURLToPath(new URL("udp-echo.ts", import.meta.url));

/** Finds the ping tool. Only the ping of iputils prints timestamps and missing replies; the fallback is the UDP echo. */
export function findPingTool(): PingTool {
  return spawnSync("ping", ["-V"], { encoding: "utf8" }).stdout?.includes("iputils") ? "ping" : "UDP echo";
}

/** Starts the echo requests of a traffic between hosts with virtual addresses. Returns the processes, which run until they are killed. */
export function startPing(
  { from, to, every }: PingTraffic,
  hosts: readonly Host[],
  tool: PingTool,
  namespaces: Namespaces,
  lines: PingLines,
  report: (report: PingReport) => void,
): readonly ChildProcess[] {
  const address = hosts.find((host) => host.name === to)?.virtual ?? "";
  const command = tool === "ping" ? ping(address, every) : udpEcho("ping", address, every);
  const sender = start(namespaces.on(from, command));
  if (sender.stdout !== null) {
    eachLine(sender.stdout, (line) => {
      const pingReport = lines.read(line);
      if (pingReport !== undefined) report(pingReport);
    });
  }
  return tool === "ping" ? [sender] : [sender, start(namespaces.on(to, udpEcho("serve", address, every)))];
}

function ping(address: string, every: number): readonly string[] {
  return ["ping", "-n", "-D", "-O", "-i", String(every), address];
}

function udpEcho(role: "ping" | "serve", address: string, every: number): readonly string[] {
  return [process.execPath, UDP_ECHO, role, address, String(every)];
}

function start([command = "", ...args]: readonly string[]): ChildProcess {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...labEnvironment(), LC_ALL: "C" },
  });
  child.on("error", () => {});
  return child;
}
