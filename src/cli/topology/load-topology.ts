import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { Plans } from "../../../lab/topology/programs.ts";
import { formatTopologyError, readTopology, type TopologyError } from "../../../lab/topology/read-topology.ts";
import { pathOf, type Setting } from "../../../lab/topology/settings.ts";
import type { Host, Topology } from "../../../lab/topology/topology.ts";
import type { Secrets } from "../../../runtime/engine/strand-context.ts";
import { isProgramName } from "../files/file-library.ts";
import { readSecrets } from "../options/secret.ts";
import { checkSecrets } from "../run/check-secrets.ts";
import { fileErrorReason } from "../terminal/file-error.ts";
import { Failure, runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { compileHosts } from "./compile-hosts.ts";
import { findRequestFaults } from "./find-request-faults.ts";

/** A topology and the plans of its hosts. */
export interface LoadedTopology {
  readonly topology: Topology;
  readonly plans: Plans;
  readonly secretsOf: (host: Host) => Secrets;
  /** Warnings about the programs, as text. */
  readonly warnings: readonly string[];
}

/**
 * Reads a topology file and compiles its programs. `settings` replace values of the file. If there are errors, prints all of them and
 * throws `Failure`.
 */
export function loadTopology(file: string, output: Output, settings: readonly Setting[] = []): LoadedTopology {
  if (file === "-")
    throw new Failure(
      2,
      "a topology cannot be the standard input, because it names programs in its folder; name a file",
    );
  if (isProgramName(file))
    throw new Failure(2, `${file} is a program, not a topology (TOML); \`mosaic run ${file}\` runs a node of it`);
  const read = readTopology(readText(file), file, settings);
  if (!read.ok) throw failWith(read.errors, output);
  const { topology, locate } = read;
  const compiled = Plans.compile(topology, compileHosts);
  if (!compiled.ok) {
    output.problem(compiled.message);
    throw runFailed(`the programs of ${file} have errors; nothing was started`);
  }
  const unused = settings.find(({ name }) => pathOf(name) === undefined && !compiled.plans.usesMacro(name));
  if (unused !== undefined)
    throw wrongUsage(`${unused.name}=${unused.text}`, `no program of ${file} mentions the macro \`${unused.name}\``);
  const faults = compiled.plans.faults(topology);
  if (faults.length > 0) throw failWith(faults.map(locate), output);
  const { plans, warnings } = compiled;
  const secretsOf = secretsOfHosts(topology, plans);
  const requestFaults = findRequestFaults(topology, plans, secretsOf);
  if (requestFaults.length > 0) throw failWith(requestFaults.map(locate), output);
  return { topology, plans, secretsOf, warnings };
}

/** Reads the secrets of all hosts. Each file is read once. */
function secretsOfHosts({ hosts }: Topology, plans: Plans): (host: Host) => Secrets {
  const read = new Map<string, Secrets>();
  const secretsOf = (host: Host): Secrets => {
    const texts = [...host.secrets].map(([name, path]) => `${name}=${path}`);
    const key = texts.join("\n");
    const secrets = read.get(key) ?? readSecrets(texts);
    read.set(key, secrets);
    return secrets;
  };
  for (const host of hosts) checkSecrets(plans.of(host), secretsOf(host));
  return secretsOf;
}

function failWith(errors: readonly TopologyError[], output: Output): Failure {
  for (const error of errors) output.problem(formatTopologyError(error));
  return new Failure(1, errors.length === 1 ? "1 error" : `${errors.length} errors`);
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (isUtf8(bytes)) return bytes.toString("utf8");
  } catch (error: unknown) {
    throw new Failure(2, `cannot read ${file}: ${fileErrorReason(error)}`);
  }
  throw new Failure(1, `${file} is not UTF-8 text`);
}
