import { describe, expect, test } from "vitest";
import { FaultyDatagrams, type Faults } from "../../runtime/device/faulty-datagrams.ts";
import { HandClock, NotedDatagrams } from "./wrapped-datagrams.ts";

describe("datagrams over a bad link", () => {
  test("without faults go at once", () => {
    const { sent } = run({}, 3);
    expect(lines(sent)).toEqual(["0.00 n0", "0.01 n1", "0.02 n2"]);
  });

  test("are late by the delay", () => {
    const { sent } = run({ delay: 0.05 }, 3);
    expect(lines(sent)).toEqual(["0.05 n0", "0.06 n1", "0.07 n2"]);
  });

  test("with jitter stay in order, within its bounds", () => {
    const { sent } = run({ delay: 0.1, jitter: 0.05 }, 500);
    expect(sent.map(({ text }) => text)).toEqual(Array.from({ length: 500 }, (_, i) => `n${i}`));
    const delays = sent.map(({ time }, i) => time - i / 100);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0.05 - 1e-9);
    expect(Math.max(...delays)).toBeLessThanOrEqual(0.15 + 1e-9);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(0.05);
  });

  test("get lost as often as asked for", () => {
    const { sent, faults } = run({ loss: 0.25 }, 4000);
    expect(faults.lost + sent.length).toBe(4000);
    expect(faults.lost / 4000).toBeCloseTo(0.25, 1);
  });

  test("come twice as often as asked for", () => {
    const { sent, faults } = run({ duplicate: 0.1 }, 4000);
    expect(sent).toHaveLength(4000 + faults.duplicated);
    expect(faults.duplicated / 4000).toBeCloseTo(0.1, 1);
  });

  test("that are held back are overtaken", () => {
    const { sent, faults } = run({ reorder: 0.1, holdBack: 0.025 }, 1000);
    const overtaken = sent.filter(({ time }, i) => time > 0.01 * Number(sent[i]?.text.slice(1)) + 0.02);
    expect(sent).toHaveLength(1000);
    expect(overtaken).toHaveLength(faults.heldBack);
    expect(faults.heldBack / 1000).toBeCloseTo(0.1, 1);
  });

  test("meet the same faults with the same seed, others with another", () => {
    const faults = { loss: 0.2, duplicate: 0.2, delay: 0.03, jitter: 0.02, reorder: 0.2 };
    expect(run(faults, 200, 7)).toEqual(run(faults, 200, 7));
    expect(run(faults, 200, 7)).not.toEqual(run(faults, 200, 8));
  });

  test("that are on their way when it is closed are lost", async () => {
    const clock = new HandClock();
    const inner = new NotedDatagrams(clock);
    const faulty = new FaultyDatagrams(inner, clock, { delay: 1 }, 1);
    faulty.send("10.0.0.2:1", Buffer.from("x"));
    await faulty.close();
    clock.goTo(2);
    expect([inner.sent, inner.closed]).toEqual([[], true]);
  });

  test("come in as they are", () => {
    const clock = new HandClock();
    const inner = new NotedDatagrams(clock);
    const faulty = new FaultyDatagrams(inner, clock, { loss: 1 }, 1);
    const arrived: string[] = [];
    faulty.onDatagram(({ from }) => arrived.push(from));
    inner.receive({ bytes: new Uint8Array(1), from: "10.0.0.2:1" });
    expect([arrived, faulty.address, faulty.maxPayload]).toEqual([["10.0.0.2:1"], inner.address, 1452]);
  });
});

/** Sends n0, n1, ... one every 10 ms. */
function run(faults: Faults, count: number, seed = 1): Pick<FaultyDatagrams, "faults"> & Pick<NotedDatagrams, "sent"> {
  const clock = new HandClock();
  const inner = new NotedDatagrams(clock);
  const faulty = new FaultyDatagrams(inner, clock, faults, seed);
  for (let i = 0; i < count; i++) {
    clock.goTo(i / 100);
    faulty.send("10.0.0.2:1", Buffer.from(`n${i}`));
  }
  clock.goTo(count);
  return { faults: faulty.faults, sent: inner.sent };
}

function lines(sent: NotedDatagrams["sent"]): readonly string[] {
  return sent.map(({ time, text }) => `${time.toFixed(2)} ${text}`);
}
