import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import { formatDuration } from "./duration.ts";
import { formatRate } from "./rate.ts";

const percent = (chance: number): string => `${Number((chance * 100).toFixed(2))} %`;

const FORMATS: Readonly<Record<keyof LinkFaults, (value: number) => string>> = {
  delay: formatDuration,
  jitter: formatDuration,
  loss: percent,
  duplicate: percent,
  reorder: percent,
  holdBack: formatDuration,
  rate: formatRate,
  queue: formatDuration,
};

/** Formats link faults for people: `delay 20 ms, rate 1 Mbit/s`. */
export function describeFaults(faults: LinkFaults): string {
  const parts = Object.entries(FORMATS).flatMap(([name, format]) => {
    const value = faults[name as keyof LinkFaults];
    return value === undefined ? [] : [`${name === "holdBack" ? "hold-back" : name} ${format(value)}`];
  });
  return parts.join(", ");
}
