/** Topologies of gateways in lab/demo that take longer, in network namespaces. */
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { runScene } from "./scenes.ts";

const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc");

test.for(["anycast", "source-route", "flow", "figure5"])(
  "%s passes its checks in namespaces",
  { timeout: 180_000 },
  async (name, { skip }) => {
    skip(reason !== undefined, reason);
    expect(await runScene(name)).toBeUndefined();
  },
);
