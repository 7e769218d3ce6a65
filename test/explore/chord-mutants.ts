import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FOLDER } from "./explored-system.ts";

/** A wrong Chord: `chord.mzl` with one changed place. */
export interface Mutant {
  readonly what: string;
  readonly from: string | RegExp;
  readonly to: string;
  /** Options of the search. */
  readonly search: readonly string[];
}

/** A wrong Chord that a search finds, with the violation that it tells. */
export interface CaughtMutant extends Mutant {
  readonly told: string;
}

/** Three members and a joiner, four members of which one may crash, or both. Each node has run for 8 s. */
export const JOIN: readonly string[] = ["--nodes", "3", "--joins", "1", "--after", "8s", "--ticks", "2"];
export const CRASH: readonly string[] = [
  "-D",
  "FOUR=1",
  "--nodes",
  "4",
  "--crashes",
  "1",
  "--after",
  "8s",
  "--ticks",
  "2",
];
export const JOIN_AND_CRASH: readonly string[] = [
  "-D",
  "FOUR=1",
  "--nodes",
  "4",
  "--joins",
  "1",
  "--crashes",
  "1",
  "--after",
  "8s",
  "--ticks",
  "1",
];
const BOOT = ["--nodes", "3", "--ticks", "9"];

/** Output of a search that visited all states and found no violation. */
export const ALL_STATES: RegExp = /^\d+ states, .* s: all states visited\nreached: formed\n$/;

export const CAUGHT: readonly CaughtMutant[] = [
  {
    what: "a list that is merged without a cut",
    from: "s5: succs(f_take(union<After> + union<Before>, SUCCESSORS))",
    to: "s5: succs(union<After> + union<Before>)",
    search: JOIN,
    told: "list too long",
  },
  {
    what: "a joiner that takes the looked up node as its list without asking it",
    from: /^j4: [^]*?\.$/m,
    to: "j4: succs([[I, A]]) :- pick([_, By]), self(Me), localAddr(My), find@By(Me, &I, &A) timeout(5), A != My, succs([]).",
    search: JOIN_AND_CRASH,
    told: "no live successor",
  },
  {
    what: "a failure that empties the list",
    from: /^s6: succs\(Rest\)(.*)\[\[I, A\] \| Rest\]\)/m,
    to: "s6: succs([])$1[[I, A] | _])",
    search: CRASH,
    told: "goal() does not hold",
  },
  {
    what: "a failure that removes the last node of the list",
    from: /^s6: succs\(Rest\)(.*)succs\(\[\[I, A\] \| Rest\]\)/m,
    to: "s6: succs(f_removeLast(L))$1succs(L), [[I, A] | _] <- [L]",
    search: CRASH,
    told: "no live successor",
  },
  {
    what: "a node that does not remove a successor without an answer",
    from: /^(s6: .*?)Why != "busy"/m,
    to: '$1Why != "busy", Why != "timeout"',
    search: CRASH,
    told: "goal() does not hold",
  },
  {
    what: "a list in the order of numbers, which is wrong across zero",
    from: "s5: succs(f_take(union<After> + union<Before>,",
    to: "s5: succs(f_take(union<Before> + union<After>,",
    search: JOIN,
    told: "too few principals",
  },
  {
    what: "a node that asks a predecessor behind its successor",
    from: "J in (Me, I) && Left",
    to: "J in (I, Me) && Left",
    search: JOIN,
    told: "too few principals",
  },
  {
    what: "a ring that begins before all of its first nodes are known",
    from: "formed(Ring, Ids), boot(Boot), f_size(Ring) == Ids - 1, Ids == f_size(f_intersect(Boot, Boot)).",
    to: "formed(Ring, _), Ring != [].",
    search: BOOT,
    told: "too few principals",
  },
];

/** Wrong Chords that these searches cannot tell from the correct one: all states are visited, and no invariant is violated. */
export const HARMLESS: readonly Mutant[] = [
  {
    what: "a node that takes a predecessor of its successor without asking it",
    from: /A, _, L, null\]\), f_typeOf\(L\) == "list", self\(Me\), I != Me,\n(.*)<- \[\[I, A\] \| L\], (.*)J in \[I, Me\)/,
    to: 'A, P, L, null]), f_typeOf(L) == "list", self(Me), I != Me,\n$1<- [P, [I, A] | L], $2J != Me',
    search: CRASH,
  },
  {
    what: "a node that takes each one that notifies as its predecessor",
    from: /P == \[\] \|\| f_car\(P\) == I \|\| I in \(f_car\(P\), Me\) \|\| P == Old && Why != null && Why != "busy"\./,
    to: "P != Why.",
    search: JOIN,
  },
  {
    what: "a busy node that answers",
    from: /!phase\(BUSY, _\), (Pred := [^]*?)P == BUSY,/,
    to: "$1P > REFUSED,",
    search: JOIN,
  },
];

const CHORD = readFileSync(new URL("../../programs/chord.mzl", import.meta.url), "utf8");

/** Writes a wrong Chord and its ring to a folder. Returns the arguments of `mosaic explore`, and the file of a counterexample. */
export function searchOf({ from, to, search }: Mutant): { readonly args: readonly string[]; readonly out: string } {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-mutant-"));
  const text = typeof from === "string" ? CHORD.replaceAll(from, () => to) : CHORD.replace(from, to);
  if (text === CHORD) throw new Error(`chord.mzl has no text ${String(from)}`);
  writeFileSync(join(folder, "chord.mzl"), text);
  writeFileSync(join(folder, "chord-ring.mzl"), readFileSync(`${FOLDER}chord-ring.mzl`));
  const out = join(folder, "found.json");
  return { args: [...searchArguments(join(folder, "chord-ring.mzl"), search), "--out", out], out };
}

/** Returns the arguments of `mosaic explore` for a ring with lists of two nodes. */
export function searchArguments(ring: string, search: readonly string[]): readonly string[] {
  const invariant = ["--invariant", `${FOLDER}chord.inv.mzl`, "--assume", "perfect"];
  return [ring, "-D", "SUCCESSORS=2", ...invariant, ...search];
}
