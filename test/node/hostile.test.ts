import { describe, expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";
import type { Device, DeviceCounters } from "../../runtime/world/world.ts";
import { manualWorld, type ManualDatagrams } from "../session/manual-world.ts";

const HOSTILE_DATAGRAMS = 100_000;
const HOSTILE_PACKETS = 10_000;

/** Predicates that RON sends between nodes. The network may bring no others. */
const EXPECTED = new Set(["ron.send", "ron.lsa", "ping.init", "ping.Req", "ping.Resp", "ping.return", "tun"]);

function ronOverTunnel(): Program {
  const library = new FileLibrary();
  library.addText(
    "facts",
    'ron.member("a:1"). ron.member("b:1"). ron.member("c:1"). addressMap("100.64.0.2", ron::"b:1").\n',
  );
  const { plan, diagnostics } = compile(["ron.mzl", "tunnel.mzl", "facts"], library, {
    defines: new Map(),
    dialect: undefined,
  });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

class FakeTun implements Device {
  readonly kind = "tun";
  readonly name = "fake";
  readonly mtu = 1250;
  readonly counters: DeviceCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  receive: (packet: Uint8Array) => void = () => undefined;

  onPacket(receive: (packet: Uint8Array) => void): void {
    this.receive = receive;
  }

  write(packet: Uint8Array): void {
    this.counters.written++;
    this.counters.writtenBytes += packet.length;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Member {
  readonly node: Node;
  readonly world: ReturnType<typeof manualWorld>;
  readonly tun: FakeTun;
  readonly received: Set<string>;
}

function member(program: Program, name: string): Member {
  const world = manualWorld(name);
  const tun = new FakeTun();
  const received = new Set<string>();
  const watch = program.plan.predicates.map((spec) => spec.name);
  const node = new Node(
    program,
    { ...world, devices: [tun] },
    {
      names: [name],
      facts: [],
      watch,
      onWatch: ({ op, tuple }) => {
        if (op === "recv") received.add(tuple[0]);
      },
    },
  );
  node.start();
  return { node, world, tun, received };
}

/** Runs the members for some seconds, and returns every datagram that they exchanged. */
function converse(members: readonly Member[], seconds: number): readonly Uint8Array[] {
  const crossed: Uint8Array[] = [];
  const byName = new Map(members.map((one) => [one.world.datagrams.address, one]));
  for (let time = 0; time < seconds; time += 0.05) {
    for (const one of members) one.world.clock.advance(0.05);
    for (const one of members) crossed.push(...exchange(one.world.datagrams, byName));
  }
  return crossed;
}

function exchange(from: ManualDatagrams, byName: ReadonlyMap<string, Member>): readonly Uint8Array[] {
  const sent = from.sent.splice(0);
  for (const { to, bytes } of sent) byName.get(to)?.world.datagrams.deliver(bytes, from.address);
  return sent.map((one) => one.bytes);
}

function randomBytes(random: RandomStream, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** Returns random bytes, or a valid datagram truncated, extended, spliced or with a flipped bit. */
function hostile(valid: readonly Uint8Array[], random: RandomStream): Uint8Array {
  const base = valid[random.integer(valid.length)] as Uint8Array;
  switch (random.integer(5)) {
    case 0:
      return randomBytes(random, random.integer(200));
    case 1:
      return base.slice(0, random.integer(base.length));
    case 2:
      return new Uint8Array([...base, ...randomBytes(random, random.integer(20))]);
    case 3: {
      const other = valid[random.integer(valid.length)] as Uint8Array;
      return new Uint8Array([
        ...base.slice(0, random.integer(base.length)),
        ...other.slice(random.integer(other.length)),
      ]);
    }
    default: {
      const flipped = base.slice();
      const at = random.integer(flipped.length);
      flipped[at] = (flipped[at] as number) ^ (1 << random.integer(8));
      return flipped;
    }
  }
}

describe("hostile input", () => {
  test(`${HOSTILE_DATAGRAMS} datagrams: no exception, and nothing comes in that no program expects`, () => {
    const program = ronOverTunnel();
    const members = ["a:1", "b:1", "c:1"].map((name) => member(program, name));
    const valid = converse(members, 6);
    expect(valid.length).toBeGreaterThan(50);
    const random = streamOf(7, "hostile");
    const [victim] = members as [Member];
    for (let count = 0; count < HOSTILE_DATAGRAMS; count++) {
      victim.world.datagrams.deliver(hostile(valid, random), random.integer(2) === 0 ? "b:1" : "6.6.6.6:6");
      victim.world.datagrams.sent.length = 0;
    }
    for (const name of victim.received) expect(EXPECTED).toContain(name);
    expect([...victim.node.counters.drops.keys()]).toContain("unknown predicate");
    expect(victim.node.counters.engine.stopped).toBe(0);
  });

  test(`${HOSTILE_PACKETS} packets into the device: no exception, and only IP packets pass`, () => {
    const [one] = [member(ronOverTunnel(), "a:1")];
    const random = streamOf(7, "packets");
    for (let count = 0; count < HOSTILE_PACKETS; count++) {
      const packet = randomBytes(random, random.integer(120));
      if (packet.length > 0 && random.integer(2) === 0) packet[0] = random.integer(2) === 0 ? 0x45 : 0x60;
      one.tun.receive(packet);
    }
    expect(one.node.counters.drops.get("tun: no IP packet")).toBeGreaterThan(0);
  });
});
