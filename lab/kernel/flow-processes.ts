import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { FlowReport, ReportFlow } from "../../runtime/sim/flow-report.ts";
import { eachLine } from "../outcome/lines.ts";
import type { StreamTraffic, TransferTraffic } from "../topology/topology.ts";
import { labEnvironment } from "./lab-folder.ts";
import type { Namespaces } from "./namespaces.ts";

/** Settings of a flow process, as JSON on its command line. */
export interface FlowProcessSettings {
  readonly role: "send" | "receive";
  readonly traffic: StreamTraffic | TransferTraffic;
  readonly port: number;
}

/** First line of a flow process. */
export const READY = "ready";

const PROCESS = fileURLToPath(new URL("flow-process.ts", import.meta.url));

/** Processes of a stream or transfer. */
export interface FlowProcesses {
  readonly children: readonly ChildProcess[];
  /** Settles when both processes wait for the start of the run, or have exited. */
  readonly ready: Promise<unknown>;
  /**
   * Tells the processes when the run starts, in seconds of the monotonic clock, which all processes of the machine share. The sender waits
   * for the time of its traffic.
   */
  begin(zero: number): void;
}

/**
 * Starts the receiver and the sender of a stream or transfer before the run, since the start of a process takes a while. Both run until
 * they are killed, and then print their last reports.
 */
export function startFlow(
  flow: Pick<FlowProcessSettings, "traffic" | "port">,
  namespaces: Namespaces,
  report: ReportFlow,
): FlowProcesses {
  const { from, to } = flow.traffic;
  const ends = [
    { host: to, role: "receive" },
    { host: from, role: "send" },
  ] as const;
  const started = ends.map(({ host, role }) => {
    const settings: FlowProcessSettings = { ...flow, role };
    return start(namespaces.on(host, [process.execPath, PROCESS, JSON.stringify(settings)]), report);
  });
  const children = started.map(({ child }) => child);
  return {
    children,
    ready: Promise.all(started.map(({ ready }) => ready)),
    begin: (zero) => {
      for (const { stdin } of children) stdin.write(`${zero}\n`);
    },
  };
}

interface StartedProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly ready: Promise<void>;
}

/** Starts a process. Its first line says that it waits for the start of the run; all later lines are reports. */
function start([command = "", ...args]: readonly string[], report: ReportFlow): StartedProcess {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], env: labEnvironment() });
  child.stdin.on("error", () => {});
  const ready = new Promise<void>((resolve) => {
    child.on("error", () => resolve());
    child.once("close", () => resolve());
    eachLine(child.stdout, (line) => {
      if (line === READY) return resolve();
      const read = readReport(line);
      if (read !== undefined) report(read);
    });
  });
  return { child, ready };
}

function readReport(line: string): FlowReport | undefined {
  try {
    return JSON.parse(line) as FlowReport;
  } catch {
    // The process was killed while it wrote.
    return undefined;
  }
}
