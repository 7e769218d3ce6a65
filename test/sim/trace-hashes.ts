import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

const FILE = new URL("trace-hashes.txt", import.meta.url);

/** Returns the trace hashes of shipped programs and topologies, by their paths. */
export function keptHashes(): ReadonlyMap<string, string> {
  const lines = readFileSync(FILE, "utf8").trim().split("\n");
  return new Map(lines.map((line) => line.split(" ") as [path: string, hash: string]));
}

/**
 * Compares the trace hash of a shipped program or topology with its line in trace-hashes.txt. With UPDATE=1 it first writes the line; review
 * why the run changed.
 */
export function expectKeptHash(path: string, hash: string): void {
  if (process.env["UPDATE"] === "1") {
    const hashes = new Map(keptHashes()).set(path, hash);
    const lines = [...hashes].map((line) => line.join(" ")).toSorted();
    writeFileSync(FILE, `${lines.join("\n")}\n`);
  }
  const advice = "if that is meant, UPDATE=1 npm test -- test/conformance/shipped test/lab/gateways test/lab/simulated";
  expect(hash, `${path}: its simulation sends other datagrams, or at other times; ${advice}`).toBe(
    keptHashes().get(path),
  );
}
