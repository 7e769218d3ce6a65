import type { Direction, NodeAction, TopologyAction } from "./topology.ts";

/** Part of an action: the hosts or directions on which the action has an effect, or the hosts or directions on which it has none. */
export interface ActionPart {
  readonly action: TopologyAction;
  readonly hasEffect: boolean;
}

/** State of a running topology that decides whether an action has an effect. */
export interface ActionState {
  /** Whether the node of a host runs. */
  readonly isRunning: (host: string) => boolean;
  readonly isCut: (direction: Direction) => boolean;
}

/**
 * Returns the parts of an action that is about to happen. A start of a running node, a kill of a node that does not run, a cut of a cut
 * direction and a heal of a direction that is not cut have no effect.
 */
export function partsOf(action: TopologyAction, { isRunning, isCut }: ActionState): readonly ActionPart[] {
  switch (action.kind) {
    case "cut":
    case "heal":
      return split(
        action.directions,
        (direction) => isCut(direction) === (action.kind === "heal"),
        (directions) => ({ ...action, directions }),
      );
    case "kill":
    case "start":
      return split(
        action.hosts,
        (host) => isRunning(host) === (action.kind === "kill"),
        (hosts) => ({ ...action, hosts }),
      );
    default:
      return [{ action, hasEffect: true }];
  }
}

/** Returns the parts of a request. The request has no effect on hosts whose node has refused it or has not answered. */
export function requestParts(action: NodeAction, refusing: ReadonlySet<string>): readonly ActionPart[] {
  return split(
    action.hosts,
    (host) => !refusing.has(host),
    (hosts) => ({ ...action, hosts }),
  );
}

function split<Target>(
  targets: readonly Target[],
  hasEffect: (target: Target) => boolean,
  actionOn: (targets: readonly Target[]) => TopologyAction,
): readonly ActionPart[] {
  const { affected = [], others = [] } = Object.groupBy(targets, (target) =>
    hasEffect(target) ? "affected" : "others",
  );
  return [
    ...(affected.length === 0 ? [] : [{ action: actionOn(affected), hasEffect: true }]),
    ...(others.length === 0 ? [] : [{ action: actionOn(others), hasEffect: false }]),
  ];
}
