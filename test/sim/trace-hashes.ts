import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("trace-hashes.txt", import.meta.url);

/** Returns the trace hashes of shipped programs and topologies, by their paths. */
export function keptHashes(): ReadonlyMap<string, string> {
  const lines = readFileSync(FILE, "utf8").trim().split("\n");
  return new Map(lines.map((line) => line.split(" ") as [path: string, hash: string]));
}

/**
 * Returns a message if the trace hash of a shipped program or topology differs from its line in trace-hashes.txt. UPDATE=1 first writes the
 * line; review why the run changed.
 */
export function hashProblem(path: string, actual: string): string | undefined {
  if (process.env["UPDATE"] === "1") {
    const hashes = new Map(keptHashes()).set(path, actual);
    const lines = [...hashes].map((line) => line.join(" ")).toSorted();
    writeFileSync(FILE, `${lines.join("\n")}\n`);
  }
  if (keptHashes().get(path) === actual) return undefined;
  const update = "UPDATE=1 npm test -- test/conformance/shipped test/lab/gateways test/lab/simulated";
  return `${path}: its simulation sends other datagrams, or at other times (hash ${actual}); if that is meant, ${update}`;
}
