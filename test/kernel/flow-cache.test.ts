import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { Namespace, type Session } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import type { Play, Played } from "./lone-packets.ts";

const TABLE = `
materialize(addressMap, infinity, infinity, keys(1)).
addressMap("100.64.0.2", "127.0.0.1:10001").
addressMap("100.64.0.3", "127.0.0.1:10002").
addressMap("100.64.0.4", "127.0.0.1:10003").
`;

/** Programs, and whether the flow cache may send or deliver any of their packets. */
const PROGRAMS: Readonly<Record<string, readonly [text: string, sent: boolean, delivered: boolean]>> = {
  "send packets by their destination": [`${TABLE}t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).`, true, true],
  "look at the rest of the header": [
    `${TABLE}t: tun@A(P) :- tun(P, _, Dest, 17, TTL), TTL == 64, addressMap(Dest, A).`,
    true,
    true,
  ],
  "forbid some": [
    `${TABLE}materialize(banned, infinity, infinity, keys(1)).
t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A), !banned(Dest).`,
    true,
    true,
  ],
  "change headers": [
    `${TABLE}t: tun@A(P, null, null, null, TTL - 1) :- tun(P, _, Dest, _, TTL), addressMap(Dest, A).`,
    false,
    false,
  ],
  "count what passes": [
    `${TABLE}materialize(passed, infinity, 100, keys(1)).
t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
c: passed(Dest, N + 1) :- tun(_, _, Dest), passed(Dest, N).
passed("100.64.0.2", 0).`,
    true,
    true,
  ],
  "look at bytes": [`${TABLE}t: tun@A(P) :- tun(P, _, Dest), f_u8(P, 28) < 100, addressMap(Dest, A).`, false, true],
  "say it twice to one place": [
    `${TABLE}t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
u: zlog@A(P) :- tun(P, _, Dest), addressMap(Dest, A).`,
    false,
    true,
  ],
  "say it twice in one tuple": [`${TABLE}t: pair@A(P, P) :- tun(P, _, Dest), addressMap(Dest, A).`, false, false],
  "send to two places": [
    `${TABLE}t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
u: tun@A(P) :- tun(P, _, "100.64.0.3"), addressMap("100.64.0.2", A).`,
    true,
    true,
  ],
};

const EVENTS = 150;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
  skip(reason !== undefined, reason);
});

describe("lone packets, where rules", () => {
  test.each(Object.entries(PROGRAMS))(
    "%s, have the same effects and counters with and without the flow cache",
    { timeout: 60_000 },
    async (_, [program, sent, delivered]) => {
      const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
      const { hits, hitsBefore: _with, ...short } = await played({ program, hasFlowCache: true, seed, events: EVENTS });
      const {
        hits: none,
        hitsBefore: _without,
        ...long
      } = await played({ program, hasFlowCache: false, seed, events: EVENTS });
      expect(short, `seed ${seed}`).toEqual(long);
      expect(none).toEqual({ sent: 0, delivered: 0 });
      expect({ sent: hits.sent > 0, delivered: hits.delivered > 0 }).toEqual({ sent, delivered });
    },
  );
});

test.each(["127.0.0.1:10009", "0.0.0.0:10000"])(
  "the flow cache goes on with the socket that moves to %s",
  { timeout: 60_000 },
  async (movesTo) => {
    const [program] = PROGRAMS["send packets by their destination"] ?? [""];
    const plays = { program, seed: 5, events: EVENTS, movesTo };
    const { hits, hitsBefore, ...short } = await played({ ...plays, hasFlowCache: true });
    const { hits: _, hitsBefore: _none, ...long } = await played({ ...plays, hasFlowCache: false });
    expect(short).toEqual(long);
    expect(hitsBefore.sent).toBeGreaterThan(0);
    expect(hits.sent).toBeGreaterThan(hitsBefore.sent);
    expect(hits.delivered).toBeGreaterThan(hitsBefore.delivered);
    expect(short.seen.at(-1)).toBeDefined();
    expect(short.seen.filter((line) => line.endsWith(` from ${movesTo.split(":")[1]}`)).length).toBeGreaterThan(0);
  },
);

test("the flow cache seals and opens, and goes on after a rekey", { timeout: 60_000 }, async () => {
  const [program] = PROGRAMS["send packets by their destination"] ?? [""];
  const plays = { program, seed: 6, events: EVENTS, isSealed: true };
  const { hits, hitsBefore: _before, hitsOfRekey, ...short } = await played({ ...plays, hasFlowCache: true });
  const {
    hits: none,
    hitsBefore: _none,
    hitsOfRekey: noneOfRekey,
    ...long
  } = await played({ ...plays, hasFlowCache: false });
  expect(short).toEqual(long);
  expect([none, noneOfRekey]).toEqual([{ sent: 0, delivered: 0 }, 0]);
  expect(hitsOfRekey).toBe(6);
  expect(hits.sent).toBeGreaterThan(3);
  expect(short.seen.filter((line) => line.startsWith("peer ")).length).toBeGreaterThan(100);
});

/** A process in a namespace of its own that plays one play after the other, because its start takes longer than a play. */
class Player implements AsyncDisposable {
  readonly #net = new Namespace();
  readonly #session: Session;

  constructor() {
    const url = new URL("./lone-packets.ts", import.meta.url).href;
    const script = `
      import { createInterface } from "node:readline";
      import { play } from "${url}";
      for await (const line of createInterface(process.stdin)) print(await play(JSON.parse(line)));`;
    this.#session = this.#net.start(script, "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");
  }

  /** Plays packets. The player cannot be used again after it has failed. */
  async play(play: Play): Promise<Played> {
    this.#session.write(`${JSON.stringify(play)}\n`);
    const result = await this.#session.next();
    if (result === undefined) throw new Error(`the player ended: ${(await this.#session.ended).stderr}`);
    return result as Played;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#net[Symbol.asyncDispose]();
  }
}

let player: Player | undefined;
afterAll(() => player?.[Symbol.asyncDispose]());

async function played(play: Play): Promise<Played> {
  const current = (player ??= new Player());
  try {
    return await current.play(play);
  } catch (error: unknown) {
    player = undefined;
    await current[Symbol.asyncDispose]();
    throw error;
  }
}
