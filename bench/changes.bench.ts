import { type Comparison, compare } from "./harness/figure.ts";
import { oneNode } from "./harness/one-node.ts";
import { report } from "./harness/report.ts";
import { measureInRounds, ROUNDS, seconds } from "./harness/rounds.ts";

/** Measures whether the cost of a change grows with the group of an aggregate: a row leaves a large or a small group and comes back. */
const AGGREGATES = ["count<*>", "min<V>", "sum<V>", "avg<V>", "countDistinct<V>"] as const;
const SMALL = 1_000;
const LARGE = 100_000;
const CHANGES = 2_000;
const IS_QUICK = process.argv.includes("--quick");

function program(aggregate: string): string {
  return `
materialize(t, infinity, infinity, keys(1)).
insert: t(X, V) :- in(X, V).
remove: delete t(X, V) :- out(X, V).
v: total(${aggregate}) :- t(X, V).
`;
}

/** Returns a measurement of the changes of a group in changes per second. */
function changesOf(aggregate: string, rows: number): () => Promise<number> {
  const { node } = oneNode(program(aggregate));
  // Neighbouring rows have distant values.
  const valueOf = (row: number): number => (row * 7919) % 100_003;
  for (let row = 0; row < rows; row++) node.insert("in", [row, valueOf(row)]);
  const change = (): void => {
    for (let at = 0; at < CHANGES / 2; at++) {
      const row = (at * 37) % rows;
      node.insert("out", [row, valueOf(row)]);
      node.insert("in", [row, valueOf(row)]);
    }
  };
  change();
  return async () => CHANGES / (await seconds(change));
}

async function comparisonOf(aggregate: string): Promise<Comparison> {
  const sides = [
    { name: "large", measure: changesOf(aggregate, LARGE) },
    { name: "small", measure: changesOf(aggregate, SMALL) },
  ];
  const samples = await measureInRounds(sides, IS_QUICK ? 1 : ROUNDS);
  const [large, small] = ["large", "small"].map((side) => samples.get(side)?.median ?? NaN);
  const reference = { value: small ?? NaN, name: `a group of ${SMALL}` };
  return compare("changes", `${aggregate} of ${LARGE} rows`, "changes/s", large ?? NaN, reference);
}

const comparisons: Comparison[] = [];
for (const aggregate of AGGREGATES) comparisons.push(await comparisonOf(aggregate));
report(comparisons);
