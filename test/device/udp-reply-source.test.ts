/** Datagrams of a socket that is bound to all addresses leave from the address to which the peer has sent. */
import { expect, test, vi } from "vitest";
import type { UdpOptions } from "../../runtime/device/udp.ts";
import { parseHostPort } from "../../runtime/plan/values/host-port.ts";
import { segmentsOf, type Train, trainOf } from "../../runtime/plan/values/train.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { bytesOf, openSocket } from "./open-socket.ts";

const NO_BYTES = new Uint8Array(0);
const TRAIN = trainOf(Array.from({ length: 20 }, () => new Uint8Array(1_000))) as Train;

/** Sources of the datagrams that arrive, one each. */
function sources(socket: Datagrams): readonly string[] {
  const seen: string[] = [];
  socket.onDatagram(({ bytes, from }) => seen.push(...segmentsOf(bytes).map(() => from)));
  return seen;
}

/** Ways to send datagrams to an address, and their number. */
const WAYS: Readonly<Record<string, (socket: Datagrams, to: string) => number>> = {
  "a datagram": (socket, to) => {
    socket.send(to, bytesOf("x"));
    return 1;
  },
  "datagrams of different lengths": (socket, to) => {
    for (const text of ["x", "xx", "x"]) socket.send(to, bytesOf(text), 2);
    return 3;
  },
  "a train": (socket, to) => {
    const around = { head: NO_BYTES, tail: NO_BYTES, lastHead: NO_BYTES, lastTail: NO_BYTES };
    socket.sendTrain?.(to, { train: TRAIN, ...around }, 2);
    return 20;
  },
  "a probe": (socket, to) => {
    socket.probe?.(to, bytesOf("x"));
    return 1;
  },
};

/** A datagram on the loopback interface arrives within a millisecond. */
const WAIT = { interval: 2 };

const OPTIONS: readonly UdpOptions[] = [{}, { gso: false, gro: false, steers: false }];

test.each(
  ["0.0.0.0:0", "[::]:0"].flatMap((listen) =>
    Object.keys(WAYS).flatMap((way) => OPTIONS.map((options) => [way, listen, options] as const)),
  ),
)("%s of %s leaves from the address that was asked, with %j", async (way, listen, options) => {
  const reason = needs("addon", ...(listen.startsWith("[") ? ["IPv6"] : []));
  if (reason !== undefined) return;
  const server = await openSocket(listen, { trains: true, ...options });
  const client = await openSocket("127.0.0.1:0", { trains: true });
  const bound = parseHostPort(server.address);
  const port = bound.ok ? bound.at.port : 0;
  const asked = sources(server);
  const answered = sources(client);
  for (const host of ["127.0.0.2", "127.0.0.3", "127.0.0.1"]) {
    const before = [asked.length, answered.length] as const;
    client.send(`${host}:${port}`, bytesOf("ask"));
    await vi.waitFor(() => expect(asked.length).toBe(before[0] + 1), WAIT);
    const count = WAYS[way]?.(server, client.address) ?? 0;
    await vi.waitFor(() => expect(answered.length).toBe(before[1] + count), WAIT);
    expect(new Set(answered.slice(before[1]))).toEqual(new Set([`${host}:${port}`]));
  }
});

const UDP = new URL("../../runtime/device/udp.ts", import.meta.url).href;

/** Asks both addresses of the host, removes the second one, and prints the sources of the answers. */
const SCRIPT = `
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { openUdp } from "${UDP}";
const socketAt = async (at) => (await openUdp(at, { trains: true })).datagrams;
for (const [listen, self, first, second] of [
  ["0.0.0.0:7000", "10.9.0.1", "10.9.0.2", "10.9.0.3"],
  ["[::]:7001", "[fd09::1]", "[fd09::2]", "[fd09::3]"],
]) {
  const port = listen.split(":").at(-1);
  const server = await socketAt(listen);
  const client = await socketAt(self + ":" + port.replace("7", "8"));
  server.onDatagram(({ from }) => server.send(from, Buffer.from("answer")));
  const seen = [];
  client.onDatagram(({ from }) => seen.push(from));
  const ask = async (host) => {
    const { length } = seen;
    client.send(host + ":" + port, Buffer.from("ask"));
    while (seen.length === length) await sleep(5);
  };
  await ask(second);
  await ask(first);
  await ask(second);
  spawnSync("ip", ["addr", "del", second.replace(/[\\[\\]]/g, "") + (second.includes(":") ? "/128" : "/32"), "dev", "lo"]);
  const { length } = seen;
  server.send(client.address, Buffer.from("without the address"));
  while (seen.length === length) await sleep(5);
  print([...seen.slice(0, 3), seen.at(-1) !== seen[2], [...server.counters.failed]]);
  await server.close();
  await client.close();
}
`;

test("a host with several addresses answers from each, and from another one when it has lost the address", async ({
  skip,
}) => {
  const reason = needs("root", "network namespaces", "addon", "ip", "IPv6");
  skip(reason !== undefined, reason);
  await using host = new Namespace();
  for (const number of [1, 2, 3]) {
    host.run("ip", "addr", "add", `10.9.0.${number}/32`, "dev", "lo");
    host.run("ip", "addr", "add", `fd09::${number}/128`, "dev", "lo", "nodad");
  }
  expect(await host.result(SCRIPT)).toEqual([
    ["10.9.0.3:7000", "10.9.0.2:7000", "10.9.0.3:7000", true, []],
    ["[fd09::3]:7001", "[fd09::2]:7001", "[fd09::3]:7001", true, []],
  ]);
});
