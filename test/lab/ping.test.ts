import { describe, expect, test } from "vitest";
import { PingLines } from "../../lab/kernel/ping-line.ts";
import { PingRecord } from "../../lab/outcome/ping-record.ts";

/** Parses output of a ping with one request per second that started 5 s before the lab's time 0. */
function read(text: string): readonly string[] {
  const lines = new PingLines(1, (time) => time - 1_700_000_005);
  return text.split("\n").flatMap((line) => {
    const report = lines.read(line);
    return report === undefined
      ? []
      : [`${report.kind} ${report.sequence} at ${report.at.toFixed(3)}, sent ${report.sentAt.toFixed(3)}`];
  });
}

describe("the parser of ping output", () => {
  test("reports replies, and requests that are missing when the next one is sent", () => {
    const reports = read(`PING 100.64.0.2 (100.64.0.2) 56(84) bytes of data.
[1700000006.500000] 64 bytes from 100.64.0.2: icmp_seq=1 ttl=64 time=0.500 ms
[1700000008.000000] no answer yet for icmp_seq=2
[1700000009.000000] From 100.64.0.1 icmp_seq=3 Destination Host Unreachable
[1700000009.250000] 64 bytes from 100.64.0.2: icmp_seq=4 ttl=64 time=250 ms (DUP!)

--- 100.64.0.2 ping statistics ---
4 packets transmitted, 2 received, 50% packet loss, time 3000ms`);
    expect(reports).toEqual([
      "reply 1 at 1.500, sent 1.500",
      "missing 2 at 3.000, sent 2.000",
      "missing 3 at 4.000, sent 3.000",
      "reply 4 at 4.250, sent 4.000",
    ]);
  });

  test("extends sequence numbers of 16 bits across wraps, also for late replies", () => {
    const line = (sequence: number): string =>
      `[1700000006.0] 64 bytes from 1.2.3.4: icmp_seq=${sequence} ttl=64 time=1 ms`;
    const reports = read([1, 30_000, 60_000, 65_535, 0, 65_534, 1, 30_000, 60_000, 3].map(line).join("\n"));
    const sequences = reports.map((report) => Number(report.split(" ")[1]));
    expect(sequences).toEqual([1, 30_000, 60_000, 65_535, 65_536, 65_534, 65_537, 95_536, 125_536, 131_075]);
  });

  test("ignores all other lines", () => {
    expect(read("ping: connect: Network is unreachable\n[1700] icmp_seq=\n\u0000")).toEqual([]);
  });
});

/** Returns a record of one request per 100 ms: `!` is answered after 20 ms, `~` after 150 ms, `.` never. */
function recordOf(requests: string): PingRecord {
  const record = new PingRecord();
  for (const [index, outcome] of requests.split("").entries()) {
    const sentAt = index / 10;
    const sequence = index + 1;
    if (outcome !== "!") record.add({ kind: "missing", sequence, sentAt, at: sentAt + 0.1 });
    if (outcome !== ".") record.add({ kind: "reply", sequence, sentAt, at: sentAt + (outcome === "!" ? 0.02 : 0.15) });
  }
  return record;
}

describe("the record of a ping", () => {
  test("counts late replies, and replies to requests it has not seen", () => {
    const record = recordOf("!!~.!");
    expect([record.sent, record.lost]).toEqual([5, 1]);
    expect(record.recent(3)).toEqual([true, false, true]);
    expect(record.roundTrips.map((time) => time.toFixed(2))).toEqual(["0.02", "0.02", "0.02", "0.15"]);
  });

  test.each([
    ["no request is lost", "!!!!!!", "0 s, 0 lost"],
    ["losses before it do not count", "!.!!!!", "0 s, 0 lost"],
    ["a request that is under way at the event is lost", "~!.!!!", "0.07 s, 1 lost"],
    ["it ends when a later request is answered", "!!!..!", "0.27 s, 2 lost"],
    ["no later request is answered", "!!!...", "Infinity s, 3 lost"],
    ["there is no later request", "!!!", "Infinity s, 0 lost"],
  ])("an outage from 0.25 s: %s", (_, requests, outage) => {
    const { seconds, lost } = recordOf(requests).outageFrom(0.25);
    expect(`${Number(seconds.toFixed(2))} s, ${lost} lost`).toBe(outage);
  });

  test.each([
    ["no request is lost", "!!!!!!", 0],
    ["losses before it do not count", "!..!!!", 0],
    ["the longest of several counts", "!!!.!!...!!.!", 0.32],
    ["no later request is answered", "!!!...", 0.2],
  ])("the longest outage from 0.25 s on: %s", (_, requests, seconds) => {
    expect(recordOf(requests).longestOutageFrom(0.25)).toBeCloseTo(seconds);
  });
});
