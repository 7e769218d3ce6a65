/** The TCP of simulated kernels: transfers over a link with delay, rate and losses, and the two algorithms on their own. */
import { describe, expect, test } from "vitest";
import type { FlowReport } from "../../runtime/sim/flow-report.ts";
import { readIpv4 } from "../../runtime/sim/ipv4-packet.ts";
import { NewReno } from "../../runtime/sim/new-reno.ts";
import { RttEstimator } from "../../runtime/sim/rtt-estimator.ts";
import { SimClock } from "../../runtime/sim/sim-clock.ts";
import { SimLink } from "../../runtime/sim/sim-link.ts";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import { TcpClient, TcpServer, type TransferSettings } from "../../runtime/sim/tcp-transfer.ts";
import { fullNumber, readSegment, shortNumber } from "../../runtime/sim/tcp-segment.ts";
import { RecentNumbers } from "../../runtime/sim/udp-stream.ts";
import { VirtualTime } from "../../runtime/sim/virtual-time.ts";
import { streamOf } from "../../runtime/world/random.ts";

interface Transfer {
  readonly receivedBytes: number;
  readonly completedAt: number | undefined;
  readonly retransmitted: number;
  readonly sent: number;
  readonly roundTrips: readonly number[];
}

interface Options extends Partial<Pick<TransferSettings, "size" | "rate">> {
  readonly faults?: LinkFaults;
  readonly seed?: number;
  /** Numbers of the packets of the sender that are lost, from 0. The SYN has the number 0, the end of the handshake 1. */
  readonly lost?: readonly number[];
  readonly seconds?: number;
}

/** Runs a transfer of one megabyte between two ends of a link. */
function transfer({ faults = {}, seed = 1, lost = [], seconds = 60, ...more }: Options): Transfer {
  const time = new VirtualTime();
  const clock = new SimClock(time);
  const reports: FlowReport[] = [];
  const report = (one: FlowReport): void => void reports.push(one);
  const settings = { port: 5001, size: { bytes: 1e6 }, rate: undefined, mtu: () => 1040, ...more };
  const [a, b] = ["100.64.0.1", "100.64.0.2"];
  const link = (name: string, receive: (packet: Uint8Array) => void, isLost: (number: number) => boolean) => {
    const model = new SimLink(0, 1, faults, streamOf(seed, name));
    let number = 0;
    return (packet: Uint8Array): void => {
      if (isLost(number++) || model.drawsLoss()) return;
      const leaves = model.departure(time.now, packet.length);
      if (leaves !== undefined) time.add(model.arrival(leaves, model.drawsHoldBack()), { fire: () => receive(packet) });
    };
  };
  const parsed = (packet: Uint8Array) => {
    const read = readIpv4(packet);
    if (read === undefined) throw new Error("a packet with a wrong checksum");
    return read;
  };
  const ends: { client?: TcpClient } = {};
  const back = link(
    "back",
    (packet) => ends.client?.take(parsed(packet)),
    () => false,
  );
  const server = new TcpServer({ ...settings, source: b, destination: a }, clock, back, report);
  const forth = link(
    "forth",
    (packet) => server.take(parsed(packet)),
    (number) => lost.includes(number),
  );
  ends.client = new TcpClient({ ...settings, source: a, destination: b }, clock, forth, report);
  expect(time.runUntil(seconds)).toEqual({ kind: "reached" });
  const sum = (of: (one: FlowReport) => number): number => reports.reduce((total, one) => total + of(one), 0);
  return {
    receivedBytes: sum((one) => (one.kind === "received" ? one.bytes : 0)),
    completedAt: reports.find(({ kind }) => kind === "completed")?.at,
    retransmitted: sum((one) => (one.kind === "sent" ? one.retransmitted : 0)),
    sent: sum((one) => (one.kind === "sent" ? one.packets : 0)),
    roundTrips: reports.flatMap((one) => (one.kind === "sent" ? one.delays : [])),
  };
}

describe("a transfer", () => {
  test("fills a link with a rate, and sends nothing again if no queue overflows", () => {
    const { receivedBytes, completedAt, retransmitted } = transfer({
      faults: { delay: 0.01, rate: 8e6, queue: 10 },
    });
    expect([receivedBytes, retransmitted]).toEqual([1e6, 0]);
    // A megabyte at 8 Mbit/s takes one second; headers and slow start add to it.
    expect(completedAt).toBeGreaterThan(1);
    expect(completedAt).toBeLessThan(1.2);
  });

  test("takes one round trip for the handshake, then doubles its window in each: three segments, six, twelve", () => {
    const { completedAt, sent } = transfer({ faults: { delay: 0.05 }, size: { bytes: 21_000 } });
    // Three windows of 3, 6 and 12 segments of 1000 bytes; acknowledgements of every second segment slow the growth a little.
    expect(sent).toBe(22);
    expect(completedAt).toBeGreaterThan(0.3);
    expect(completedAt).toBeLessThan(0.5);
  });

  test("repairs a single loss by fast retransmission, without a timeout", () => {
    const whole = transfer({ faults: { delay: 0.02, rate: 8e6, queue: 10 } });
    const { receivedBytes, completedAt, retransmitted } = transfer({
      faults: { delay: 0.02, rate: 8e6, queue: 10 },
      lost: [60],
    });
    expect([receivedBytes, retransmitted]).toEqual([1e6, 1]);
    expect((completedAt ?? 0) - (whole.completedAt ?? 0)).toBeLessThan(0.5);
  });

  test("repairs several losses of one window by partial acknowledgements: one segment in each round trip", () => {
    const { receivedBytes, retransmitted } = transfer({
      faults: { delay: 0.02, rate: 8e6, queue: 10 },
      lost: [60, 62, 64, 66],
    });
    expect([receivedBytes, retransmitted]).toEqual([1e6, 4]);
  });

  test("waits for its timer if the last segments are lost", () => {
    // The packets of the sender: SYN, acknowledgement, five segments.
    const { receivedBytes, completedAt, retransmitted } = transfer({
      faults: { delay: 0.01 },
      size: { bytes: 5000 },
      lost: [6],
    });
    expect([receivedBytes, retransmitted]).toEqual([5000, 1]);
    expect(completedAt).toBeGreaterThan(0.2);
  });

  test("doubles the timeout of a lost SYN, and begins the data with three seconds", () => {
    const { completedAt, retransmitted } = transfer({ faults: { delay: 0.01 }, size: { bytes: 1000 }, lost: [0, 1] });
    expect(retransmitted).toBe(2);
    expect(completedAt).toBeCloseTo(1 + 2 + 0.03, 5);
    const again = transfer({ faults: { delay: 0.01 }, size: { bytes: 1000 }, lost: [0, 3] });
    expect(again.completedAt).toBeCloseTo(1 + 3 + 0.03, 5);
  });

  test.for([0.005, 0.01, 0.02])("at a loss of %f follows the square root law of Mathis et al.", (loss) => {
    const seconds = 120;
    const { receivedBytes } = transfer({
      faults: { delay: 0.05, loss },
      size: { seconds },
      seconds: seconds + 1,
    });
    const throughput = receivedBytes / seconds;
    // MSS / RTT * sqrt(3 / (2 p)): the window grows by the acknowledged bytes, so delayed acknowledgements do not slow it.
    const predicted = (1000 / 0.1) * Math.sqrt(3 / (2 * loss));
    expect(throughput / predicted).toBeGreaterThan(0.7);
    expect(throughput / predicted).toBeLessThan(1.2);
  });

  test("arrives whole whatever the link does", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const faults = { delay: 0.02, jitter: 0.01, loss: 0.05, reorder: 0.1, holdBack: 0.05, rate: 4e6, queue: 0.05 };
      const { receivedBytes, completedAt } = transfer({ faults, seed, size: { bytes: 100_000 }, seconds: 600 });
      expect([seed, receivedBytes]).toEqual([seed, 100_000]);
      expect(completedAt).toBeDefined();
    }
  });

  test("with a rate has this throughput, and stops at its duration", () => {
    const { receivedBytes, completedAt } = transfer({ faults: { delay: 0.01 }, rate: 1e6, size: { seconds: 4 } });
    expect(receivedBytes).toBeGreaterThan(0.97 * 500_000);
    expect(receivedBytes).toBeLessThan(1.03 * 500_000);
    expect(completedAt).toBeCloseTo(4, 0);
  });

  test("measures the round trip of the link", () => {
    const { roundTrips } = transfer({ faults: { delay: 0.03 } });
    expect(Math.min(...roundTrips)).toBeCloseTo(0.06, 6);
    // An acknowledgement may be delayed by 40 ms.
    expect(Math.max(...roundTrips)).toBeLessThanOrEqual(0.1001);
  });
});

describe("the retransmission timeout", () => {
  test("is one second before the first sample, then the smoothed round trip and four deviations, at least 200 ms", () => {
    const estimator = new RttEstimator();
    expect(estimator.timeout).toBe(1);
    estimator.add(0.4);
    expect(estimator.timeout).toBeCloseTo(0.4 + 4 * 0.2, 9);
    estimator.add(0.8);
    // Deviation 3/4 * 0.2 + 1/4 * 0.4, round trip 7/8 * 0.4 + 1/8 * 0.8.
    expect(estimator.timeout).toBeCloseTo(0.45 + 4 * 0.25, 9);
    const fast = new RttEstimator();
    fast.add(0.001);
    expect(fast.timeout).toBe(0.2);
  });

  test("doubles with each expiry, up to a minute, until the next sample", () => {
    const estimator = new RttEstimator();
    estimator.backOff();
    expect(estimator.timeout).toBe(2);
    for (let times = 0; times < 10; times++) estimator.backOff();
    expect(estimator.timeout).toBe(60);
    estimator.add(0.1);
    expect(estimator.timeout).toBeCloseTo(0.3, 9);
  });
});

describe("the congestion window", () => {
  const SEGMENT = 1000;

  test("begins with 4, 3 or 2 segments, by their size", () => {
    expect([500, 1000, 1500, 3000].map((size) => new NewReno(size).window / size)).toEqual([4, 4, 3, 2]);
  });

  test("doubles per round trip in slow start, and grows by a segment per round trip above the threshold", () => {
    const window = new NewReno(SEGMENT);
    for (let segment = 1; segment <= 4; segment++) window.acknowledge(SEGMENT, segment * SEGMENT, 0, true);
    expect(window.window).toBe(8 * SEGMENT);
    window.timedOut(8 * SEGMENT, 20 * SEGMENT, true);
    expect(window.window).toBe(SEGMENT);
    // The threshold is half of the flight: four segments.
    for (let segment = 1; segment <= 3; segment++) window.acknowledge(SEGMENT, 20_000 + segment * SEGMENT, 0, true);
    expect(window.window).toBe(4 * SEGMENT);
    for (let segment = 4; segment <= 7; segment++) window.acknowledge(SEGMENT, 20_000 + segment * SEGMENT, 0, true);
    expect(window.window).toBe(5 * SEGMENT);
  });

  test("does not grow while the application leaves it unused", () => {
    const window = new NewReno(SEGMENT);
    window.acknowledge(SEGMENT, SEGMENT, 0, false);
    expect(window.window).toBe(4 * SEGMENT);
  });

  test("is halved at the third duplicate, inflated by further ones, and deflated at the end of the recovery", () => {
    const window = new NewReno(SEGMENT);
    const duplicate = (): boolean => window.duplicate(1000, 10 * SEGMENT, 11_000);
    // The first two duplicates let two new segments leave.
    expect([duplicate(), duplicate(), window.window]).toEqual([false, false, 6 * SEGMENT]);
    expect([duplicate(), window.window, window.isRecovering]).toEqual([true, 8 * SEGMENT, true]);
    expect([duplicate(), window.window]).toEqual([false, 9 * SEGMENT]);
    // A partial acknowledgement of two segments asks for the next one, and deflates the window by one.
    expect([window.acknowledge(2 * SEGMENT, 3000, 8 * SEGMENT, true), window.window]).toEqual([true, 8 * SEGMENT]);
    expect([window.acknowledge(9 * SEGMENT, 12_000, 0, true), window.isRecovering]).toEqual([false, false]);
    expect(window.window).toBeLessThanOrEqual(5 * SEGMENT);
  });

  test("is not halved twice for the losses of one window", () => {
    const window = new NewReno(SEGMENT);
    window.timedOut(10 * SEGMENT, 11_000, true);
    const answers = [1, 2, 3, 4].map(() => window.duplicate(5000, 4 * SEGMENT, 11_000));
    expect(answers).toEqual([false, false, false, false]);
  });
});

test("numbers of bytes beyond 2^32 are extended to the nearest full number", () => {
  const full = 3 * 2 ** 32 + 17;
  expect(fullNumber(shortNumber(full), full - 1_000_000)).toBe(full);
  expect(fullNumber(shortNumber(full), full + 1_000_000)).toBe(full);
});

test("a segment with a header beyond its bytes is no segment", () => {
  expect(readSegment(new Uint8Array(19))).toBeUndefined();
  const long = new Uint8Array(20);
  long[12] = 0xf0;
  expect(readSegment(long)).toBeUndefined();
});

test("duplicates of a datagram are recognised, also out of order", () => {
  const numbers = new RecentNumbers(8);
  expect([0, 2, 1, 2, 0, 9, 1, 3].map((number) => numbers.add(number))).toEqual([
    true,
    true,
    true,
    false,
    false,
    true,
    false,
    true,
  ]);
});
