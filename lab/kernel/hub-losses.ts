import { packetDirections } from "./packet-directions.ts";
import type { Wiring } from "../topology/wiring.ts";

const MILLION = 1_000_000;

/**
 * Returns the input of `nft -f -` in the hub: the rules that drop packets according to the loss of links, for labs without a link process.
 * They replace the previous rules.
 */
export function lossRules(wiring: Wiring): string {
  const rules = [...directionsByLoss(wiring)].map(
    ([loss, directions]) =>
      `    ip saddr . ip daddr { ${directions.join(", ")} } numgen random mod ${MILLION} < ${loss} drop\n`,
  );
  return `table ip mosaic
flush table ip mosaic
table ip mosaic {
  chain lose {
    type filter hook forward priority 0
${rules.join("")}  }
}
`;
}

/** Returns the directions that lose packets, by their loss in packets per million. */
function directionsByLoss(wiring: Wiring): ReadonlyMap<number, readonly string[]> {
  const directions = new Map<number, string[]>();
  for (const from of wiring.machines) {
    for (const to of wiring.machines) {
      if (from === to) continue;
      const loss = Math.round((wiring.faults(from, to).loss ?? 0) * MILLION);
      if (loss === 0) continue;
      const pairs = packetDirections(wiring, { from, to }).map((one) => `${one.from} . ${one.to}`);
      directions.set(loss, [...new Set([...(directions.get(loss) ?? []), ...pairs])]);
    }
  }
  return directions;
}
