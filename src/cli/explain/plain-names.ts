import type { Atom, Expression, Literal } from "../../../grammar/ast.ts";
import { FRESH_QUERY_FUNCTION } from "../../2-rewrite/core.ts";
import { PACKET_HEAD, TAP, TAP_TEXT } from "../../program/builtin.ts";
import { rewriteAtom, rewriteExpression, rewriteLiteral } from "../../program/rewrite-expression.ts";
import { expressionsOfAtom, expressionsOfLiteral, variablesIn } from "../../program/visit.ts";

/** Head and body of a rule with names that a program can write. */
export interface PlainRule {
  readonly head: Atom;
  readonly body: readonly Literal[];
}

/**
 * Replaces the names of tables and events that the compiler made by names that a program can write: `ron.p2?1` becomes `ron.p2_call1`,
 * `ron:ping!fail` becomes `ron.ping_fail`.
 */
export class PlainNames {
  readonly #predicates: ReadonlyMap<string, string>;

  constructor(names: Iterable<string>) {
    const all = new Set(names);
    const predicates = new Map([
      [TAP, TAP_TEXT],
      [PACKET_HEAD, "packet"],
    ]);
    for (const name of all) {
      const plain = predicateName(name);
      if (plain === name) continue;
      const free = unused(plain, (other) => all.has(other));
      for (const ending of ["", "_DELTA_INSERT", "_DELTA_DELETE"])
        predicates.set(`${name}${ending}`, `${free}${ending}`);
    }
    this.#predicates = predicates;
  }

  predicate(name: string): string {
    return this.#predicates.get(name) ?? name;
  }

  atom(atom: Atom): Atom {
    return { ...atom, name: { ...atom.name, text: this.predicate(atom.name.text) } };
  }

  /** Renames predicates and variables of a rule. Variables lose their `$`, with a suffix if the name is taken. */
  rule({ head, body }: PlainRule): PlainRule {
    const variables = this.#variables({ head, body });
    const change = (part: Expression): Expression => {
      if (part.kind === "variable") return { ...part, name: variables.get(part.name) ?? part.name };
      if (part.kind !== "call" || part.name.text !== FRESH_QUERY_FUNCTION) return part;
      return { ...part, name: { ...part.name, text: "f_idgen" } };
    };
    const literal = (one: Literal): Literal => {
      const plain = rewriteLiteral(one, change);
      if (plain.kind === "assign")
        return { ...plain, target: rewriteExpression(plain.target, change) as typeof plain.target };
      return plain.kind === "predicate" ? { ...plain, atom: this.atom(plain.atom) } : plain;
    };
    return { head: this.atom(rewriteAtom(head, change)), body: body.map(literal) };
  }

  #variables({ head, body }: PlainRule): ReadonlyMap<string, string> {
    const expressions = [...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)];
    const names = new Set(expressions.flatMap((one) => variablesIn(one).map(({ name }) => name)));
    const plain = new Map<string, string>();
    const isTaken = (name: string): boolean => names.has(name) || [...plain.values()].includes(name);
    for (const name of names) {
      if (name.includes("$")) plain.set(name, unused(plainVariable(name), isTaken));
    }
    return plain;
  }
}

/** `$QID` becomes `QID`, `$1` becomes `V1`, `J$2` becomes `J_2`. */
function plainVariable(name: string): string {
  return name
    .replace(/^\$(?=\d)/, "V")
    .replace(/^\$/, "")
    .replaceAll("$", "_");
}

/** Returns a valid name of a label, predicate or table. */
export function plainName(name: string): string {
  const plain = name
    .replace(/\?(\d)/g, "_call$1")
    .replaceAll(":", ".")
    .replaceAll(/[^\w.]/g, "_");
  return /^[a-z]/.test(plain) ? plain : `t_${plain}`;
}

/** Returns a valid name of a predicate: one that begins with `f_` would be a function. */
function predicateName(name: string): string {
  const plain = plainName(name);
  return plain.startsWith("f_") ? `t_${plain}` : plain;
}

function unused(name: string, isTaken: (name: string) => boolean): string {
  return isTaken(name) ? unused(`${name}_`, isTaken) : name;
}
