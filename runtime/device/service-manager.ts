import { spawn } from "node:child_process";
import { printable } from "../plan/values/printable.ts";
import { loadNative } from "../../native/index.ts";

/** Bound of the time limit of the watchdog: a timer of Node.js with an interval of 25 days or more fires every millisecond. */
const WATCHDOG_MAX_MS = 24 * 3_600_000;

/** Environment variables in which systemd describes itself to a service. */
export type ServiceEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The service manager that started this process. Reports go to its socket as datagrams (`sd_notify`). A report that cannot be
 * delivered is lost; the manager has timeouts for that.
 */
export class ServiceManager {
  readonly #socket: string;
  readonly #watchdogMs: number | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  /** `watchdogMs`: time without a report after which the manager ends the process; undefined without a watchdog. */
  constructor(socket: string, watchdogMs: number | undefined) {
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
  }

  /** Reports that the service is ready, and starts the watchdog reports. */
  ready(status: string): void {
    this.#notify(`READY=1\nSTATUS=${oneLine(status)}`);
    if (this.#watchdogMs === undefined) return;
    this.#watchdog = setInterval(() => this.#notify("WATCHDOG=1"), this.#watchdogMs / 2).unref();
  }

  /** Reports that the service reads its configuration again. `reloaded` must follow. */
  reloading(): void {
    this.#notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  reloaded(status: string): void {
    this.#notify(`READY=1\nSTATUS=${oneLine(status)}`);
  }

  stopping(): void {
    this.close();
    this.#notify("STOPPING=1");
  }

  close(): void {
    clearInterval(this.#watchdog);
  }

  #notify(message: string): void {
    const native = loadNative();
    if ("missing" in native) notifyByCommand(this.#socket, message);
    else native.notify(this.#socket, message);
  }
}

/** Returns the manager that the environment names; undefined when the process is not a service. */
export function serviceManager(environment: ServiceEnvironment, pid: number): ServiceManager | undefined {
  const socket = environment["NOTIFY_SOCKET"];
  if (socket === undefined || !/^[/@]/.test(socket)) return undefined;
  return new ServiceManager(socket, watchdogMs(environment, pid));
}

/** Returns the time limit of the watchdog; undefined if there is no watchdog, or if it watches another process. */
function watchdogMs(environment: ServiceEnvironment, pid: number): number | undefined {
  const { WATCHDOG_USEC: micros, WATCHDOG_PID: watched } = environment;
  if (watched !== undefined && watched !== "" && Number(watched) !== pid) return undefined;
  const milliseconds = Number(micros) / 1_000;
  return milliseconds >= 1 ? Math.min(milliseconds, WATCHDOG_MAX_MS) : undefined;
}

/** Sends a report by a child process, where the addon is missing. The systemd unit then needs NotifyAccess=all. */
function notifyByCommand(socket: string, message: string): void {
  const child = spawn("systemd-notify", message.split("\n"), {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    stdio: "ignore",
  });
  child.on("error", () => undefined);
  child.unref();
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, " "), 500);
}
