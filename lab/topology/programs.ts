import { countOf } from "../../runtime/plan/values/count-of.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { hasTunDevice } from "./host-devices.ts";
import { type Host, type Topology, watchedPredicates } from "./topology.ts";
import type { DocumentFault } from "./topology-document.ts";

/** Input of the compiler for hosts with equal programs, defines and facts. */
export interface ProgramRequest {
  readonly programs: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** Whether the host has a TUN device. The compiler then adds the standard tunnel to a program without a rule for `tun`. */
  readonly hasTun: boolean;
}

/** Plan with its warnings, or the errors of the program. Both texts are formatted for people. */
export type PlanResult =
  | {
      readonly ok: true;
      readonly plan: Plan;
      readonly warnings: string;
      /** Macros of the request that the program does not mention. */
      readonly unused: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

export type Compile = (request: ProgramRequest) => PlanResult;

export type PlansResult =
  | { readonly ok: true; readonly plans: Plans; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** Plans of the hosts of a topology. Hosts with equal programs share a plan, which is compiled once. */
export class Plans {
  readonly #plans: ReadonlyMap<string, Plan>;

  /** Macros that the topology defines and at least one program mentions. */
  readonly #macros: ReadonlySet<string>;

  private constructor(plans: ReadonlyMap<string, Plan>, macros: ReadonlySet<string>) {
    this.#plans = plans;
    this.#macros = macros;
  }

  static compile({ hosts }: Topology, compile: Compile): PlansResult {
    const plans = new Map<string, Plan>();
    const warnings = new Set<string>();
    const macros = new Set<string>();
    for (const host of hosts) {
      const key = keyOf(host);
      if (plans.has(key)) continue;
      const { programs, defines, facts, devices } = host;
      const result = compile({ programs, defines, facts, hasTun: hasTunDevice(devices) });
      if (!result.ok) return result;
      plans.set(key, result.plan);
      for (const name of defines.keys()) if (!result.unused.includes(name)) macros.add(name);
      if (result.warnings !== "") warnings.add(result.warnings);
    }
    return { ok: true, plans: new Plans(plans, macros), warnings: [...warnings] };
  }

  /** Returns the plan of a host of the compiled topology. */
  of(host: Host): Plan {
    return this.#plans.get(keyOf(host)) as Plan;
  }

  /** Whether the program of some host mentions a macro that the topology defines. */
  usesMacro(name: string): boolean {
    return this.#macros.has(name);
  }

  /** Whether the program of some host has the predicate. */
  hasPredicate(name: string): boolean {
    return [...this.#plans.values()].some(({ predicates }) => predicates.some((spec) => spec.name === name));
  }

  /** Returns the watched predicates that the host's program defines. */
  watchedOn(host: Host, topology: Topology): readonly string[] {
    const known = new Set(this.of(host).predicates.map((spec) => spec.name));
    return watchedPredicates(topology).filter((name) => known.has(name));
  }

  /** Returns the faults of `watch` and `routes`: predicates that no program defines, columns beyond the arity. */
  faults({ watch, routes }: Topology): readonly DocumentFault[] {
    const arities = new Map(
      [...this.#plans.values()].flatMap(({ predicates }) => predicates.map((one) => [one.name, one.arity])),
    );
    const unknown = (name: string): string => {
      const similar = [...arities.keys()].find((other) => other.endsWith(`.${name}`) || name.endsWith(`.${other}`));
      return `no program has a predicate ${JSON.stringify(name)}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
    };
    const watched = watch.flatMap((name, at) =>
      arities.has(name) ? [] : [{ path: ["watch", at], message: unknown(name) }],
    );
    if (routes === undefined) return watched;
    const arity = arities.get(routes.table);
    if (arity === undefined) return [...watched, { path: ["routes", "table"], message: unknown(routes.table) }];
    const columns = (["to", "next", "cost"] as const).flatMap((key) => {
      const column = routes[key] ?? 1;
      return column <= arity
        ? []
        : [{ path: ["routes", key], message: `${routes.table} has ${countOf(arity, "column")}` }];
    });
    return [...watched, ...columns];
  }
}

function keyOf({ programs, defines, facts, devices }: Host): string {
  return JSON.stringify([programs, [...defines], facts, hasTunDevice(devices)]);
}
