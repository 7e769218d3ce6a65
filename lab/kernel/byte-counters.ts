import { type ChildProcess, spawn } from "node:child_process";
import { eachLine } from "../outcome/lines.ts";
import type { ByteCounters, InterfaceBytes } from "../outcome/interface-record.ts";
import { labEnvironment } from "./lab-folder.ts";

/** Prints the counters of all interfaces once a second, with an empty line after them. */
const SCRIPT = "while cat /proc/net/dev && echo; do sleep 1; done";

/** Interfaces by which hosts of a lab reach each other. */
const OUTER = /^eth\d+$/;

/**
 * Starts a process that reads the bytes of all interfaces of a host once a second, until it is killed. `command` enters the host and runs
 * a command there. The bytes include all headers, those of Ethernet too.
 */
export function countBytes(
  command: (script: readonly string[]) => readonly string[],
  report: (interfaces: InterfaceBytes) => void,
): ChildProcess {
  const [program = "", ...args] = command(["sh", "-c", SCRIPT]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], env: labEnvironment() });
  // Without a process the plots of the host are empty.
  child.on("error", () => {});
  let interfaces = new Map<string, ByteCounters>();
  eachLine(child.stdout, (line) => {
    if (line === "") {
      report(withSum(interfaces));
      interfaces = new Map();
    }
    const known = readLine(line);
    if (known !== undefined) interfaces.set(known.device, known.counters);
  });
  return child;
}

/** Reads a line of /proc/net/dev: a name, eight counters of reception and eight of transmission, which begin with the bytes. */
function readLine(line: string): { readonly device: string; readonly counters: ByteCounters } | undefined {
  const [, device, numbers] = /^\s*(\S+):\s*(\d[\d\s]*)$/.exec(line) ?? [];
  if (device === undefined || numbers === undefined) return undefined;
  const counters = numbers.split(/\s+/).map(Number);
  return { device, counters: { received: counters[0] ?? 0, sent: counters[8] ?? 0 } };
}

function withSum(interfaces: ReadonlyMap<string, ByteCounters>): InterfaceBytes {
  const outer = [...interfaces].filter(([device]) => OUTER.test(device)).map(([, counters]) => counters);
  const received = outer.reduce((sum, one) => sum + one.received, 0);
  const sent = outer.reduce((sum, one) => sum + one.sent, 0);
  return new Map([["", { received, sent }], ...interfaces]);
}
