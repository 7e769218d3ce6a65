/** A commit as `git log` prints it. */
export interface Commit {
  readonly subject: string;
  readonly body: string;
}

const SUBJECT = /^[a-z0-9][a-z0-9-]*(?:, [a-z0-9-]+)*: (?<verb>[a-z-]+) \S/;
const SUBJECT_COLUMNS = 72;

/** Words that begin a statement, not a request. */
const NOT_VERBS: ReadonlySet<string> = words(
  "a an the what who which that this these those it its no not nothing nobody one all each every some any many more",
);

/** Imperative verbs that end like a third person, a participle or a gerund. */
const IMPERATIVES: ReadonlySet<string> = words(
  "address bring compress cross discuss dismiss embed exceed express feed focus need pass press process proceed seed speed",
);

/** Returns one line for each rule that a commit breaks. */
export function subjectFaults({ subject, body }: Commit): readonly string[] {
  const verb = SUBJECT.exec(subject)?.groups?.["verb"];
  const faults: string[] = [];
  if (verb === undefined) faults.push("write it as `area: verb object`, in lower case");
  else if (!isImperative(verb)) faults.push(`\`${verb}\` is not an imperative`);
  if (subject.includes(";")) faults.push("one commit does one thing");
  if (subject.length > SUBJECT_COLUMNS) faults.push(`${subject.length} columns, at most ${SUBJECT_COLUMNS}`);
  if (body.trim() === "") faults.push("has no body that says why, and how it was tested");
  return faults.map((fault) => `${subject}: ${fault}`);
}

function isImperative(verb: string): boolean {
  return IMPERATIVES.has(verb) || !(NOT_VERBS.has(verb) || /(?:[^s]s|ed|ing)$/.test(verb));
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}
