/**
 * sound-part: the rules of a program that its errors do not affect. After errors in `1-check` or `2-rewrite`, `compile.ts` checks the
 * types of these rules, so that one run reports all errors.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Span } from "../../grammar/span.ts";
import type { Program, ProgramRule } from "../program/program.ts";
import { rolesIn } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts } from "../program/visit.ts";
import type { CheckedProgram } from "./check.ts";

/** Errors outside rules and facts that do not affect the rest: syntax errors, and repeated declarations, of which the first counts. */
const HARMLESS = /^E01|^E0(?:206|212|240|251|266)$/;

export interface SoundPart {
  readonly checked: CheckedProgram;
  /** Predicates that left-out rules and facts, or statements with syntax errors, may fill with any values. */
  readonly open: ReadonlySet<string>;
}

/**
 * Returns the program without the rules, facts and declarations that an error underlines, the views of such rules and the rules that call
 * these views. Undefined if an error elsewhere may affect the whole program.
 */
export function soundPart(checked: CheckedProgram, errors: readonly Diagnostic[]): SoundPart | undefined {
  const { program, predicates } = checked;
  const faults = new Faults(errors);
  const { unparsed } = program;
  const namesUnparsed = (rule: ProgramRule): boolean => namesIn(rule).some((name) => unparsed.has(name));
  const faulty = new Set(program.rules.filter((rule) => faults.touches(rule.span) || namesUnparsed(rule)));
  leaveOutViews(program, faulty);
  const facts = program.facts.filter(({ span }) => !faults.touches(span));
  const signatures = program.signatures.filter(({ span }) => !faults.touches(span));
  const accepts = program.accepts.filter(({ span }) => !faults.touches(span));
  if ([...faults.others].some(({ code }) => !HARMLESS.test(code))) return undefined;
  const rules = program.rules.filter((rule) => !faulty.has(rule));
  const views = new Map([...program.views].filter(([name]) => ![...faulty].some(({ view }) => view === name)));
  const sound: Program = { ...program, rules, facts, signatures, accepts, views };
  // A statement whose name could not be read may fill any predicate.
  const names = unparsed.has("") ? predicates.keys() : unparsed.keys();
  const filled = [...faulty].flatMap((rule) => [rule.head.name.text, ...packetsIn(rule)]);
  const removed = [...program.facts.map(({ atom }) => atom.name.text), ...program.accepts.map(({ name }) => name)];
  const open = new Set([...names, ...filled, ...removed]);
  return { checked: { program: sound, predicates, roles: rolesIn(sound, predicates) }, open };
}

/** Adds all rules of a view with a faulty rule, and all rules that call such a view, to `faulty`. */
function leaveOutViews({ rules }: Program, faulty: Set<ProgramRule>): void {
  for (let size = -1; size !== faulty.size; ) {
    size = faulty.size;
    const views = new Set([...faulty].flatMap(({ view }) => view ?? []));
    if (views.size === 0) return;
    for (const rule of rules) {
      const calls = rule.body.filter(isPredicate).some(({ atom }) => views.has(atom.name.text));
      if (calls || (rule.view !== undefined && views.has(rule.view))) faulty.add(rule);
    }
  }
}

function namesIn({ head, body }: ProgramRule): readonly string[] {
  return [head.name.text, ...body.filter(isPredicate).map(({ atom }) => atom.name.text)];
}

function packetsIn({ head, body }: ProgramRule): readonly string[] {
  const expressions = [...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)];
  return expressions.flatMap((one) => parts(one)).flatMap((part) => (part.kind === "packet" ? [part.name.text] : []));
}

/** Finds the errors of a program that underline a given statement. */
class Faults {
  readonly #errors: readonly Diagnostic[];
  /** Errors that no statement has claimed yet. */
  readonly others: Set<Diagnostic>;

  constructor(errors: readonly Diagnostic[]) {
    this.#errors = errors;
    this.others = new Set(errors);
  }

  /** Whether an error underlines a part of the statement. */
  touches({ file, start, end }: Span): boolean {
    const found = this.#errors.filter(
      ({ span }) => span !== undefined && span.file === file && span.start >= start && span.end <= end,
    );
    for (const one of found) this.others.delete(one);
    return found.length > 0;
  }
}
