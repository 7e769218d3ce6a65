/** Downloads from the web server of Alice in namespaces: variants of lab/alice/home-download.toml and of its control. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mosaic } from "../cli/mosaic.ts";

/** What differs from the topology in the file. */
export interface DownloadVariant {
  readonly name: string;
  readonly bytes: number;
  /** Rate of each link, as in topology files. */
  readonly rate: string;
  /** Profile of ron.mzl. */
  readonly profile: "fast" | "paper";
  /** Longest time without an answered ping, as in topology files. */
  readonly outage: string;
}

/** Time at which wget starts, in seconds of the run. */
export const DOWNLOAD_START = 20;
const DURATION = "260s";

/** Results of one download, in the folder that `mosaic lab` has written. */
export class DownloadResults {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the seconds from the start of wget to its end. */
  seconds(): number {
    const log = readFileSync(join(this.#folder, "bob.commands.log"), "utf8");
    const ended = /^([\d.]+) wget .*: exit code 0$/m.exec(log);
    return Number(ended?.[1]) - DOWNLOAD_START;
  }

  /** Returns the rates in kbit/s of a series of the plot of throughput, of the samples between two times of the run. */
  rates(series: string, from: number, to: number): readonly number[] {
    const rows = readFileSync(join(this.#folder, "throughput.csv"), "utf8").split("\n");
    const samples = rows.map((row) => row.split(",")).filter(([, name]) => name === series);
    return samples.flatMap(([t, , rate]) => (Number(t) > from && Number(t) < to ? [Number(rate) / 1000] : []));
  }

  /** Returns the bytes of the datagrams from one address to another in the capture of a host. */
  captured(host: string, from: string, to: string): number {
    const args = ["-r", join(this.#folder, `${host}.pcapng`), "-Y", `ip.src == ${from} && ip.dst == ${to}`];
    const { stdout } = spawnSync("tshark", [...args, "-T", "fields", "-e", "frame.len"], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    return stdout.split("\n").reduce((sum, length) => sum + Number(length), 0);
  }
}

/** Runs a topology of lab/alice with a download, changed to a variant. Throws if a check of the topology fails. */
export function download(folder: string, name: string, variant: DownloadVariant): Promise<DownloadResults> {
  return run(folder, `${variant.name}-${name}`, varied(name, variant));
}

/** As `download`, without the failure of the link. */
export function withoutFailure(folder: string, name: string, variant: DownloadVariant): Promise<DownloadResults> {
  const text = varied(name, variant).replaceAll(/\[\[events\]\]\n(?:.+\n)+/g, "");
  return run(folder, `${variant.name}-${name}-without-failure`, text);
}

function varied(name: string, { bytes, rate, profile, outage }: DownloadVariant): string {
  const text = readFileSync(`lab/alice/${name}.toml`, "utf8")
    .replace(/^duration = .*$/m, `duration = "${DURATION}"`)
    .replace(/^rate = .*$/m, `rate = "${rate}"`)
    .replace(/^outage = .*$/m, `outage = "${outage}"`)
    .replaceAll("21000000", String(bytes));
  return profile === "fast" ? text : `defines = { PROFILE = "${profile}" }\n${text}`;
}

async function run(folder: string, name: string, text: string): Promise<DownloadResults> {
  const file = join(folder, `${name}.toml`);
  const out = join(folder, name);
  writeFileSync(file, text);
  const { code, stdout, stderr } = await mosaic("lab", file, "--check", "--json", "--out", out, "--plot", out);
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return new DownloadResults(out);
}
