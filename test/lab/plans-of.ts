import { Plans } from "../../lab/topology/programs.ts";
import type { Topology } from "../../lab/topology/topology.ts";
import { compileHosts } from "../../src/cli/topology/compile-hosts.ts";

/** What the hosts of a topology run; the programs are without a fault. */
export function plansOf(topology: Topology): Plans {
  const compiled = Plans.compile(topology, compileHosts);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.plans;
}
