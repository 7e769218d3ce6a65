import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TestBed, type BedHost, HOSTS } from "../harness/test-bed.ts";
import { processorSeconds } from "../harness/processor-time.ts";
import type { Tunnel } from "../tunnel/tunnel-contender.ts";
import { roundTrip, tcp } from "../tunnel/measures.ts";
import type { Tree } from "./tree.ts";
import type { Workload } from "./workload.ts";

const NEEDS = ["root", "ip", "ping", "iperf3"];
const TRANSFER_SECONDS = 2;
const PING_SECONDS = 1;
const PINGS = 200;
const READY_SECONDS = 20;

type Cost = (bed: TestBed, tunnel: Tunnel) => Promise<number>;

/** Packets through nodes that run: processor time of the nodes for the same number of bytes or packets. */
export const TUNNEL_WORKLOADS: readonly Workload[] = [
  tunnel("tunnel.mzl, TCP", "s per Gbit", "tunnel.mzl", ["a", "b"], secondsPerGigabit),
  tunnel("ron.mzl, TCP", "s per Gbit", "ron.mzl", HOSTS, secondsPerGigabit),
  tunnel("tunnel.mzl, idle ping", "s per ping", "tunnel.mzl", ["a", "b"], secondsPerPing),
];

function tunnel(name: string, unit: string, program: string, members: readonly BedHost[], cost: Cost): Workload {
  return {
    name,
    unit,
    needs: NEEDS,
    prepare: async (trees) => {
      const bed = new TestBed();
      try {
        const tunnels = trees.map((tree, at) => start(bed, tree, at, program, members));
        for (const one of tunnels) await untilCarrying(bed, one);
        return { measure: (tree) => cost(bed, tunnels[tree] as Tunnel), close: () => bed.close() };
      } catch (error) {
        bed.close();
        throw error;
      }
    },
  };
}

function start(bed: TestBed, { folder }: Tree, number: number, program: string, members: readonly BedHost[]): Tunnel {
  const network = bed.addNetwork();
  const inner = (host: BedHost): string => `100.64.${number}.${HOSTS.indexOf(host) + 1}`;
  const outer = (host: BedHost): string => `${network.addressOf(host)}:10000`;
  const command = (self: BedHost): readonly string[] => {
    const device = `--tun=moz${number} --tun-addr ${inner(self)}/24 --mtu 1500`;
    const open = takesInsecure(folder) ? " --insecure" : "";
    const start = `${join(folder, "mosaic")} run ${program} --no-control --listen ${outer(self)} ${device}${open}`;
    const others = members.filter((other) => other !== self);
    return [...start.split(" "), ...others.map((other) => `--peer=${inner(other)}=${outer(other)}`)];
  };
  const processes: readonly ChildProcess[] = members.map((host) => bed.spawn(host, command(host)));
  return { address: inner("b"), processes };
}

/** Whether `mosaic run` of a tree must be told that links have no keys. Earlier trees have no keys, and no such option. */
function takesInsecure(folder: string): boolean {
  return readFileSync(join(folder, "src/cli/commands/run.ts"), "utf8").includes('"--insecure"');
}

async function untilCarrying(bed: TestBed, tunnel: Tunnel): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1e3;
  while (Number.isNaN(await roundTrip(bed, tunnel, 0.05))) {
    if (performance.now() > deadline) throw new Error(`${tunnel.address} does not answer after ${READY_SECONDS} s`);
    await sleep(100);
  }
}

async function secondsPerGigabit(bed: TestBed, tunnel: Tunnel): Promise<number> {
  const before = processorSeconds(tunnel.processes);
  const rate = await tcp(bed, tunnel, TRANSFER_SECONDS, 1);
  return (processorSeconds(tunnel.processes) - before) / (rate * TRANSFER_SECONDS);
}

async function secondsPerPing(bed: TestBed, tunnel: Tunnel): Promise<number> {
  const before = processorSeconds(tunnel.processes);
  const time = await roundTrip(bed, tunnel, PING_SECONDS);
  return Number.isNaN(time) ? NaN : (processorSeconds(tunnel.processes) - before) / PINGS;
}
