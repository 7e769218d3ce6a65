/** `i3-private.mzl`: private ids near the receiver, the shortcut, and receivers that move. */
import { describe, expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { ADDRESSES, ALICE, BOB, CAROL, idOf, IndirectionNetwork, SERVERS } from "./i3-network.ts";

const BOTH = [idOf("alice"), idOf("bob")];

function network(direct: boolean): IndirectionNetwork {
  const net = new IndirectionNetwork("test/sim/i3-private-client.mzl", { DIRECT: String(direct) }, BOTH);
  net.trigger(ALICE, idOf("alice"));
  net.trigger(BOB, idOf("bob"));
  net.pass(10);
  return net;
}

describe("a node that sends to a public id", () => {
  test("learns the private id of the receiver, whose server is the nearest that it has sampled", () => {
    const net = network(false);
    const [[best] = []] = net.rows(BOB, "i3private.bestPT");
    const [rtt, server, id] = best as [number, string, bigint];
    const samples = net.rows(BOB, "i3private.sample");
    expect(samples.length).toBeGreaterThan(2);
    expect(rtt).toBe(Math.min(...samples.map((sample) => sample[2] as number)));
    expect(net.rows(server, "i3.stored").map((row) => row[1])).toContain(id);
    expect(net.rows(ALICE, "i3.better")).toContainEqual([idOf("bob"), sha1(BOB), [id]]);
    net.say(ALICE, idOf("bob"), "hello");
    expect(net.got(BOB)).toEqual(["hello"]);
  });

  test("sends by the shortcut without any server", () => {
    const net = network(true);
    expect(net.rows(ALICE, "i3.better")).toContainEqual([idOf("bob"), sha1(BOB), [BOB]]);
    for (const server of SERVERS) net.crash(server);
    net.say(ALICE, idOf("bob"), "hello");
    expect(net.got(BOB)).toEqual(["hello"]);
  });

  test("sends by the public id again when the receiver no longer answers", () => {
    const net = network(true);
    net.crash(BOB);
    net.pass(8);
    expect(net.rows(ALICE, "i3.better").map(([id]) => id)).toEqual([idOf("alice")]);
  });

  test.each([false, true])("reaches a receiver that has moved within five seconds (shortcut: %s)", (direct) => {
    const net = network(direct);
    const moved = "10.0.0.77:10000";
    net.simulation.host(BOB).move(moved, undefined);
    net.pass(5);
    net.say(ALICE, idOf("bob"), "hello");
    expect(net.got(BOB)).toEqual(["hello"]);
    expect(ADDRESSES.flatMap((one) => net.rows(one, "i3.stored")).map((row) => row[3])).toContainEqual([moved]);
  });

  test.each([false, true])("reaches each of several receivers of the id (shortcut: %s)", (direct) => {
    const net = network(direct);
    net.trigger(CAROL, idOf("bob"));
    net.pass(10);
    expect(net.rows(ALICE, "i3.better").filter(([id]) => id === idOf("bob")).length).toBe(2);
    net.say(ALICE, idOf("bob"), "hello");
    expect([net.got(BOB), net.got(CAROL)]).toEqual([["hello"], ["hello"]]);
    net.crash(BOB);
    net.pass(8);
    net.say(ALICE, idOf("bob"), "again");
    expect(net.got(CAROL)).toEqual(["hello", "again"]);
  });

  test("loses no packet when the private id changes", () => {
    const net = network(false);
    const texts = Array.from({ length: 100 }, (_, at) => `text ${at}`);
    for (const text of texts) net.say(ALICE, idOf("bob"), text);
    expect(net.got(BOB)).toEqual(texts);
    expect(net.rows(BOB, "i3.trigger").length).toBe(2);
  });
});
