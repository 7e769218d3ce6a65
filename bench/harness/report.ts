import type { Comparison } from "./figure.ts";

/** Prints the figures of a bench, one a line: JSON objects with `--json`, text otherwise. */
export function report(comparisons: readonly Comparison[], isJson: boolean = process.argv.includes("--json")): void {
  for (const { figure } of comparisons) {
    console.log(isJson ? JSON.stringify(figure) : asText(figure));
  }
}

function asText({ figure, value, unit, reference, ratio }: Comparison["figure"]): string {
  if (Number.isNaN(value)) return `  ${figure}: nothing measured`;
  return `  ${figure}: ${value} ${unit} to ${reference}, ratio ${ratio}`;
}
