import { Plans } from "../../lab/topology/programs.ts";
import type { Topology } from "../../lab/topology/topology.ts";
import { compileHosts } from "../../src/cli/topology/compile-hosts.ts";

/** Compiles the programs of a topology. Throws if one has an error. */
export function plansOf(topology: Topology): Plans {
  const compiled = Plans.compile(topology, compileHosts);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.plans;
}
