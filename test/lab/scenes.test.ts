/** Topologies of gateways in lab/demo, in network namespaces. `scenes.long.test.ts` has those that take longer. */
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { runScene } from "./scenes.ts";

const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc");

test.for(["wrong-entry"])("%s passes its checks in namespaces", async (name, { skip }) => {
  skip(reason !== undefined, reason);
  expect(await runScene(name)).toBeUndefined();
});
