/** Topologies of lab/alice that take longer: Chord that goes from IP to ron in the simulator, and downloads from Alice in namespaces. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";
import {
  DATA_RATE,
  DOWNLOAD_START,
  download,
  type DownloadResults,
  type DownloadVariant,
  withoutFailure,
} from "./alice-download.ts";

const NAMESPACES = ["root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc"];

test("Chord goes from IP to ron while paths fail, and no lookup fails twice", { timeout: 600_000 }, async () => {
  const { code, stdout } = await mosaic("sim", "lab/alice/switch.toml", "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});

test.for(["home", "school", "banned", "move", "bridges", "probes"])(
  "lab/alice/%s.toml holds in namespaces",
  {
    timeout: 300_000,
  },
  async (name, { skip }) => {
    const reason = needs(...NAMESPACES);
    skip(reason !== undefined, reason);
    const { code, stdout } = await mosaic("lab", `lab/alice/${name}.toml`, "--check", "--json");
    expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
  },
);

const folder = mkdtempSync(join(tmpdir(), "alice-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SERVERS = [1, 2, 3, 4, 5, 6].map((at) => `server${at} received`);

const VARIANTS: readonly DownloadVariant[] = [
  { name: "21 MB", bytes: 21_000_000, duration: "150s", rate: "3Mbit", profile: "fast", outage: "3s", captures: true },
  {
    name: "21 MB, paper profile",
    bytes: 21_000_000,
    duration: "150s",
    rate: "3Mbit",
    profile: "paper",
    outage: "20s",
    captures: true,
  },
  {
    name: "500 MB",
    bytes: 500_000_000,
    duration: "240s",
    rate: "40Mbit",
    profile: "fast",
    outage: "3s",
    captures: false,
  },
];

/** Expects the paths of Figure 5 of the paper: packets between Bob and Alice pass the gateway, and those round the failure also a relay. */
function expectPaths(ours: DownloadResults, bytes: number): void {
  expect(ours.captured("gateway", "10.77.0.1", "10.77.0.2")).toBeGreaterThan(bytes / 4);
  expect(ours.captured("gateway", "192.168.1.1", "10.77.0.1")).toBeGreaterThan(bytes * 0.9);
  const relayed = [
    ours.captured("relay1", "10.77.0.1", "10.77.0.3"),
    ours.captured("relay2", "10.77.0.1", "10.77.0.4"),
  ];
  expect(Math.max(...relayed)).toBeGreaterThan(500_000);
}

test.for(VARIANTS)(
  "$name from Alice at home arrive sooner than without overlays, though the path fails",
  {
    timeout: 1_800_000,
  },
  async (variant, { skip }) => {
    const reason = needs(...NAMESPACES, "nginx", "wget", "tshark");
    skip(reason !== undefined, reason);
    const direct = await download(folder, "home-direct", variant);
    const ours = await download(folder, "home-download", variant);
    // The path fails from 30 s to 60 s. With the paper profile, ron finds another within 20 s.
    expect(Math.max(...direct.rates(direct.series, 32, 58))).toBeLessThan(10);
    expect(Math.min(...ours.rates(ours.series, 51, 58))).toBeGreaterThan(DATA_RATE);
    expect(ours.seconds()).toBeLessThan(direct.seconds());
    // No server of i3 sees data.
    const done = DOWNLOAD_START + ours.seconds();
    for (const server of SERVERS)
      expect(Math.max(...ours.rates(server, DOWNLOAD_START + 1, done))).toBeLessThan(DATA_RATE);
    if (variant.captures) expectPaths(ours, variant.bytes);
  },
);

test("Without a failure, a download from Alice takes at most 20 % longer than without overlays", {
  timeout: 900_000,
}, async ({ skip }) => {
  const reason = needs(...NAMESPACES, "nginx", "wget", "tshark");
  skip(reason !== undefined, reason);
  const [variant] = VARIANTS as readonly [DownloadVariant];
  const direct = await withoutFailure(folder, "home-direct", variant);
  const ours = await withoutFailure(folder, "home-download", variant);
  expect(ours.seconds() / direct.seconds()).toBeLessThanOrEqual(1.2);
});
