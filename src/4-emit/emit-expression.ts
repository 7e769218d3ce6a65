/**
 * emit-expression: JavaScript for the expressions of a strand. Used by `emit-strand.ts`, which declares the temporaries.
 */
import type {
  Binary,
  ConstantValue,
  Expression,
  FunctionCall,
  ListExpression,
  PacketExpression,
} from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import { FRESH_QUERY_FUNCTION, LOCAL_ADDRESS_FUNCTION } from "../2-rewrite/core.ts";
import { withCanonicalAddress } from "../../runtime/plan/values/canonical-address.ts";
import { secretName } from "../program/secret-name.ts";
import { isArithmetic, operationName } from "../program/operation.ts";
import { isMappedOverTrains } from "../3-plan/train-functions.ts";

/** JavaScript code of an expression. */
export interface Emitted {
  readonly code: string;
  /** The expression may have no value: then the code yields `undefined` at run time, and the derivation ends. */
  readonly mayFail: boolean;
  /** The value, if there is one, is `true` or `false`. */
  readonly isBoolean: boolean;
}

/** Returns the index of a predicate in the plan, by its qualified name. */
export type PredicateId = (name: string) => number;

/**
 * Emits expressions. In the emitted code a variable of a rule is a constant of the same name. All other names are functions of `lib`,
 * except for `node`.
 */
export class ExpressionEmitter {
  readonly #strand: number;
  readonly #predicateId: PredicateId;
  readonly #takesTrains: boolean;
  #temporaries = 0;

  /** `takesTrains`: variables of the strand may hold packet trains. */
  constructor(strand: number, predicateId: PredicateId, takesTrains: boolean) {
    this.#strand = strand;
    this.#predicateId = predicateId;
    this.#takesTrains = takesTrains;
  }

  /** Temporary variables of the emitted code; the strand's function must declare them. */
  get temporaries(): readonly string[] {
    return Array.from({ length: this.#temporaries }, (_, at) => `t${at}`);
  }

  emit(expression: Expression): Emitted {
    switch (expression.kind) {
      case "variable":
        return sure(expression.name);
      case "wildcard":
        return sure("null");
      case "constant":
        return constant(withCanonicalAddress(expression.value));
      case "aggregate":
        throw new Error(`${expression.function}<..> within an expression: split-aggregates has not seen it`);
      case "list":
        return this.#listWithTail(expression);
      case "unary":
        return this.#unary(expression.operator, expression.operand);
      case "binary":
        return this.#binary(expression);
      case "conditional":
        return this.#conditional(expression);
      case "call":
        return this.#call(expression);
      case "interval":
        return this.#interval(expression);
      case "address":
        return this.#address(expression);
      case "packet":
        return this.#packet(expression);
    }
  }

  /** Returns the code of a list. It yields `undefined` if an item has no value or the list is too large. */
  #list(items: readonly Expression[]): Emitted {
    const emitted = items.map((item) => this.emit(item));
    const values = emitted.map((item) => item.code).join(", ");
    return items.length === 0 ? sure("[]") : unsure(`list([${values}])`);
  }

  #listWithTail({ items, tail }: ListExpression): Emitted {
    const list = this.#list(items);
    return tail === undefined ? list : unsure(`joinedList(${list.code}, ${this.emit(tail).code})`);
  }

  #unary(operator: "-" | "!" | "~", operand: Expression): Emitted {
    const { code, mayFail, isBoolean } = this.emit(operand);
    if (operator === "!") return isBoolean && !mayFail ? boolean(`!(${code})`) : unsure(`not(${code})`, true);
    return unsure(`${operator === "-" ? "negate" : "complement"}(${code})`);
  }

  #binary({ operator, left, right, isOverlog }: Binary): Emitted {
    if (isArithmetic(operator)) {
      return unsure(`${operationName(operator, isOverlog)}(${this.emit(left).code}, ${this.emit(right).code})`);
    }
    if (operator === "&&" || operator === "||") return this.#shortCircuit(operator, left, right);
    return this.#comparison(operator, this.emit(left), this.emit(right));
  }

  #comparison(operator: string, left: Emitted, right: Emitted): Emitted {
    const isEquality = operator === "==" || operator === "!=";
    if (left.mayFail || right.mayFail) {
      return unsure(`${String(comparisons[operator])}(${left.code}, ${right.code})`, true);
    }
    if (isEquality) return boolean(`${operator === "==" ? "" : "!"}equal(${left.code}, ${right.code})`);
    return boolean(`compare(${left.code}, ${right.code}) ${operator} 0`);
  }

  #shortCircuit(operator: "&&" | "||", left: Expression, right: Expression): Emitted {
    const first = this.emit(left);
    const second = this.emit(right);
    const isPlain = [first, second].every((side) => side.isBoolean && !side.mayFail);
    if (isPlain) return boolean(`(${first.code} ${operator} ${second.code})`);
    const saved = this.#temporary();
    const goesOn = operator === "&&" ? "true" : "false";
    return unsure(`((${saved} = isTrue(${first.code})) === ${goesOn} ? isTrue(${second.code}) : ${saved})`, true);
  }

  #conditional({ test, yes, no }: Extract<Expression, { kind: "conditional" }>): Emitted {
    const condition = this.emit(test);
    const [then, otherwise] = [this.emit(yes), this.emit(no)];
    const isBoolean = then.isBoolean && otherwise.isBoolean;
    if (condition.isBoolean && !condition.mayFail) {
      const mayFail = then.mayFail || otherwise.mayFail;
      return { code: `(${condition.code} ? ${then.code} : ${otherwise.code})`, mayFail, isBoolean };
    }
    const saved = this.#temporary();
    const choice = `${saved} ? ${then.code} : ${otherwise.code}`;
    return unsure(`((${saved} = isTrue(${condition.code})) === undefined ? undefined : ${choice})`, isBoolean);
  }

  #call(expression: FunctionCall): Emitted {
    const {
      name: { text: name },
      args,
      isOverlog,
    } = expression;
    const secret = secretName(expression);
    const values = args.map((argument, at) =>
      at === 0 && secret !== undefined ? unsure(`node.secret(${JSON.stringify(secret)})`) : this.emit(argument),
    );
    const codes = values.map((value) => value.code).join(", ");
    if (name === LOCAL_ADDRESS_FUNCTION) return unsure(`node.localAddress(${codes})`);
    if (name === FRESH_QUERY_FUNCTION) return sure(`node.freshQuery(${this.#strand})`);
    const check = values.some((value) => value.mayFail) ? "callSafely" : "call";
    const called = functionNamed(name, isOverlog)?.name ?? name;
    if (this.#takesTrains && isMappedOverTrains(name))
      return unsure(`callOnTrain(node, "${called}", node.ambient(${this.#strand}), [${codes}])`);
    return unsure(`${check}("${called}", node.ambient(${this.#strand}), [${codes}])`);
  }

  #interval(expression: Extract<Expression, { kind: "interval" }>): Emitted {
    const parts = [expression.value, expression.low, expression.high].map((part) => this.emit(part).code);
    const test = expression.isOverlog === true ? "inRing" : "inInterval";
    return unsure(`${test}(${parts.join(", ")}, ${expression.includesLow}, ${expression.includesHigh})`, true);
  }

  #address({ overlay, node, options }: Extract<Expression, { kind: "address" }>): Emitted {
    const location = this.emit(node).code;
    return unsure(`makeAddress(${JSON.stringify(overlay.text)}, ${location}, ${this.#list(options).code})`);
  }

  #packet({ name, args, required }: PacketExpression): Emitted {
    const values = args.map((argument) => this.emit(argument).code).join(", ");
    if (required !== undefined)
      return unsure(`makeTypedPacket(node, ${this.#predicateId(name.text)}, [${required.join(", ")}], [${values}])`);
    return unsure(`makePacket(node.predicates[${this.#predicateId(name.text)}], [${values}])`);
  }

  #temporary(): string {
    return `t${this.#temporaries++}`;
  }
}

const comparisons: Readonly<Record<string, string>> = {
  "==": "isEqual",
  "!=": "isUnequal",
  "<": "isLess",
  "<=": "isAtMost",
  ">": "isGreater",
  ">=": "isAtLeast",
};

function sure(code: string): Emitted {
  return { code, mayFail: false, isBoolean: false };
}

function boolean(code: string): Emitted {
  return { code, mayFail: false, isBoolean: true };
}

function unsure(code: string, isBoolean = false): Emitted {
  return { code, mayFail: true, isBoolean };
}

function constant(value: ConstantValue): Emitted {
  if (typeof value === "bigint") return sure(`0x${value.toString(16)}n`);
  if (typeof value === "boolean") return boolean(String(value));
  if (typeof value === "number")
    return sure(Number.isFinite(value) ? number(value) : value > 0 ? "(1 / 0)" : "(-1 / 0)");
  if (value instanceof Uint8Array) return sure(`bytes("${hex(value)}")`);
  return sure(JSON.stringify(value));
}

function number(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${value})` : String(value);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
