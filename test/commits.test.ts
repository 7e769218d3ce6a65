import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { type Commit, subjectFaults } from "./house/commit-subjects.ts";
import { ROOT } from "./house/tree.ts";

/** Last commit that is exempt from the rules for commits. */
const BASE = "ae14b5d4934ac3d063550b3308afe4d21a9696a4";

const CASES: readonly (readonly [subject: string, body: string, fault: string | undefined])[] = [
  ["engine: keep join order across views", "Why and how.", undefined],
  ["bench, test: compare with a commit", "Why and how.", undefined],
  ["runtime: packets are forgotten when a table changes", "Why.", "`packets` is not an imperative"],
  ["docs: what a view is", "Why.", "`what` is not an imperative"],
  ["cli: added a command", "Why.", "`added` is not an imperative"],
  ["Fix the tunnel", "Why.", "write it as `area: verb object`, in lower case"],
  ["wire: check sizes; log errors", "Why.", "one commit does one thing"],
  ["wire: check sizes", "", "has no body that says why, and how it was tested"],
];

test.for(CASES)("the subject `%s` is accepted or gets its fault", ([subject, body, fault]) => {
  expect(subjectFaults({ subject, body })).toEqual(fault === undefined ? [] : [`${subject}: ${fault}`]);
});

test("every commit has a subject in the imperative and a body", (context) => {
  const commits = commitsSince(BASE);
  if (commits === undefined) return context.skip("needs the history of the repository");
  expect(commits.flatMap(subjectFaults)).toEqual([]);
});

/** Returns the commits since `base` without merges. Undefined outside a repository, or if its history lacks `base`. */
function commitsSince(base: string): readonly Commit[] | undefined {
  const log = spawnSync("git", ["log", "--no-merges", "--format=%s%n%b%x00", `${base}..HEAD`], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (log.status !== 0) return undefined;
  const texts = log.stdout.split("\0").map((text) => text.trimStart());
  return texts.filter((text) => text !== "").map(asCommit);
}

function asCommit(text: string): Commit {
  const [subject = "", ...body] = text.split("\n");
  return { subject, body: body.join("\n") };
}
