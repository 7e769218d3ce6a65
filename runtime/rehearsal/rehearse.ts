import type { Native } from "../../native/index.ts";
import { parseHostPort } from "../ip/host-port.ts";
import { LinuxClock } from "../device/linux-clock.ts";
import { LinuxTun } from "../device/linux-tun.ts";
import { Turn } from "../device/turn.ts";
import { openNativeDatagrams } from "../device/native-datagrams.ts";
import { Node } from "../node/node.ts";
import type { Fact } from "../node/peer-facts.ts";
import type { Program } from "../node/program.ts";
import { VirtualTime } from "../sim/virtual-time.ts";
import type { Clock } from "../world/world.ts";
import { MemoryNetwork } from "./memory-network.ts";
import { MemoryTun } from "./memory-tun.ts";
import { packetBetween } from "./packet.ts";
import { RehearsalClock } from "./rehearsal-clock.ts";

/** One of the two nodes. */
export interface Part {
  /** Its name, and where it listens: numeric, and of one family with the other's. */
  readonly place: string;
  /** The address of its device, of one family with the other's. */
  readonly inner: string;
  readonly facts: readonly Fact[];
}

/** How far it got: packets that were given to a device, and those that came out at the other. */
export interface Rehearsed {
  readonly given: number;
  readonly arrived: number;
}

/** Overlays measure for a while before they carry anything: seconds of virtual time, and how it passes. */
const SETTLE_SECONDS = 30;
const SETTLE_STEP = 0.05;
/** As pings come, and so many that compilers have seen enough of them. */
const PACKETS = 8_000;
const PACKET_EVERY = 0.001;
const FIRST_PACKETS = 200;
const LENGTHS = [84, 540] as const;
const MTU = 1_400;
/** What every kernel sends through a device that has come up, and nobody has a way for. */
const ANY_HOST = "fe80::1";
const ALL_ROUTERS = "ff02::2";
const SOLICITATION_BYTES = 48;
const SOLICIT_EVERY = 16;

const NOTHING: Rehearsed = { given: 0, arrived: 0 };

/** What nodes of a program do here is thrown away: it must not take long, whatever the program is. */
const LIMITS = { rounds: 100, derivations: 10_000, queued: 1_000, queuedBytes: 1 << 20 };

/**
 * Lets two nodes of the program, which are thrown away, send each other packets of their devices, so that the code on a
 * packet's way has been compiled before the first real one comes. Sockets and devices are in memory: nothing is seen of it
 * outside. Ends when `isOver` says so, which it is asked often.
 *
 * There are two acts. What is compiled in the second then knows already that nodes come to an end, and the clock of Linux,
 * whose timers have no time to ring here; and is not thrown away when the second ends, or when the node begins that stays.
 */
export async function rehearse(
  program: Program,
  parts: readonly [Part, Part],
  native: Native,
  isOver: () => boolean,
): Promise<Rehearsed> {
  await act(program, parts, native, new LinuxClock(), async (network, actors) =>
    exchange(network, actors, parts, FIRST_PACKETS, isOver),
  );
  const time = new VirtualTime();
  return act(program, parts, native, new RehearsalClock(time), async (network, actors) => {
    for (let at = SETTLE_STEP; at < SETTLE_SECONDS && !isOver(); at += SETTLE_STEP) {
      time.runUntil(at);
      await network.settle(isOver);
    }
    const pass = (): boolean => time.runUntil(time.now + PACKET_EVERY).kind === "stuck" || isOver();
    return exchange(network, actors, parts, PACKETS, pass);
  });
}

type Actors = readonly [Actor, Actor];

/** One pair of nodes, from their start to their end. */
async function act(
  program: Program,
  parts: readonly [Part, Part],
  native: Native,
  clock: Clock,
  play: (network: MemoryNetwork, actors: Actors) => Promise<Rehearsed>,
): Promise<Rehearsed> {
  const network = new MemoryNetwork();
  const one = actorOf(program, parts[0], clock, network.native(native));
  const other = actorOf(program, parts[1], clock, network.native(native));
  if (one === undefined || other === undefined) return NOTHING;
  const rehearsed = one.node.start() && other.node.start() ? await play(network, [one, other]) : NOTHING;
  await Promise.all([one.node.stop(), other.node.stop()]);
  return rehearsed;
}

/** Packets to and fro. */
async function exchange(
  network: MemoryNetwork,
  [one, other]: Actors,
  [here, there]: readonly [Part, Part],
  count: number,
  isOver: () => boolean,
): Promise<Rehearsed> {
  const scenes = [
    ...LENGTHS.map((length) => ({ tun: one.tun, packet: packetBetween(here.inner, there.inner, length) })),
    ...LENGTHS.map((length) => ({ tun: other.tun, packet: packetBetween(there.inner, here.inner, length) })),
  ];
  const solicitation = packetBetween(ANY_HOST, ALL_ROUTERS, SOLICITATION_BYTES);
  let given = 0;
  for (; given < count && !isOver(); given++) {
    const { tun, packet } = scenes[given % scenes.length] as (typeof scenes)[number];
    if (given % SOLICIT_EVERY === 0) tun.deliver(solicitation);
    tun.deliver(packet);
    await network.settle(isOver);
  }
  return { given, arrived: one.tun.written + other.tun.written };
}

interface Actor {
  readonly node: Node;
  readonly tun: MemoryTun;
}

/** Undefined where the place is none that a socket could be bound to. */
function actorOf(program: Program, { place, facts }: Part, clock: Clock, native: Native): Actor | undefined {
  const parsed = parseHostPort(place);
  if (!parsed.ok || parsed.at.family === undefined) return undefined;
  const { host, port, family } = parsed.at;
  const resolve = (): Promise<never> => Promise.reject(new Error("no names"));
  const turn = new Turn();
  const opened = openNativeDatagrams(native, host, port, { family, maxPayload: MTU, resolve, trains: true, turn });
  if (!opened.ok) return undefined;
  const tun = new MemoryTun();
  const world = {
    clock,
    seed: 1,
    datagrams: opened.datagrams,
    tun: new LinuxTun(tun, { mtu: MTU, trains: true, turn }),
  };
  return { node: new Node(program, world, { names: [place], facts, watch: [], limits: LIMITS }), tun };
}
