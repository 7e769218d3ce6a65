import { readFileSync } from "node:fs";
import { formatTopologyError, readTopology, type Topology } from "../../lab/topology.ts";
import { Failure } from "./failure.ts";
import type { Output } from "./output.ts";

/** Reads a topology file. What is wrong with it is reported, and ends the command. */
export function readTopologyFile(file: string, output: Output): Topology {
  const result = readTopology(readText(file), file);
  if (result.ok) return result.topology;
  for (const error of result.errors) output.problem(formatTopologyError(error));
  throw new Failure(1, result.errors.length === 1 ? "1 error" : `${result.errors.length} errors`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Failure(2, `cannot read ${file}`);
  }
}
