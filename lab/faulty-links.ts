import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { FaultyWay } from "./delayed-packets.ts";
import { labEnvironment } from "./lab-folder.ts";
import { LabFailure, type Namespaces } from "./namespaces.ts";
import { faultsBetween, type Topology } from "./topology.ts";

/** What the process of the links is told. */
export interface LinkOrder {
  readonly ways: readonly FaultyWay[];
  readonly seed: number;
}

export type LinkReport = { readonly ok: true } | { readonly ok: false; readonly message: string };

const PROCESS = fileURLToPath(new URL("link-process.ts", import.meta.url));

/** Whether some link of the topology is worse than the wires of the kernel. */
export function hasFaults({ links }: Topology): boolean {
  return links.some(({ faults }) => Object.values(faults).some((value) => value > 0));
}

/** Puts the faults of a topology's links into effect. The process that does it ends with this one. */
export async function startFaultyLinks(topology: Topology, namespaces: Namespaces): Promise<ChildProcess> {
  const [command = "", ...args] = namespaces.onHub([process.execPath, PROCESS]);
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], env: labEnvironment() });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "exit").then((): LinkReport => ({ ok: false, message: said.trim() }));
  child.send({ ways: faultyWays(topology), seed: topology.seed } satisfies LinkOrder);
  const report = await Promise.race([once(child, "message").then(([message]) => message as LinkReport), ended]);
  if (!report.ok) throw new LabFailure(`the links with faults could not be made: ${report.message}`);
  namespaces.useFaults();
  return child;
}

function faultyWays({ hosts, links }: Topology): readonly FaultyWay[] {
  const ip = (address: string): string => address.slice(0, address.lastIndexOf(":"));
  return hosts.flatMap((one) =>
    hosts
      .filter((other) => other !== one)
      .map((other) => ({
        from: ip(one.address),
        to: ip(other.address),
        faults: faultsBetween(links, one.name, other.name),
      })),
  );
}
