import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Destinations, type Resolve } from "../../runtime/device/destinations.ts";

const MINUTE_MS = 60_000;
const TO = "peer.example:9";

let nowMs = 0;
beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(() => nowMs));
afterEach(() => void vi.restoreAllMocks());

/** A name with the given results of lookups, one after the other. A datagram has been sent to it already. */
async function named(...answers: readonly (readonly string[])[]) {
  let asked = 0;
  const resolve = vi.fn<Resolve>(async () => {
    const addresses = answers[asked++];
    if (addresses === undefined) throw new Error("EAI_AGAIN");
    return addresses.map((address) => ({ address, family: 4 }));
  });
  const destinations = new Destinations(4, resolve, () => undefined);
  destinations.find(TO);
  await settled();
  return { destinations, resolve };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe("a destination given by a name", () => {
  test("is looked up again while it is in use, and follows the host", async () => {
    const { destinations, resolve } = await named(["10.0.0.1"], ["10.0.0.2"]);
    expect(destinations.find(TO)).toMatchObject({ kind: "known", host: "10.0.0.1" });
    nowMs += MINUTE_MS - 1;
    destinations.find(TO);
    expect(resolve).toHaveBeenCalledTimes(1);
    nowMs += 1;
    expect(destinations.find(TO)).toMatchObject({ kind: "known", host: "10.0.0.1" });
    await settled();
    expect(destinations.find(TO)).toMatchObject({ kind: "known", host: "10.0.0.2" });
    expect(resolve).toHaveBeenCalledTimes(2);
  });

  test("does not change while the name still has its address, in any order", async () => {
    const { destinations } = await named(["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"]);
    const before = destinations.find(TO);
    nowMs += MINUTE_MS;
    destinations.find(TO);
    await settled();
    expect(destinations.find(TO)).toBe(before);
  });

  test("is the first address with a route, of any family that the socket reaches", async () => {
    const resolve: Resolve = async () => [
      { address: "fd00::1", family: 6 },
      { address: "10.0.0.1", family: 4 },
    ];
    const destinations = new Destinations(6, resolve, () => undefined, { hasRoute: (host) => host === "10.0.0.1" });
    destinations.find(TO);
    await settled();
    expect(destinations.find(TO)).toMatchObject({ kind: "known", host: "::ffff:10.0.0.1" });
  });

  test("moves to another address when its own becomes unreachable, and the log says so", async () => {
    const unreachable = new Set<string>();
    const moved: string[] = [];
    const resolve = vi.fn<Resolve>(async () => ["10.0.0.1", "10.0.0.2"].map((address) => ({ address, family: 4 })));
    const hasRoute = (host: string): boolean => !unreachable.has(host);
    const destinations = new Destinations(4, resolve, () => undefined, {
      hasRoute,
      onMoved: (line) => moved.push(line),
    });
    destinations.find(TO);
    await settled();
    unreachable.add("10.0.0.1");
    nowMs += 1;
    for (let sent = 0; sent < 3; sent++) destinations.noteFailure("ENETUNREACH");
    destinations.find(TO);
    await settled();
    expect(destinations.find(TO)).toMatchObject({ host: "10.0.0.2" });
    expect(moved).toEqual(["peer.example:9 has moved from 10.0.0.1 to 10.0.0.2, because 10.0.0.1 has no route"]);
    expect(resolve).toHaveBeenCalledTimes(2);
  });

  /** A name with two addresses, to which a datagram has been sent. */
  async function double(family: 4 | 6 = 4, second = "10.0.0.2") {
    const moved: string[] = [];
    const resolve = vi.fn<Resolve>(async () =>
      ["10.0.0.1", second].map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
    const destinations = new Destinations(family, resolve, () => undefined, { onMoved: (line) => moved.push(line) });
    const used = async (): Promise<unknown> => {
      destinations.find(TO);
      await settled();
      return destinations.find(TO);
    };
    await used();
    return { destinations, moved, used };
  }

  test.each([
    [4, "10.0.0.2", "10.0.0.1", "10.0.0.2"],
    [6, "fd00::2", "fd00::2", "10.0.0.1"],
  ] as const)("moves to another address when its own does not answer, on a socket of IPv%d", async (...row) => {
    const [family, second, before, after] = row;
    const { destinations, moved, used } = await double(family, second);
    expect(destinations.numeric(TO)).toContain(before);
    destinations.noteSilence(TO);
    await used();
    expect(destinations.numeric(TO)).toContain(after);
    expect(moved).toEqual([`peer.example:9 has moved from ${before} to ${after}, because ${before} does not answer`]);
  });

  test("stays where it is while no address answers, and returns to the first one after a minute", async () => {
    const { destinations, moved, used } = await double();
    for (let silence = 0; silence < 5; silence++) {
      nowMs += 8_000;
      destinations.noteSilence(TO);
      expect(await used()).toMatchObject({ host: "10.0.0.2" });
    }
    nowMs += 30_000;
    destinations.noteSilence(TO);
    expect(await used()).toMatchObject({ host: "10.0.0.1" });
    expect(moved).toHaveLength(2);
  });

  test("moves when a send fails, without a function that knows the routes", async () => {
    const { destinations, used } = await double();
    const failed = destinations.find(TO);
    nowMs += 1;
    destinations.noteFailure("EHOSTUNREACH", failed.kind === "known" ? failed : undefined);
    expect(await used()).toMatchObject({ host: "10.0.0.2" });
  });

  test("does not move when nothing is known of it, or it is numeric", async () => {
    const { destinations } = await double();
    destinations.noteSilence("other.example:9");
    const numeric = destinations.find("10.0.0.1:9");
    destinations.noteSilence("10.0.0.1:9");
    expect(destinations.find("10.0.0.1:9")).toBe(numeric);
  });

  test("stays cached while many destinations are used once", async () => {
    const { destinations, resolve } = await named(["10.0.0.1"]);
    const before = destinations.find(TO);
    for (let number = 0; number < 20_000; number++) {
      destinations.find(`10.1.${number >> 8}.${number & 255}:9`);
      if (number % 1000 === 0) destinations.find(TO);
    }
    expect(destinations.find(TO)).toBe(before);
    expect(resolve).toHaveBeenCalledTimes(1);
  });

  test("does not change when a lookup fails, and is looked up again a minute later", async () => {
    const { destinations, resolve } = await named(["10.0.0.1"]);
    const before = destinations.find(TO);
    for (const lookups of [2, 3]) {
      nowMs += MINUTE_MS;
      for (let sent = 0; sent < 5; sent++) destinations.find(TO);
      await settled();
      expect(resolve).toHaveBeenCalledTimes(lookups);
      expect(destinations.find(TO)).toBe(before);
    }
  });
});
