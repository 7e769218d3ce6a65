import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { Namespace } from "./namespace.ts";

/** Script: an open interface that answers pings until it is stopped. */
const ECHO = `
const opened = open(OPTIONS);
if (opened.ok) echo(opened.tun);
print(opened.ok ? opened.tun.name : opened);
process.once("SIGTERM", async () => {
  await opened.tun.close();
  print(opened.tun.counters);
});
`;

/** Script: an open interface with a packet to read. */
const ONE_PACKET = `
import { createSocket } from "node:dgram";
const { tun } = open();
createSocket("udp4").unref().send("x", 9, "100.64.0.9");
`;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping");
  skip(reason !== undefined, reason);
});

describe("a TUN interface", () => {
  test("is up, with its address and MTU", async () => {
    await using net = new Namespace();
    expect(await net.start(echo({ name: "mesh0", address: "100.64.0.1/10", mtu: 1380 })).next()).toBe("mesh0");
    expect(net.run("ip", "-4", "addr", "show", "mesh0")).toMatch(
      /^\d+: mesh0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1380 [^]*inet 100\.64\.0\.1\/10 /,
    );
  });

  test("requires memory for two of the largest packets", async () => {
    await using net = new Namespace();
    const native = fileURLToPath(new URL("../../native/index.ts", import.meta.url));
    const script = `
import { loadNative } from ${JSON.stringify(native)};
const starts = [131_069, 131_070].map((bytes) => {
  const tun = loadNative().openTun("mosaic%d", false);
  return tun.start(new Uint8Array(bytes), new Uint32Array(64), new Uint8Array(65_545), 1, () => false)?.call ?? "started";
});
print(starts);
process.exit();
`;
    expect(await net.result(script)).toEqual([["start", "started"]]);
  });

  test("is up without address if none is given", async () => {
    await using net = new Namespace();
    await net.start(echo({ address: "" })).next();
    expect(net.run("ip", "-4", "addr", "show", "mosaic0")).not.toContain("inet");
    expect(net.run("ip", "link", "show", "mosaic0")).toContain(",UP,LOWER_UP> mtu 1400 ");
  });

  test("takes the first free name", async () => {
    await using net = new Namespace();
    const names = `const a = open(), b = open({ address: "100.65.0.1/24" }); print([a.tun.name, b.tun.name]);`;
    expect(await net.result(`${names} process.exit()`)).toEqual([["mosaic0", "mosaic1"]]);
  });

  test("carries pings both ways", async () => {
    await using net = new Namespace();
    await net.start(echo({})).next();
    expect(ping(net, "-c", "50", "-i", "0.002", "100.64.0.2")).toBe("50 packets transmitted, 50 received");
    expect(ping(net, "-c", "2", "-i", "0.01", "-s", "1372", "-M", "do", "100.64.0.254")).toContain("2 received");
  });

  test("carries IPv6 pings", async ({ skip }) => {
    skip(needs("IPv6") !== undefined, needs("IPv6"));
    await using net = new Namespace();
    await net.start(echo({ address: "fd00::1/64" })).next();
    expect(net.run("ip", "-6", "addr", "show", "mosaic0")).toContain("inet6 fd00::1/64 scope global");
    expect(ping(net, "-c", "5", "-i", "0.01", "fd00::2")).toBe("5 packets transmitted, 5 received");
  });

  test("carries a flood, batch by batch, and counts it", async () => {
    await using net = new Namespace();
    const session = net.start(echo({}));
    await session.next();
    expect(ping(net, "-f", "-l", "60", "-c", "5000", "100.64.0.2")).toBe("5000 packets transmitted, 5000 received");
    const ended = session.kill("SIGTERM");
    const bytes = expect.toSatisfy((value: number) => value >= 5000 * 84) as number;
    const all = expect.toSatisfy((value: number) => value >= 5000) as number;
    expect(await session.next()).toEqual({
      read: all,
      readBytes: bytes,
      written: 5000,
      writtenBytes: 420_000,
      refused: {},
    });
    expect(await ended).toEqual({ status: 0, stderr: "" });
  });

  test("queues packets until there is a receiver", async () => {
    await using net = new Namespace();
    const late = `const { tun } = open(); print(1); setTimeout(() => echo(tun), 300);`;
    await net.start(late).next();
    expect(ping(net, "-c", "3", "-i", "0.01", "-W", "2", "100.64.0.2")).toBe("3 packets transmitted, 3 received");
  });

  test("survives 10,000 hostile packets", async () => {
    await using net = new Namespace();
    const script = `const { tun } = open(); hostile(tun, 10000); echo(tun); print(tun.counters);`;
    const counters = (await net.start(script).next()) as { written: number; refused: Record<string, number> };
    expect(counters.written + Object.values(counters.refused).reduce((a, b) => a + b)).toBe(10_000);
    expect(Object.keys(counters.refused)).toEqual(["EINVAL"]);
    expect(ping(net, "-c", "1", "100.64.0.2")).toContain("1 received");
  });
});

describe("a TUN interface ends", () => {
  test("by the time it is closed", async () => {
    await using net = new Namespace();
    const script = `
      import { networkInterfaces } from "node:os";
      const { tun } = open();
      const there = () => "mosaic0" in networkInterfaces();
      const before = there();
      echo(tun);
      await Promise.all([tun.close(), tun.close()]);
      tun.write(new Uint8Array(20));
      print([before, there(), tun.counters.refused]);
    `;
    expect(await net.result(script)).toEqual([[true, false, { EBADF: 1 }]]);
  });

  test.for([
    ["is killed", null, `open(); print(1); process.kill(process.pid, "SIGKILL");`],
    ["exits", 0, `echo(open().tun); print(1); process.exit();`],
    ["forgets it", 0, `open(); print(1);`],
    ["throws while it takes a packet", 1, `${ONE_PACKET} tun.onPacket(() => { throw Error("no"); }); print(1);`],
    ["closes it while it takes a packet", 0, `${ONE_PACKET} tun.onPacket(() => void tun.close()); print(1);`],
    [
      "ends the thread that has it",
      0,
      `
      import { Worker } from "node:worker_threads";
      const thread = \`
        import { parentPort } from "node:worker_threads";
        import { echo, open } from "SESSION";
        echo(open().tun);
        parentPort.postMessage(1);
      \`;
      const worker = new Worker(thread, { eval: true });
      worker.once("message", async () => {
        await worker.terminate();
        print(1);
      });
      `,
    ],
  ] as const)("when its process %s", async ([, status, script]) => {
    await using net = new Namespace();
    const session = net.start(script.replace("SESSION", new URL("./tun-session.ts", import.meta.url).href));
    expect(await session.next()).toBe(1);
    expect((await session.ended).status).toBe(status);
    expect(net.run("ip", "-br", "link")).not.toContain("mosaic0");
  });

  test("when somebody deletes it, which is reported once", async () => {
    await using net = new Namespace();
    const script = `
      const { tun } = open();
      echo(tun);
      print(tun.name);
      process.stdin.once("data", () => {
        tun.write(new Uint8Array(20).fill(0x45));
        print(tun.counters.refused);
        print(process.cpuUsage().user < 900_000);
      });
    `;
    const session = net.start(script);
    await session.next();
    net.run("ip", "link", "del", "mosaic0");
    expect(await session.next()).toEqual({ lost: expect.stringMatching(/^EBADFD?$/) });
    session.write("\n");
    expect(await session.next()).toEqual({ EBADFD: 1 });
    expect(await session.next()).toBe(true);
  });

  test("or is only set down: writes are refused and counted, and nothing is reported lost", async () => {
    await using net = new Namespace();
    const script = `
      const { tun } = open();
      echo(tun);
      print(tun.name);
      process.stdin.on("data", () => {
        tun.write(new Uint8Array(20).fill(0x45));
        print(tun.counters.refused);
      });
    `;
    const session = net.start(script);
    await session.next();
    net.run("ip", "link", "set", "mosaic0", "down");
    session.write("\n");
    expect(await session.next()).toEqual({ EIO: 1 });
    net.run("ip", "link", "set", "mosaic0", "up");
    expect(ping(net, "-c", "1", "100.64.0.2")).toContain("1 received");
  });
});

describe("a TUN interface that cannot be opened:", () => {
  test.for([
    [
      "its name is in use",
      `open({ name: "mesh0" }); print(open({ name: "mesh0" })); process.exit();`,
      "EBUSY",
      "cannot open TUN interface mesh0: it is in use by another process",
    ],
    [
      "its name belongs to another kind of interface",
      `print(open({ name: "lo" }));`,
      "EEXIST",
      "cannot open TUN interface lo: an interface of that name exists already, and it is not a TUN interface",
    ],
  ] as const)("%s", async ([, script, code, message]) => {
    await using net = new Namespace();
    expect(await net.result(script)).toEqual([{ ok: false, code, message }]);
  });

  // udev gives the device mode 0666, other systems 0600. The kernel then refuses at different calls.
  test.for([
    ["600", "EACCES"],
    ["666", "EPERM"],
  ] as const)("no permission, device with mode %s", async ([mode, code]) => {
    await using net = new Namespace();
    const script = `open().tun.close(); process.setuid(65534); print(open());`;
    const device = `mount -t tmpfs none /dev/net && mknod -m ${mode} /dev/net/tun c 10 200`;
    const message =
      "cannot open TUN interface: no permission; run as root, with CAP_NET_ADMIN, or inside `unshare -Urn`";
    expect(await net.result(script, device)).toEqual([{ ok: false, code, message }]);
  });

  test("no device", async () => {
    await using net = new Namespace();
    expect(await net.result("print(open());", "mount -t tmpfs none /dev/net")).toEqual([
      {
        ok: false,
        code: "ENOENT",
        message: "cannot open TUN interface: no /dev/net/tun; the kernel or the container has no TUN device",
      },
    ]);
  });

  test("IPv6 is disabled", async ({ skip }) => {
    skip(needs("IPv6") !== undefined, needs("IPv6"));
    await using net = new Namespace();
    const off = "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6";
    expect(await net.result(`print(open({ address: "fd00::1/64" }));`, off)).toMatchObject([
      { ok: false, message: expect.stringContaining("IPv6 is disabled on this machine") },
    ]);
    expect(net.run("ip", "-br", "link")).not.toContain("mosaic0");
  });
});

function echo(options: object): string {
  return ECHO.replace("OPTIONS", JSON.stringify(options));
}

/** Returns the summary of ping, with its error messages. */
function ping(net: Namespace, ...args: readonly string[]): string | undefined {
  return net
    .run("ping", "-n", ...args)
    .match(/\d+ packets transmitted, \d+ received|BAD CHECKSUM|wrong data/g)
    ?.join(", ");
}
