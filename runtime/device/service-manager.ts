import { spawn } from "node:child_process";
import { loadNative } from "../../native/index.ts";

/** What systemd tells a service about itself. */
export type ServiceEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The service manager that started this process, told by datagrams to its socket (`sd_notify`). A message that cannot be
 * delivered is lost: a manager that misses one knows what to do.
 */
export class ServiceManager {
  readonly #socket: string;
  readonly #watchdogMs: number | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  /** `watchdogMs`: the manager ends a process that is silent for so long. */
  constructor(socket: string, watchdogMs: number | undefined) {
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
  }

  /** The service does its work from now on, and says so again and again where the manager wants it. */
  ready(status: string): void {
    this.#tell(`READY=1\nSTATUS=${oneLine(status)}`);
    if (this.#watchdogMs === undefined) return;
    this.#watchdog = setInterval(() => this.#tell("WATCHDOG=1"), this.#watchdogMs / 2).unref();
  }

  stopping(): void {
    this.close();
    this.#tell("STOPPING=1");
  }

  close(): void {
    clearInterval(this.#watchdog);
  }

  #tell(message: string): void {
    const native = loadNative();
    if ("missing" in native) tellByCommand(this.#socket, message);
    else native.notify(this.#socket, message);
  }
}

/** The manager that the environment names; undefined when the process is nobody's service. */
export function serviceManager(environment: ServiceEnvironment, pid: number): ServiceManager | undefined {
  const socket = environment["NOTIFY_SOCKET"];
  if (socket === undefined || !/^[/@]/.test(socket)) return undefined;
  return new ServiceManager(socket, watchdogMs(environment, pid));
}

/** Undefined when there is no watchdog, or it watches another process. */
function watchdogMs(environment: ServiceEnvironment, pid: number): number | undefined {
  const { WATCHDOG_USEC: micros, WATCHDOG_PID: watched } = environment;
  if (watched !== undefined && watched !== "" && Number(watched) !== pid) return undefined;
  const milliseconds = Number(micros) / 1_000;
  return milliseconds >= 1 ? milliseconds : undefined;
}

/** Without the addon. The manager must accept messages of a child: NotifyAccess=all. */
function tellByCommand(socket: string, message: string): void {
  const child = spawn("systemd-notify", message.split("\n"), {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    stdio: "ignore",
  });
  child.on("error", () => undefined);
  child.unref();
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 500);
}
