import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TrafficMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import { DropLog } from "../../../src/cli/run/drop-log.ts";
import { Log, type LogSettings } from "../../../src/cli/terminal/log.ts";

beforeEach(() => vi.useFakeTimers({ now: new Date("2026-01-02T03:04:05Z") }));
afterEach(() => vi.useRealTimers());

function logTo(lines: string[], settings: Partial<LogSettings> = {}): Log {
  return new Log({ level: "info", format: "text", ...settings }, (line) => lines.push(line));
}

test("prints its level and more severe ones, as text", () => {
  const lines: string[] = [];
  const log = logTo(lines, { level: "warn" });
  log.error("no room");
  log.warn("little room");
  log.info("room");
  log.debug("rooms");
  expect(lines).toEqual(["mosaic: no room", "mosaic: warning: little room"]);
});

test("prints one JSON object per line, whatever the message contains", () => {
  const lines: string[] = [];
  logTo(lines, { format: "json" }).warn('said "no"\ntwice', { address: "here:1", count: 2 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    version: 1,
    time: "2026-01-02T03:04:05.000Z",
    level: "warn",
    message: 'said "no"\ntwice',
    address: "here:1",
    count: 2,
  });
});

test("a repeated warning is printed once, then every ten seconds with the number of repetitions", () => {
  const lines: string[] = [];
  const log = logTo(lines);
  const flood = (times: number): void => {
    for (let time = 0; time < times; time++) log.rateLimited("a step passed its limit");
  };
  flood(1000);
  log.rateLimited("another");
  expect(lines).toEqual(["mosaic: warning: a step passed its limit", "mosaic: warning: another"]);
  vi.advanceTimersByTime(10_000);
  expect(lines.slice(2)).toEqual(["mosaic: warning: a step passed its limit (999 times more)"]);
  flood(1);
  log.flush();
  expect(lines.slice(3)).toEqual(["mosaic: warning: a step passed its limit (once more)"]);
  vi.advanceTimersByTime(60_000);
  flood(1);
  expect(lines.slice(4)).toEqual(["mosaic: warning: a step passed its limit"]);
});

describe("drops", () => {
  const flow = (full: number, unsent: number): TrafficMetrics => ({
    elements: [{ element: "Mux", label: "", in: 9, out: 9, dropped: full === 0 ? {} : { "queue full": full } }],
    network: { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: unsent === 0 ? {} : { EPERM: unsent } },
    paths: { asked: 0, answered: 0, answers: 0, stray: 0, changes: 0 },
    tun: null,
    devices: [],
    unknownDevices: {},
    flowCache: null,
  });

  test("are logged by element and reason when they begin, then once a minute", () => {
    const lines: string[] = [];
    let now = flow(0, 0);
    const dropLog = new DropLog(() => now, logTo(lines));
    vi.advanceTimersByTime(5_000);
    expect(lines).toEqual([]);
    now = flow(5, 1);
    vi.advanceTimersByTime(1_000);
    now = flow(500, 1);
    vi.advanceTimersByTime(30_000);
    expect(lines).toEqual([
      "mosaic: warning: Mux dropped, queue full: 5",
      "mosaic: warning: datagrams not sent, EPERM: 1",
    ]);
    vi.advanceTimersByTime(31_000);
    expect(lines.slice(2)).toEqual(["mosaic: warning: Mux dropped, queue full: 495 more, 500 in all"]);
    dropLog.stop();
  });
});
