import { expect, test } from "vitest";
import { TracedDatagrams } from "../../runtime/observe/traced-datagrams.ts";
import { manualWorld } from "../session/manual-world.ts";

test("sent and received datagrams are recorded and passed on", () => {
  const { clock, datagrams: inner } = manualWorld("10.0.0.1:1");
  const trace: string[] = [];
  const traced = new TracedDatagrams(inner, clock, ({ time, way, peer, bytes }) => {
    trace.push(`${time} ${way} ${peer} ${Buffer.from(bytes).toString()}`);
  });
  const pong = Buffer.from("pong");
  traced.onDatagram(({ from }) => traced.send(from, pong));
  clock.advance(2);
  inner.deliver(Buffer.from("ping"), "10.0.0.2:1");
  expect(trace).toEqual(["2 received 10.0.0.2:1 ping", "2 sent 10.0.0.2:1 pong"]);
  expect(inner.sent).toEqual([{ to: "10.0.0.2:1", bytes: pong }]);
  expect([traced.address, traced.counters]).toEqual([inner.address, inner.counters]);
});

test("path probes are recorded if the world has them", () => {
  const { clock, datagrams } = manualWorld("10.0.0.1:1");
  const trace: string[] = [];
  const record = ({ way, bytes }: { readonly way: string; readonly bytes: Uint8Array }): void => {
    trace.push(`${way} ${bytes.length}`);
  };
  expect(new TracedDatagrams(datagrams, clock, record).probe).toBeUndefined();
  const narrow = Object.assign(datagrams, { probe: (_: string, bytes: Uint8Array) => bytes.length < 3 });
  const traced = new TracedDatagrams(narrow, clock, record);
  expect([2, 3].map((size) => traced.probe?.("10.0.0.2:1", new Uint8Array(size)))).toEqual([true, false]);
  expect(trace).toEqual(["sent 2", "sent 3"]);
});
