import { expect, test } from "vitest";
import { TracedDatagrams } from "../../runtime/device/traced-datagrams.ts";
import { HandClock, NotedDatagrams } from "./wrapped-datagrams.ts";

test("what is sent and what is received is recorded, and crosses all the same", async () => {
  const clock = new HandClock();
  const inner = new NotedDatagrams(clock);
  const trace: string[] = [];
  const traced = new TracedDatagrams(inner, clock, ({ time, way, peer, bytes }) => {
    trace.push(`${time} ${way} ${peer} ${Buffer.from(bytes).toString()}`);
  });
  traced.onDatagram(({ from }) => traced.send(from, Buffer.from("pong")));
  clock.goTo(2);
  inner.receive({ bytes: Buffer.from("ping"), from: "10.0.0.2:1" });
  await traced.close();
  expect(trace).toEqual(["2 received 10.0.0.2:1 ping", "2 sent 10.0.0.2:1 pong"]);
  expect(inner.sent).toEqual([{ time: 2, to: "10.0.0.2:1", text: "pong" }]);
  expect([traced.address, traced.counters, inner.closed]).toEqual([inner.address, inner.counters, true]);
});
