import type { Argument, Atom, Expression, Literal, Rule, Statement } from "../../grammar/ast.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import { isPredicate } from "../program/rule-shape.ts";

/** Functions whose result is a real number, even if the value has no fraction. */
const REAL_FUNCTIONS: ReadonlySet<string> = new Set(["f_now", "f_drand", "f_timeDuration", "f_diffTime"]);
/** Functions whose result is one of their arguments, or computed from them. */
const PASSING_FUNCTIONS: ReadonlySet<string> = new Set(["f_max", "f_min", "f_mod", "f_pow", "f_ifelse"]);

type Names = ReadonlySet<string>;

/**
 * The columns of an OverLog file that hold real numbers, inferred from the text of the file: from literals with a point or a unit, from
 * times and random fractions, and from calculations with these. A quotient of real numbers keeps its fraction, even if both operands have
 * none.
 */
export class RealNumbers {
  /** `predicate/column` */
  readonly #columns = new Set<string>();

  constructor(statements: readonly Statement[]) {
    const rules = statements.flatMap(rulesOf);
    for (const statement of statements) if (statement.kind === "fact") this.#addAtom(statement.atom, new Set());
    let size = -1;
    while (size !== this.#columns.size) {
      size = this.#columns.size;
      for (const rule of rules) this.#addAtom(rule.head, this.#variables(rule));
    }
  }

  /** Returns a function that tells whether an expression of the rule is a real number. */
  inRule(rule: Rule): (part: Expression) => boolean {
    const variables = this.#variables(rule);
    return (part) => isReal(part, variables);
  }

  /** Whether an expression without variables is a real number. */
  isReal(part: Expression): boolean {
    return isReal(part, new Set());
  }

  #addAtom({ name, args }: Atom, variables: Names): void {
    for (const [at, argument] of args.entries()) {
      if (isRealArgument(argument, variables)) this.#columns.add(`${name.text}/${at}`);
    }
  }

  #variables({ body }: Rule): Names {
    const found = new Set<string>();
    let size = -1;
    while (size !== found.size) {
      size = found.size;
      for (const literal of body) for (const name of this.#boundBy(literal, found)) found.add(name);
    }
    return found;
  }

  #boundBy(literal: Literal, known: Names): readonly string[] {
    if (literal.kind === "assign") return isReal(literal.value, known) ? [literal.target.name] : [];
    if (!isPredicate(literal) || literal.negated) return [];
    const { name, args } = literal.atom;
    const table = deltaEventNamed(name.text, () => true)?.table ?? name.text;
    return args.flatMap((argument, at) =>
      argument.kind === "variable" && this.#columns.has(`${table}/${at}`) ? [argument.name] : [],
    );
  }
}

function rulesOf(statement: Statement): readonly Rule[] {
  const statements = statement.kind === "view" ? statement.body : [statement];
  return statements.filter((one) => one.kind === "rule");
}

function isRealArgument(argument: Argument, variables: Names): boolean {
  if (argument.kind === "return") return false;
  if (argument.kind !== "aggregate") return isReal(argument, variables);
  if (argument.function === "avg") return true;
  const isNumber = ["min", "max", "sum"].includes(argument.function);
  return isNumber && argument.operand !== undefined && isReal(argument.operand, variables);
}

function isReal(part: Expression, variables: Names): boolean {
  const any = (operands: readonly Expression[]): boolean => operands.some((one) => isReal(one, variables));
  switch (part.kind) {
    case "variable":
      return variables.has(part.name);
    case "constant":
      return (
        typeof part.value === "number" && Number.isFinite(part.value) && !/^-?(?:\d+|0x[\da-f]+)$/i.test(part.text)
      );
    case "unary":
      return part.operator === "-" && any([part.operand]);
    case "binary":
      return ["+", "-", "*", "/", "%"].includes(part.operator) && any([part.left, part.right]);
    case "conditional":
      return any([part.yes, part.no]);
    case "call":
      if (REAL_FUNCTIONS.has(part.name.text)) return true;
      return PASSING_FUNCTIONS.has(part.name.text) && any(part.args);
    default:
      return false;
  }
}
