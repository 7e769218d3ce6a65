import { expect, test } from "vitest";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";
import { startNode } from "../observe/start-node.ts";

const SHUTDOWN_RULES = `
overlay o.
materialize(member, infinity, infinity, keys(1)).
materialize(ended, infinity, infinity, keys(1)).
member("friend:1").
say: bye@To("me") :- shutdown(), member(To).
note: ended(1) :- shutdown().
`;

test("a shutdown raises its event in every module, runs the steps that follow, and then stops the node", async () => {
  const { node, world } = startNode(SHUTDOWN_RULES);
  await node.shutdown(1);
  expect(world.datagrams.sent.map(({ to }) => to)).toEqual(["friend:1"]);
  expect(node.rows("o.ended")).toEqual([[1]]);
  await node.shutdown(1);
  node.insert("o.member", ["other:1"]);
  expect(world.datagrams.sent).toHaveLength(1);
  expect(node.rows("o.member")).toEqual([["friend:1"]]);
});

test("the network cannot raise the shutdown event", () => {
  const { node, world } = startNode(SHUTDOWN_RULES);
  const forged = new DatagramBuilder(1400);
  forged.add({ predicate: eventSpec("shutdown", 0), args: [], isDelete: false });
  for (const bytes of forged.take()) world.datagrams.deliver(bytes, "stranger:1");
  expect(node.metrics().elements.find(({ element }) => element === "NetworkIn")?.dropped).toEqual({
    "not accepted": 1,
  });
  expect(node.rows("o.ended")).toEqual([]);
});
