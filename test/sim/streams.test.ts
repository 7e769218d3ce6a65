import { describe, expect, test } from "vitest";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import { type Boot, Simulation } from "../../runtime/sim/simulation.ts";
import type { ByteStream, Streams } from "../../runtime/world/streams.ts";

const SERVER = "10.0.0.1";
const CLIENT = "10.0.0.2";

/** Two hosts with streams only. */
class Pair {
  readonly simulation: Simulation;
  readonly #streams = new Map<string, Streams>();

  constructor(faults: LinkFaults = {}, seed = 1) {
    this.simulation = new Simulation({ seed, faults: () => faults });
    for (const name of [SERVER, CLIENT]) {
      const boot: Boot = ({ streams }) => void this.#streams.set(name, streams as Streams);
      this.simulation.addHost({ name, address: `${name}:10000`, boot }).start();
    }
  }

  of(host: string): Streams {
    return this.#streams.get(host) as Streams;
  }

  /** Result of a connection attempt: the two ends, or the reason of failure. */
  connect(
    listening = `${SERVER}:80`,
    asked = `${SERVER}:80`,
  ): { readonly ends: { near?: ByteStream; far?: ByteStream }; reason: string | undefined } {
    const result: ReturnType<Pair["connect"]> = { ends: {}, reason: undefined };
    const heard = (far: ByteStream): void => void (result.ends.far = far);
    this.of(SERVER).listen(listening, heard, (outcome) => {
      if (!outcome.ok) result.reason = outcome.reason;
    });
    this.of(CLIENT).connect(asked, (outcome) => {
      if (outcome.ok) result.ends.near = outcome.value;
      else result.reason = outcome.reason;
    });
    return result;
  }

  joined(): { readonly near: ByteStream; readonly far: ByteStream } {
    const { ends } = this.connect();
    this.pass(5);
    return ends as { near: ByteStream; far: ByteStream };
  }

  pass(seconds: number): void {
    this.simulation.runUntil(this.simulation.now + seconds);
  }
}

/** Reads until the end. Returns the bytes, and the reason of the end. */
function collect(stream: ByteStream): { text: string; ending: string } {
  const got = { text: "", ending: "" };
  const next = (): void =>
    stream.receive((arrival) => {
      if (arrival.kind !== "bytes") {
        got.ending = arrival.kind === "end" ? "end" : arrival.reason;
        return;
      }
      got.text += Buffer.from(arrival.bytes).toString();
      next();
    });
  next();
  return got;
}

const none = (): void => undefined;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const LONG = Array.from({ length: 40_000 }, (_, at) => `${at} `).join("");

describe("a simulated connection", () => {
  test("takes one round trip to open, and each end knows the other", () => {
    const pair = new Pair({ delay: 0.5 });
    const { ends } = pair.connect();
    pair.pass(0.9);
    expect(ends.near).toBeUndefined();
    expect(ends.far?.peer).toBe(`${CLIENT}:32768`);
    pair.pass(0.2);
    expect(ends.near?.peer).toBe(`${SERVER}:80`);
  });

  test("carries bytes both ways after the delay, and ends when one side closes", () => {
    const pair = new Pair({ delay: 0.5 });
    const { near, far } = pair.joined();
    const [here, there] = [collect(near), collect(far)];
    near.send(bytes("ping"), none);
    far.send(bytes("pong"), none);
    pair.pass(0.4);
    expect([here.text, there.text]).toEqual(["", ""]);
    pair.pass(0.2);
    expect([here.text, there.text]).toEqual(["pong", "ping"]);
    far.close();
    pair.pass(1);
    expect(here.ending).toBe("end");
  });

  test.for<LinkFaults>([
    { delay: 0.01, loss: 0.3, jitter: 0.02 },
    { delay: 0.01, loss: 0.1, duplicate: 0.5, reorder: 0.5 },
    { delay: 0.05, rate: 1_000_000, queue: 0.05 },
  ])("is whole and in order whatever the link does: %o", (faults) => {
    const pair = new Pair(faults);
    const { near, far } = pair.joined();
    const there = collect(far);
    near.send(bytes(LONG), none);
    pair.pass(600);
    expect(there.text === LONG).toBe(true);
  });

  test("waits while a link is down, and continues when it is up", () => {
    const pair = new Pair({ delay: 0.01 });
    const { near, far } = pair.joined();
    const there = collect(far);
    pair.simulation.cut(CLIENT, SERVER);
    near.send(bytes("late"), none);
    pair.pass(100);
    expect(there.text).toBe("");
    pair.simulation.heal(CLIENT, SERVER);
    pair.pass(100);
    expect(there.text).toBe("late");
  });

  test("times out when the link stays down", () => {
    const pair = new Pair({ delay: 0.01 });
    const { near } = pair.joined();
    const here = collect(near);
    pair.simulation.cut(CLIENT, SERVER);
    near.send(bytes("never"), none);
    pair.pass(1200);
    expect(here.ending).toBe("timed out");
  });

  test("does not time out over a link that is down for a while, again and again", () => {
    const pair = new Pair({ delay: 0.01 });
    const { near, far } = pair.joined();
    const there = collect(far);
    for (const word of ["one ", "two ", "three"]) {
      pair.simulation.cut(CLIENT, SERVER);
      near.send(bytes(word), none);
      pair.pass(600);
      pair.simulation.heal(CLIENT, SERVER);
      pair.pass(100);
    }
    expect(there).toEqual({ text: "one two three", ending: "" });
  });

  test("holds at most one window of unread bytes", () => {
    const pair = new Pair({ delay: 0.01 });
    const { near, far } = pair.joined();
    let done = 0;
    for (let piece = 0; piece < 20; piece++) near.send(new Uint8Array(16_384), () => done++);
    pair.pass(10);
    expect(done).toBe(4);
    far.receive(none);
    pair.pass(10);
    expect(done).toBe(8);
  });

  test("is reset when the other host goes down, and when its bytes are never read", () => {
    const pair = new Pair({ delay: 0.01 });
    const { near } = pair.joined();
    const here = collect(near);
    pair.simulation.host(SERVER).crash();
    pair.pass(1);
    expect(here.ending).toBe("reset");
    const other = new Pair({ delay: 0.01 });
    const ends = other.joined();
    const end = collect(ends.near);
    ends.near.send(bytes("unread"), none);
    other.pass(1);
    ends.far.close();
    other.pass(1);
    expect(end.ending).toBe("reset");
  });

  test("is reset when bytes reach a closed end", () => {
    const pair = new Pair({ delay: 0.01 });
    const { near, far } = pair.joined();
    far.close();
    pair.pass(1);
    near.send(bytes("too late"), none);
    pair.pass(1);
    expect(collect(near).ending).toBe("reset");
  });

  test("is the same for the same seed, and differs for another", () => {
    const hash = (seed: number): string => {
      const pair = new Pair({ delay: 0.02, jitter: 0.01, loss: 0.05 }, seed);
      const { near, far } = pair.joined();
      collect(far);
      near.send(bytes(LONG), none);
      pair.pass(60);
      return pair.simulation.traceHash();
    };
    expect(hash(1)).toBe(hash(1));
    expect(hash(1)).not.toBe(hash(2));
  });
});

describe("a connection attempt", () => {
  test.for([
    ["a port at which nobody listens", `${SERVER}:80`, `${SERVER}:81`, "refused"],
    ["a host that there is not", `${SERVER}:80`, "10.0.0.9:80", "unresolved"],
    ["a text that is no address", `${SERVER}:80`, "nonsense", "no address"],
    ["what hears its own host only", "localhost:80", `${SERVER}:80`, "refused"],
    ["an address that is another host's", `${CLIENT}:80`, `${SERVER}:80`, "refused"],
  ] as const)("fails for %s", ([, listening, asked, reason]) => {
    const pair = new Pair({ delay: 0.01 });
    const result = pair.connect(listening, asked);
    pair.pass(1);
    expect(result).toEqual({ ends: {}, reason });
  });

  test("is refused by a host that is down, and times out when nothing arrives", () => {
    const pair = new Pair({ delay: 0.01 });
    pair.simulation.host(SERVER).crash();
    const reasons: string[] = [];
    const attempt = (): unknown =>
      pair.of(CLIENT).connect(`${SERVER}:80`, (outcome) => reasons.push(outcome.ok ? "connected" : outcome.reason));
    attempt();
    pair.pass(1);
    pair.simulation.cut(CLIENT, SERVER);
    attempt();
    pair.pass(300);
    expect(reasons).toEqual(["refused", "timed out"]);
  });

  test("finds a port in use until its listener closes or goes down", () => {
    const pair = new Pair();
    const outcomes: string[] = [];
    const listen = (): void =>
      pair.of(SERVER).listen(`${SERVER}:80`, none, (outcome) => outcomes.push(outcome.ok ? "heard" : outcome.reason));
    listen();
    listen();
    pair.simulation.host(SERVER).restart();
    listen();
    expect(outcomes).toEqual(["heard", "in use", "heard"]);
  });
});

test("a shutdown ends one direction behind the bytes sent before it, and the other stays open", () => {
  const pair = new Pair();
  const { near, far } = pair.joined();
  const [atNear, atFar] = [collect(near), collect(far)];
  near.send(Buffer.from("question"), () => undefined);
  let isTaken = false;
  near.shutdown((outcome) => (isTaken = outcome.ok));
  pair.pass(1);
  expect([atFar, isTaken]).toEqual([{ text: "question", ending: "end" }, true]);
  pair.pass(60);
  far.send(Buffer.from("late answer"), () => undefined);
  pair.pass(1);
  expect(atNear).toEqual({ text: "late answer", ending: "" });
  far.shutdown(() => undefined);
  pair.pass(1);
  expect(atNear.ending).toBe("end");
});

test("a shutdown of a broken stream fails with the reason", () => {
  const pair = new Pair();
  const { near, far } = pair.joined();
  far.send(Buffer.from("unread"), () => undefined);
  pair.pass(1);
  near.close();
  pair.pass(1);
  let reason = "";
  far.shutdown((outcome) => (reason = outcome.ok ? "" : outcome.reason));
  expect(reason).toBe("reset");
});
