/** Downloads from the web server of Alice in namespaces: variants of lab/alice/home-download.toml and of its control. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mosaic } from "../cli/mosaic.ts";

/** What differs from the topology in the file. */
export interface DownloadVariant {
  readonly name: string;
  readonly bytes: number;
  /** Duration of the run, as in topology files. */
  readonly duration: string;
  /** Rate of each link, as in topology files. */
  readonly rate: string;
  /** Profile of ron.mzl. */
  readonly profile: "fast" | "paper";
  /** Longest time without an answered ping, as in topology files. */
  readonly outage: string;
  /** Whether each host captures its packets. A host that captures has no flow cache, so its packets cost more. */
  readonly captures: boolean;
}

/** Time at which wget starts, in seconds of the run. */
export const DOWNLOAD_START = 20;
/** Rate in kbit/s above which a host receives data: probes and pings need less. */
export const DATA_RATE = 100;

/** Results of one download, in the folder that `mosaic lab` has written. */
export class DownloadResults {
  readonly #folder: string;
  /** Series of the plot of throughput that shows what wget receives. */
  readonly series: string;

  constructor(folder: string, series: string) {
    this.#folder = folder;
    this.series = series;
  }

  /** Returns the seconds from the start of wget to the last sample of the plot with data. */
  seconds(): number {
    const last = this.#samples(this.series).findLast(({ rate }) => rate > DATA_RATE);
    return (last?.t ?? Infinity) - DOWNLOAD_START;
  }

  /** Returns the rates in kbit/s of a series of the plot of throughput, of the samples between two times of the run. */
  rates(series: string, from: number, to: number): readonly number[] {
    return this.#samples(series).flatMap(({ t, rate }) => (t > from && t < to ? [rate] : []));
  }

  #samples(series: string): readonly { readonly t: number; readonly rate: number }[] {
    const rows = readFileSync(join(this.#folder, "throughput.csv"), "utf8").split("\n");
    const samples = rows.map((row) => row.split(",")).filter(([, name]) => name === series);
    return samples.map(([t, , rate]) => ({ t: Number(t), rate: Number(rate) / 1000 }));
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

/** Topologies of lab/alice with the download, and the series of their plots that shows what wget receives. */
const SERIES = { "home-direct": "bob received", "home-download": "bob/mosaic0 received" } as const;
type Download = keyof typeof SERIES;

/** Runs a topology of lab/alice, changed to a variant. Throws if a check of the topology fails. */
export function download(folder: string, name: Download, variant: DownloadVariant): Promise<DownloadResults> {
  return run(join(folder, `${variant.name}-${name}`), varied(name, variant), name, variant.captures);
}

/** As `download`, without the failure of the link. */
export function withoutFailure(folder: string, name: Download, variant: DownloadVariant): Promise<DownloadResults> {
  const text = varied(name, variant).replaceAll(/\[\[events\]\]\n(?:.+\n)+/g, "");
  return run(join(folder, `${variant.name}-${name}-without-failure`), text, name, variant.captures);
}

function varied(name: Download, { bytes, duration, rate, profile, outage }: DownloadVariant): string {
  const text = readFileSync(`lab/alice/${name}.toml`, "utf8")
    .replace(/^duration = .*$/m, `duration = "${duration}"`)
    .replace(/^rate = .*$/m, `rate = "${rate}"`)
    .replace(/^outage = .*$/m, `outage = "${outage}"`)
    .replaceAll("21000000", String(bytes));
  return profile === "fast" ? text : `defines = { PROFILE = "${profile}" }\n${text}`;
}

async function run(out: string, text: string, name: Download, captures: boolean): Promise<DownloadResults> {
  const file = `${out}.toml`;
  writeFileSync(file, text);
  const results = captures ? ["--plot", out, "--out", out] : ["--plot", out];
  const { code, stdout, stderr } = await mosaic("lab", file, "--check", "--json", ...results);
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return new DownloadResults(out, SERIES[name]);
}
