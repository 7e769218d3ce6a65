/** Topologies of lab/alice that take longer: Chord that goes from IP to ron in the simulator, and downloads from Alice in namespaces. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

test("Chord goes from IP to ron while paths fail, and no lookup fails twice", { timeout: 600_000 }, async () => {
  const { code, stdout } = await mosaic("sim", "lab/alice/switch.toml", "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});

const folder = mkdtempSync(join(tmpdir(), "alice-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a topology with a download in namespaces. Returns the folder with its results and plots. */
async function download(name: string): Promise<string> {
  const out = join(folder, name);
  const file = `lab/alice/${name}.toml`;
  const { code, stdout, stderr } = await mosaic("lab", file, "--check", "--json", "--out", out, "--plot", out);
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return out;
}

/** Returns the time at which wget had the whole file. */
function endOf(out: string): number {
  const ended = /^([\d.]+) wget .*: exit code 0$/m.exec(readFileSync(join(out, "bob.commands.log"), "utf8"));
  return Number(ended?.[1]);
}

/** Returns the rates in kbit/s of a series of the plot of throughput, of the samples between two times. */
function rates(out: string, series: string, from: number, to: number): readonly number[] {
  const rows = readFileSync(join(out, "throughput.csv"), "utf8").split("\n");
  const samples = rows.map((row) => row.split(",")).filter(([, name]) => name === series);
  return samples.flatMap(([t, , rate]) => (Number(t) > from && Number(t) < to ? [Number(rate) / 1000] : []));
}

/** Returns the bytes of the datagrams from one address to another in the capture of a host. */
function capturedBytes(out: string, host: string, from: string, to: string): number {
  const args = ["-r", join(out, `${host}.pcapng`), "-Y", `ip.src == ${from} && ip.dst == ${to}`];
  const { stdout } = spawnSync("tshark", [...args, "-T", "fields", "-e", "frame.len"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return stdout.split("\n").reduce((sum, length) => sum + Number(length), 0);
}

test("21 MB from Alice at home arrive sooner than without overlays, though the path fails", {
  timeout: 900_000,
}, async ({ skip }) => {
  const reason = needs(
    "root",
    "network namespaces",
    "/dev/net/tun",
    "addon",
    "ip",
    "nft",
    "tc",
    "nginx",
    "wget",
    "tshark",
  );
  skip(reason !== undefined, reason);
  const direct = await download("home-direct");
  const ours = await download("home-download");
  // The path fails from 30 s to 60 s.
  expect(Math.max(...rates(direct, "bob received", 32, 58))).toBeLessThan(10);
  expect(Math.min(...rates(ours, "bob/mosaic0 received", 34, 58))).toBeGreaterThan(100);
  expect(endOf(ours)).toBeLessThan(endOf(direct));
  // Figure 5 of the paper: packets between Bob and Alice pass the gateway. While the path holds, no server of i3 carries them.
  expect(capturedBytes(ours, "gateway", "10.77.0.1", "10.77.0.2")).toBeGreaterThan(5_000_000);
  expect(capturedBytes(ours, "gateway", "192.168.1.1", "10.77.0.1")).toBeGreaterThan(5_000_000);
  for (const server of ["server1", "server2", "server3", "server4", "server5", "server6"])
    expect(
      Math.max(...rates(ours, `${server} received`, 21, 29), ...rates(ours, `${server} received`, 66, 100)),
    ).toBeLessThan(100);
});
