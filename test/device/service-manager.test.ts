import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { serviceManager } from "../../runtime/device/service-manager.ts";
import { MosaicProcess } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

/** Prints each received message as a line of JSON. */
const LISTENER = `
import json, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1].replace("@", "\\0"))
print("listening", flush=True)
while True:
    print(json.dumps(manager.recv(4096).decode()), flush=True)
`;

const lacking = needs("python3", "addon");

/** Starts a service manager that only receives. */
async function fakeManager(path: string): Promise<readonly string[]> {
  const listener = spawn("python3", ["-c", LISTENER, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void listener.kill());
  const messages: string[] = [];
  const lines = createInterface({ input: listener.stdout });
  await once(lines, "line");
  lines.on("line", (line) => messages.push(JSON.parse(line) as string));
  return messages;
}

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-notify-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "notify");
}

describe("a service", () => {
  test.for(["path", "abstract"] as const)("reports its state to a socket: %s", async (kind, { skip }) => {
    skip(lacking !== undefined, lacking);
    const path = kind === "path" ? socketPath() : `@mosaic-test-${process.pid}`;
    const messages = await fakeManager(path);
    const manager = serviceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "40000" }, 7);
    manager?.ready("running a.mzl\nREADY=0");
    await vi.waitFor(() => expect(messages.length).toBeGreaterThan(2));
    manager?.stopping();
    await vi.waitFor(() => expect(messages.at(-1)).toBe("STOPPING=1"));
    expect(messages[0]).toBe("READY=1\nSTATUS=running a.mzl READY=0");
    expect(new Set(messages.slice(1, -1))).toEqual(new Set(["WATCHDOG=1"]));
  });

  test("whose watchdog has a limit of weeks sends no flood of reports", async ({ skip }) => {
    skip(lacking !== undefined, lacking);
    const path = socketPath();
    const messages = await fakeManager(path);
    const manager = serviceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: String(60 * 86_400e6) }, 7);
    manager?.ready("");
    await new Promise((resolve) => setTimeout(resolve, 50));
    manager?.stopping();
    await vi.waitFor(() => expect(messages.at(-1)).toBe("STOPPING=1"));
    expect(messages).toHaveLength(2);
  });

  test("reports that it reloads on SIGHUP, with the monotonic time, and that it is ready again", async ({ skip }) => {
    skip(lacking !== undefined, lacking);
    const path = socketPath();
    const messages = await fakeManager(path);
    const args = ["run", "ping.mzl", "--listen", "127.0.0.1:0", "--no-control"];
    const node = new MosaicProcess(args, ["env", `NOTIFY_SOCKET=${path}`]);
    await vi.waitFor(() => expect(messages).toHaveLength(1), { timeout: 30_000 });
    node.kill("SIGHUP");
    await vi.waitFor(() => expect(messages).toHaveLength(3), { timeout: 30_000 });
    expect(messages[1]).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    expect(messages[2]).toMatch(/^READY=1\nSTATUS=running ping\.mzl/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  });

  test("has no manager without NOTIFY_SOCKET, and no watchdog if it is for another process", async ({ skip }) => {
    skip(lacking !== undefined, lacking);
    expect(serviceManager({}, 7)).toBeUndefined();
    expect(serviceManager({ NOTIFY_SOCKET: "relative" }, 7)).toBeUndefined();
    const path = socketPath();
    const messages = await fakeManager(path);
    serviceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: "2000", WATCHDOG_PID: "8" }, 7)?.ready("");
    serviceManager({ NOTIFY_SOCKET: path }, 7)?.stopping();
    await vi.waitFor(() => expect(messages).toEqual(["READY=1\nSTATUS=", "STOPPING=1"]));
    expect(() => serviceManager({ NOTIFY_SOCKET: "/nobody/listens" }, 7)?.ready("")).not.toThrow();
    expect(() => serviceManager({ NOTIFY_SOCKET: `/${"x".repeat(200)}` }, 7)?.ready("")).not.toThrow();
  });

  test("reports ready when the node runs, and stopping after SIGTERM", async ({ skip }) => {
    skip(lacking !== undefined, lacking);
    const path = socketPath();
    const messages = await fakeManager(path);
    const node = new MosaicProcess(["run", "ping.mzl", "--listen", "127.0.0.1:0"], ["env", `NOTIFY_SOCKET=${path}`]);
    await vi.waitFor(() => expect(messages).toHaveLength(1), { timeout: 30_000 });
    expect(messages[0]).toMatch(/^READY=1\nSTATUS=running ping\.mzl as 127\.0\.0\.1:\d+$/);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
    await vi.waitFor(() => expect(messages[1]).toBe("STOPPING=1"));
    expect(existsSync(path)).toBe(true);
  });
});
