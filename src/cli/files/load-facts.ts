import type { Fact } from "../../../runtime/node/peer-facts.ts";
import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { type FactFiles, readFactFiles } from "./fact-files.ts";

const MAX_SHOWN_PROBLEMS = 20;

/** Loads the facts of `--facts DIR`. If a row is invalid, prints file and line of each such row and throws `Failure`. */
export function loadFacts(directories: readonly string[], plan: Plan, output: Output): readonly Fact[] {
  return directories.flatMap((directory) => loadDirectory(directory, plan, output));
}

function loadDirectory(directory: string, { predicates }: Plan, output: Output): readonly Fact[] {
  const read = readFactFiles(directory, predicates);
  if (read === undefined)
    throw wrongUsage("--facts", `there is no folder ${directory}; name the one that P.facts and P.csv are in`);
  for (const file of read.unused) output.problem(`mosaic: ${file}: the program has no such predicate; not read`);
  const [first] = read.problems;
  if (first === undefined) return read.facts;
  for (const problem of read.problems.slice(0, MAX_SHOWN_PROBLEMS)) output.problem(problem);
  throw runFailed(`${unreadText(read)} in ${directory} cannot be read`);
}

/** Counts the files and rows that cannot be read: `1 file and 2 rows`. */
function unreadText({ problems, unreadable }: FactFiles): string {
  const rows = problems.length - unreadable;
  const parts = [
    ...(unreadable === 0 ? [] : [countOf(unreadable, "file")]),
    ...(rows === 0 ? [] : [countOf(rows, "row")]),
  ];
  return parts.join(" and ");
}
