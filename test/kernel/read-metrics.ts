const AT = "127.0.0.1:9100";

/** Option of a node whose metrics are read. */
export const METRICS: readonly string[] = ["--metrics", AT];

/** Reads all metrics that are not 0, by name and labels. `run` runs a command on the node's host and returns its output. */
export function readMetrics(run: (...command: readonly string[]) => string): ReadonlyMap<string, number> {
  const lines = run("curl", "-s", "-m", "10", `http://${AT}/metrics`).split("\n");
  const samples = lines.flatMap((line) => {
    const [, name, value] = /^([a-z][^ {]*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    return name === undefined || Number(value) === 0 ? [] : [[name, Number(value)] as const];
  });
  return new Map(samples);
}

/** Returns the sum of a metric over all labels. */
export function sumOf(metrics: ReadonlyMap<string, number>, name: string): number {
  return [...metrics].reduce((sum, [key, value]) => (key.replace(/\{.*/, "") === name ? sum + value : sum), 0);
}
