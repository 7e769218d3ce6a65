import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { RonLab, sleep, underlay, until, virtual } from "./ron-lab.ts";

/** Size of a download in MiB, and the rate to which curl limits it, in MiB/s. */
interface Download {
  readonly megabytes: number;
  readonly perSecond: number;
}

/** Declares the test of a download through a RON whose direct link is cut and healed meanwhile. */
export function testDownload({ megabytes, perSecond }: Download): void {
  test(`a download of ${megabytes} MiB is byte-exact across a cut and a heal`, {
    timeout: 120_000,
  }, async (context) => {
    const reason = needs("root", "/dev/net/tun", "addon", "ip", "curl", "python3");
    if (reason !== undefined) return context.skip(reason);
    const folder = mkdtempSync(join(tmpdir(), "mosaic-download-"));
    const lab = new RonLab();
    try {
      const size = megabytes << 20;
      writeFileSync(join(folder, "file"), Buffer.alloc(size, randomBlock()));
      expect(await until(() => lab.next("a", "b") === underlay("b"), 10_000)).toBe(true);
      const serve = `python3 -u -m http.server 8099 --bind ${virtual("b")} --directory ${folder}`;
      const server = lab.spawn("b", serve.split(" "));
      let said = "";
      server.stdout?.on("data", (text: Buffer) => (said += String(text)));
      expect(await until(() => said.includes("Serving HTTP"), 20_000)).toBe(true);
      await sleep(1_500);
      const curl = lab.spawn("a", [
        "curl",
        "-s",
        "--limit-rate",
        `${perSecond}M`,
        "-o",
        join(folder, "copy"),
        `http://${virtual("b")}:8099/file`,
      ]);
      const ended = new Promise<number | null>((resolve) => curl.once("exit", resolve));
      await sleep(1_500);
      lab.cut("a", "b");
      expect(await until(() => lab.next("a", "b") === underlay("c"), 10_000)).toBe(true);
      await sleep(1_000);
      lab.heal("a", "b");
      expect(await ended).toBe(0);
      server.kill();
      expect(digest(join(folder, "copy"))).toBe(digest(join(folder, "file")));
    } finally {
      await lab.close();
      rmSync(folder, { recursive: true });
    }
  });
}

function randomBlock(): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(65_521)));
}

function digest(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
