import type { CheckDocument, DocumentFault, TopologyDocument } from "./topology-document.ts";

/** Returns the checks that need traffic or a route table that the topology does not define. */
export function findCheckFaults({ checks, traffic, routes }: TopologyDocument): readonly DocumentFault[] {
  const has = (from: string | undefined, to: string | undefined): boolean =>
    traffic.some((one) => (from === undefined || one.from === from) && (to === undefined || one.to === to));
  return checks.flatMap((check, index) => {
    const { key, from, to } = subjectOf(check);
    if (key === undefined) return [];
    const path = ["checks", index, key];
    if (key === "path" && routes === undefined) {
      return [{ path, message: "needs `routes`, which names the route table" }];
    }
    if (key === "path" || has(from, to)) return [];
    return [
      {
        path,
        message: `needs [[traffic]]${from === undefined ? "" : ` from ${from}`}${to === undefined ? "" : ` to ${to}`}`,
      },
    ];
  });
}

interface CheckSubject {
  readonly key: keyof CheckDocument | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

function subjectOf({ outage, lost, path, reaches, unreachable, from, to }: CheckDocument): CheckSubject {
  if (reaches !== undefined) return { key: "reaches", from: reaches[0], to: reaches[1] };
  if (unreachable !== undefined) return { key: "unreachable", from: unreachable[0], to: unreachable[1] };
  if (path !== undefined) return { key: "path" };
  const key = outage === undefined ? (lost === undefined ? undefined : "lost") : "outage";
  return { key, from, to };
}
