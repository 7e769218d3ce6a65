import { spawnSync } from "node:child_process";
import { Cleaner } from "./cleaner.ts";
import { makeLabFolder } from "./lab-folder.ts";
import {
  creationBatch,
  faultsBatch,
  FORWARDING,
  hostBatch,
  hubBatch,
  type NamespacePlan,
  planNamespaces,
  waysBatch,
} from "./namespace-plan.ts";
import type { Host, LinkAction } from "./topology.ts";

/** A command of the machine failed: which, and what it said. */
export class LabFailure extends Error {}

/** The network namespaces of a lab. They are gone when it is closed, and also when the process ends in any other way. */
export class Namespaces {
  /** A folder for what belongs to this lab; gone with it. */
  readonly folder: string;
  readonly #plan: NamespacePlan;
  readonly #cleaner: Cleaner;
  /** The ways that are cut. */
  readonly #cut = new Set<string>();

  /** Makes them all; throws a LabFailure when the machine does not let it. */
  constructor(hosts: readonly Host[]) {
    this.#plan = planNamespaces(hosts, process.pid);
    this.folder = makeFolder();
    this.#cleaner = new Cleaner(this.#plan.prefix, this.folder);
    try {
      this.#create();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The command line that runs a command on a host. */
  on(host: string, command: readonly string[]): readonly string[] {
    const namespace = this.#plan.hosts.find((one) => one.name === host)?.namespace ?? "";
    return ["ip", "netns", "exec", namespace, ...command];
  }

  onHub(command: readonly string[]): readonly string[] {
    return ["ip", "netns", "exec", this.#plan.hub, ...command];
  }

  /** Sends the packets between hosts through the device of the faults, which is there. */
  useFaults(): void {
    runBatch(faultsBatch(this.#plan), this.#plan.hub);
  }

  /** Takes effect before it returns. To cut what is cut, or to heal what is not, changes nothing. */
  apply({ kind, ways }: LinkAction): void {
    const isCut = kind === "cut";
    const changed = ways.filter(({ from, to }) => this.#cut.has(`${from} ${to}`) !== isCut);
    runBatch(waysBatch(this.#plan, kind, changed), this.#plan.hub);
    for (const { from, to } of changed) {
      if (isCut) this.#cut.add(`${from} ${to}`);
      else this.#cut.delete(`${from} ${to}`);
    }
  }

  close(): void {
    this.#cleaner.clean();
  }

  #create(): void {
    const { hub, hosts } = this.#plan;
    runBatch(creationBatch(this.#plan));
    run(this.onHub(["sh", "-c", FORWARDING]));
    runBatch(hubBatch(this.#plan), hub);
    for (const host of hosts) runBatch(hostBatch(host), host.namespace);
  }
}

function makeFolder(): string {
  try {
    return makeLabFolder();
  } catch (error) {
    throw new LabFailure(error instanceof Error ? error.message : String(error));
  }
}

function runBatch(batch: string, namespace?: string): void {
  run(["ip", ...(namespace === undefined ? [] : ["-n", namespace]), "-batch", "-"], batch);
}

function run([command = "", ...args]: readonly string[], input = ""): void {
  const { status, stderr, error } = spawnSync(command, args, { input, encoding: "utf8" });
  if (status === 0) return;
  const said = error === undefined ? stderr.trim() : error.message;
  throw new LabFailure(`${[command, ...args].join(" ")}: ${said}`);
}
