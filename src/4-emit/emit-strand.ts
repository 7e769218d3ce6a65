/**
 * emit-strand: writes the JavaScript function of one strand, with its rule and operators as comments above it. Called by
 * `emit.ts` for every strand; the runtime compiles the text and passes the engine as `node` (`StrandHost`).
 */
import type { Expression, FunctionCall } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import { ROW_OF_STAGE, stageOf } from "../../runtime/plan/library/functions/stages.ts";
import type { StrandSpec } from "../../runtime/plan/contract/plan.ts";
import { ADDED, CURRENT, LEAVING, REMOVED, STABLE } from "../../runtime/plan/contract/row-mark.ts";
import type {
  StrandAction,
  Column,
  ElementMatch,
  ItemsMatch,
  Match,
  Operator,
  Strand,
  Target,
  Visibility,
} from "../3-plan/strand.ts";
import { onlyItem } from "../program/pattern.ts";
import { rewriteExpression } from "../program/rewrite-expression.ts";
import { variablesIn } from "../program/visit.ts";
import { addressTable, variableAt } from "../2-rewrite/core.ts";
import { ExpressionEmitter, type PredicateId } from "./emit-expression.ts";

/** Emits the function of one strand: its operators fused, one loop per join, nothing interpreted. */
export function emitStrand(strand: Strand, spec: StrandSpec, predicateId: PredicateId): string {
  return new StrandEmitter(strand, predicateId, spec.trainColumns.length > 0).function(spec);
}

/** Name of a strand's function, as stack traces and profiles show it. */
export function functionName(strand: { readonly id: number; readonly origin: { readonly rule: string } }): string {
  return `s${strand.id}_${strand.origin.rule.replace(/[^A-Za-z0-9_]/g, "_")}`;
}

/** Depth from which lines are not indented further, so that the text of a rule with many joins grows with their number. */
const INDENTED_MAX = 20;

/**
 * Number of nested loops in one function. V8 parses nested blocks recursively, so a strand with more joins consists of several functions,
 * which share its variables.
 */
const LOOPS_MAX = 100;

type Aggregation = Extract<StrandAction, { kind: "aggregate" }>;

class StrandEmitter {
  readonly #strand: Strand;
  readonly #expressions: ExpressionEmitter;
  #lines: string[] = [];
  /** Functions of a strand with more than `LOOPS_MAX` loops, in order. Each calls the next one inside its innermost loop. */
  readonly #parts: string[][] = [];
  readonly #isDivided: boolean;
  /** Variables of the rule that the functions of a divided strand share. */
  readonly #shared = new Set<string>();
  /** Loops of the current function. */
  #loops = 0;
  #depth = 1;
  #rows = 0;
  /** Expressions of the ranks of the joined rows of the strand's own recursive stratum. */
  readonly #ranks: string[] = [];
  /** Statement that ends the current derivation and continues with the next one. */
  #skip = "return;";

  constructor(strand: Strand, predicateId: PredicateId, takesTrains: boolean) {
    this.#strand = strand;
    this.#isDivided = strand.operators.filter((one) => !isFilter(one)).length > LOOPS_MAX;
    this.#expressions = new ExpressionEmitter(strand.id, predicateId, takesTrains);
  }

  function(spec: StrandSpec): string {
    this.#match(this.#strand.match, "event");
    if (this.#strand.action.kind === "aggregate") this.#aggregate(this.#strand.action);
    else this.#pipeline(this.#strand.operators, this.#strand.action);
    const { rule, file, line } = spec.origin;
    const notes = [`${rule}  ${file}:${line}`, ...spec.operators].map(
      (note) => `// ${note.replaceAll(/[\r\n\u2028\u2029]/g, " ")}`,
    );
    const { temporaries } = this.#expressions;
    const variables = [...temporaries, ...this.#shared];
    const declared = variables.length === 0 ? [] : [`  let ${variables.join(", ")};`];
    const parts = this.#parts.flatMap((lines, at) => [`  function part${at + 1}() {`, ...lines, "  }"]);
    return [...notes, `function ${functionName(spec)}(node, event) {`, ...declared, ...parts, ...this.#lines, "}"].join(
      "\n",
    );
  }

  #pipeline(operators: readonly Operator[], action: StrandAction): void {
    this.#divided(operators, () => this.#action(action));
    this.#close(1);
  }

  /** Emits the operators and the code for each result, in several functions if there are many loops. */
  #divided(operators: readonly Operator[], result: () => void): void {
    for (const [at, operator] of operators.entries()) {
      if (this.#loops === LOOPS_MAX) return this.#part(operators.slice(at), result);
      if (this.#isDivided && !isFilter(operator)) this.#loops++;
      this.#operator(operator);
    }
    result();
  }

  /** Emits the rest of the operators as a function, and the call of this function. */
  #part(operators: readonly Operator[], result: () => void): void {
    const part: string[] = [];
    this.#line(`part${this.#parts.push(part)}();`);
    const [lines, depth, skip] = [this.#lines, this.#depth, this.#skip];
    [this.#lines, this.#depth, this.#skip, this.#loops] = [part, 2, "return;", 0];
    this.#divided(operators, result);
    this.#close(2);
    [this.#lines, this.#depth, this.#skip] = [lines, depth, skip];
  }

  /** Gives a variable of the rule its value. */
  #bind(variable: string, code: string): void {
    if (this.#isDivided) this.#shared.add(variable);
    this.#line(`${this.#isDivided ? "" : "const "}${variable} = ${code};`);
  }

  /** Emits the operators before the first join, then the joins, whose loops fill the accumulators, then the single result. */
  #aggregate(action: Aggregation): void {
    const at = this.#strand.operators.findIndex((operator) => !isFilter(operator));
    const joins = at < 0 ? this.#strand.operators.length : at;
    for (const operator of this.#strand.operators.slice(0, joins)) this.#operator(operator);
    for (const [column, one] of action.columns.entries()) {
      if (one.kind === "aggregate") this.#line(`const sum${column} = accumulator("${one.function}");`);
    }
    this.#line("collect: {");
    this.#depth++;
    this.#skip = "break collect;";
    this.#divided(this.#strand.operators.slice(joins), () => this.#accumulate(action));
    this.#close(1);
    this.#skip = "return;";
    this.#emitResult(action);
  }

  /**
   * Adds a combination of rows to all accumulators. If the operand of one column has no value or a wrong type, the derivation fails and no
   * accumulator changes.
   */
  #accumulate({ columns, head }: Aggregation): void {
    const values = columns.map((column) => (column.kind === "winner" ? this.#value(column.value) : undefined));
    const winners = values.filter((value) => value !== undefined);
    const operands = columns.map((column) => (column.kind === "aggregate" ? this.#operand(column) : ""));
    this.#require(
      head,
      columns.map((column, at) => (isExtreme(column) ? operands[at] : values[at])),
    );
    for (const [at, column] of columns.entries()) {
      if (column.kind === "aggregate") this.#line(`sum${at}.add(${operands[at]}, 1, [${winners.join(", ")}]);`);
    }
  }

  /**
   * Ends the derivation if a value is not of the type that the signature requires. A column whose entry in `values` is undefined is not
   * checked.
   */
  #require(
    { predicate, required }: Pick<Target, "predicate" | "required">,
    values: readonly (string | undefined)[],
  ): void {
    for (const [column, type] of required.entries()) {
      const value = values[column];
      if (type === 0 || value === undefined) continue;
      const report = [
        `node.contradicts(${predicate.id}, ${column}, ${value});`,
        `node.failed(${this.#strand.id}, "", {});`,
      ];
      this.#line(`if (!admits(${type}, ${value})) ${this.#failure(report)}`);
    }
  }

  #operand({ function: kind, operand }: Extract<Column, { kind: "aggregate" }>): string {
    const value = operand === undefined ? "1" : this.#value(operand);
    if (takesNumbers(kind)) this.#failWhen(`typeof ${value} !== "number"`, operand, kind);
    return value;
  }

  #emitResult(action: Aggregation): void {
    const best = action.columns.findIndex(isExtreme);
    let winner = 0;
    const args = action.columns.map((column, at) => {
      if (column.kind === "aggregate") return this.#checked(`sum${at}.result()`, undefined, column.function);
      if (column.kind === "winner") return `sum${best}.winner(${winner++})`;
      return this.#value(column.value);
    });
    if (!action.head.isDelete) this.#require(action.head, args);
    this.#emitTuple(action.head, args);
  }

  #operator(operator: Operator): void {
    switch (operator.kind) {
      case "get":
        return this.#get(operator);
      case "join":
        return this.#join(operator);
      case "absent":
        return this.#absent(operator);
      case "select":
        return this.#select(operator.test);
      case "assign":
        return this.#assign(operator.variable, operator.value);
      case "unnest":
        return this.#unnest(operator.list, operator.match);
    }
  }

  #get({ table, key, match }: Extract<Operator, { kind: "get" }>): void {
    const row = `row${this.#rows++}`;
    this.#line(`const ${row} = node.tables[${table.id}].find(${this.#key(key)}); // ${table.name}`);
    this.#line(`if (${row} === undefined) ${this.#skip}`);
    this.#match(match, `${row}.values`);
  }

  #join({ table, index, key, match, visibility }: Extract<Operator, { kind: "join" }>): void {
    const number = this.#rows++;
    const row = `row${number}`;
    if (index === undefined) {
      this.#visit(`node.tables[${table.id}].count`);
      this.#loop(`let ${row} = node.tables[${table.id}].first; ${row} !== null; ${row} = ${row}.next`, table.name);
    } else {
      this.#line(`const bucket${number} = node.tables[${table.id}].bucket(${index}, ${this.#key(key)});`);
      this.#visit(`bucket${number}.length`);
      this.#loop(`const ${row} of bucket${number}`, table.name);
    }
    this.#hide(row, hiddenRows(visibility), visibility);
    if (this.#reportsRank(visibility)) this.#noteRank(row, number);
    this.#match(match, `${row}.values`);
  }

  /** Whether the strand reports the ranks of the rows that a join with this visibility reads. */
  #reportsRank(visibility: Visibility): boolean {
    const { action } = this.#strand;
    const isInStratum = visibility === "present" || visibility === "others";
    return isInStratum && action.kind === "contribute" && action.reportsRank;
  }

  #noteRank(row: string, number: number): void {
    if (!this.#isDivided) return void this.#ranks.push(`${row}.rank`);
    this.#bind(`rank${number}`, `${row}.rank`);
    this.#ranks.push(`rank${number}`);
  }

  /** Emits the statement before a loop that counts the rows or items of the loop. */
  #visit(count: string): void {
    this.#line(`if ((node.visits += ${count}) > node.mostVisits) node.exceedVisits(${this.#strand.id});`);
  }

  #hide(row: string, hidden: string | undefined, visibility: Visibility): void {
    if (hidden !== undefined) this.#line(`if (${row}.mark ${hidden}) continue; // ${visibility}`);
  }

  #rowsOf(table: number, index: number | undefined, key: readonly Expression[], row: string): string {
    if (index === undefined) return `let ${row} = node.tables[${table}].first; ${row} !== null; ${row} = ${row}.next`;
    return `const ${row} of node.tables[${table}].bucket(${index}, ${this.#key(key)})`;
  }

  #absent({ table, index, key, match, visibility }: Extract<Operator, { kind: "absent" }>): void {
    const found = `found${this.#rows}`;
    const row = `row${this.#rows++}`;
    this.#line(`let ${found} = false;`);
    const outer = this.#skip;
    this.#loop(this.#rowsOf(table.id, index, key, row), `not ${table.name}`);
    // The loop ends at the first row that matches.
    this.#visit("1");
    // With "unchanged", a row must be absent both before and after the commit, so the rows of both states are visible.
    if (visibility !== "unchanged") this.#hide(row, hiddenRows(visibility), visibility);
    this.#match(match, `${row}.values`);
    this.#line(`${found} = true;`);
    this.#line("break;");
    this.#depth--;
    this.#line("}");
    this.#skip = outer;
    this.#line(`if (${found}) ${this.#skip}`);
  }

  #select(test: Expression): void {
    const { code, mayFail, isBoolean } = this.#expressions.emit(test);
    if (isBoolean && !mayFail) return this.#line(`if (!(${code})) ${this.#skip}`);
    const name = `test${this.#rows++}`;
    this.#line(`const ${name} = isTrue(${code});`);
    this.#failWhen(`${name} === undefined`, test);
    this.#line(`if (!${name}) ${this.#skip}`);
  }

  #assign(variable: string, value: Expression): void {
    const { code, mayFail } = this.#expressions.emit(value);
    this.#bind(variable, code);
    if (mayFail) this.#failWhen(`${variable} === undefined`, value);
  }

  #unnest(list: Expression, match: ElementMatch): void {
    const only = onlyItem(list);
    if (only !== undefined) return this.#fit(this.#value(only), match);
    const elements = this.#checked(`elementsOf(${this.#value(list)})`, list);
    const element = `element${this.#rows++}`;
    this.#visit(`${elements}.length`);
    this.#loop(`const ${element} of ${elements}`, "unnest");
    this.#fit(element, match);
  }

  /** Ends the derivation unless the element fits the pattern `match`. */
  #fit(element: string, match: ElementMatch): void {
    switch (match.kind) {
      case "any":
        return;
      case "variable":
        return this.#bind(match.variable, element);
      case "equal":
        return this.#line(`if (!equal(${element}, ${this.#value(match.value)})) ${this.#skip}`);
      case "items":
        return this.#fitItems(element, match);
      case "fields": {
        const fields = `fields${this.#rows++}`;
        this.#line(
          `const ${fields} = fieldsOf(${element}, node.predicates[${match.predicate.id}]); // ${match.predicate.name}`,
        );
        this.#line(`if (${fields} === undefined) ${this.#skip}`);
        return this.#match(match.match, fields);
      }
    }
  }

  #fitItems(element: string, { count, hasTail, match }: ItemsMatch): void {
    this.#line(`if (!isList(${element}) || ${element}.length ${hasTail ? "<" : "!=="} ${count}) ${this.#skip}`);
    if (!hasTail) return this.#match(match, element);
    const parts = `parts${this.#rows++}`;
    const items = Array.from({ length: count }, (_, at) => `${element}[${at}]`);
    this.#line(`const ${parts} = [${[...items, `${element}.slice(${count})`].join(", ")}];`);
    this.#match(match, parts);
  }

  #match(match: readonly Match[], source: string): void {
    for (const one of match) {
      if (one.kind === "bind") this.#bind(one.variable, `${source}[${one.column}]`);
      else this.#line(`if (!equal(${source}[${one.column}], ${this.#value(one.value)})) ${this.#skip}`);
    }
  }

  #action(action: StrandAction): void {
    switch (action.kind) {
      case "tuple": {
        const args = this.#values(action.args);
        if (!action.head.isDelete) this.#require(action.head, args);
        return this.#emitTuple(action.head, args);
      }
      case "contribute": {
        const values = action.columns.map((column) =>
          column.kind === "aggregate" ? this.#operand(column) : this.#value(column.value),
        );
        this.#require(
          action.head,
          action.columns.map((column, at) =>
            column.kind === "aggregate" && !isExtreme(column) ? undefined : values[at],
          ),
        );
        for (const { value, than, isLeast } of action.costDecreases) {
          const order = `compare(${this.#value(value)}, ${this.#value(than)}) ${isLeast ? "<" : ">"} 0`;
          this.#line(`if (${order}) node.costDecreased(${action.derivedRule});`);
        }
        const rank = this.#ranks.length > 1 ? [`Math.max(${this.#ranks.join(", ")})`] : this.#ranks;
        const args = [action.derivedRule, action.sign, `[${values.join(", ")}]`, ...rank];
        return this.#line(`node.contribute(${args.join(", ")});`);
      }
      case "aggregate":
        throw new Error("aggregates are emitted by #aggregate");
    }
  }

  #emitTuple(head: Aggregation["head"], args: readonly string[]): void {
    const { predicate, isDelete, location } = head;
    const tuple = `${predicate.id}, [${args.join(", ")}]`;
    const note = `// ${predicate.name}`;
    if (location !== undefined) {
      return this.#line(`node.dispatch(${this.#strand.id}, ${tuple}, ${this.#value(location)}, ${isDelete}); ${note}`);
    }
    const verb = predicate.table === undefined ? "raise" : isDelete ? "remove" : "put";
    this.#line(`node.${verb}(${this.#strand.id}, ${tuple}); ${note}`);
  }

  #values(expressions: readonly Expression[]): readonly string[] {
    return expressions.map((expression) => this.#value(expression));
  }

  /** Returns code that always has a value. An expression that may have none is evaluated and checked in a statement before this code. */
  #value(expression: Expression): string {
    const { code, mayFail } = this.#expressions.emit(expression);
    return mayFail ? this.#checked(code, expression) : code;
  }

  #checked(code: string, expression: Expression | undefined, aggregate = ""): string {
    const name = `value${this.#rows++}`;
    this.#line(`const ${name} = ${code};`);
    this.#failWhen(`${name} === undefined`, expression, aggregate);
    return name;
  }

  /**
   * Ends the derivation if the condition holds. The report has the expression, or the aggregate of the expression, and the values of its
   * variables.
   */
  #failWhen(condition: string, expression: Expression | undefined, aggregate = ""): void {
    const text = expression === undefined ? "*" : printExpression(asText(expression));
    const shown = JSON.stringify(aggregate === "" ? text : `${aggregate}<${text}>`);
    const variables = expression === undefined ? [] : variablesIn(expression);
    const shownValues = variables.map(({ name, shownAs }) =>
      shownAs === undefined ? name : `${JSON.stringify(shownAs)}: ${name}`,
    );
    const values = [...new Set(shownValues)].join(", ");
    this.#line(`if (${condition}) ${this.#failure([`node.failed(${this.#strand.id}, ${shown}, { ${values} });`])}`);
  }

  /**
   * Statement for a failed derivation: reports the failure and ends the derivation. Removals and refreshes are not reported, because the
   * failure was reported at the insertion.
   */
  #failure(report: readonly string[]): string {
    const { action } = this.#strand;
    const isReported = action.kind !== "contribute" || action.sign > 0;
    return isReported ? `{ ${report.join(" ")} ${this.#skip} }` : this.#skip;
  }

  #key(key: readonly Expression[]): string {
    const values = this.#values(key);
    return values.length === 1 ? `keyOf(${values[0]})` : `keyOfValues([${values.join(", ")}])`;
  }

  #loop(header: string, note: string): void {
    this.#line(`for (${header}) { // ${note}`);
    this.#depth++;
    this.#skip = "continue;";
  }

  #close(depth: number): void {
    while (this.#depth > depth) {
      this.#depth--;
      this.#line("}");
    }
  }

  #line(text: string): void {
    this.#lines.push(`${"  ".repeat(Math.min(this.#depth, INDENTED_MAX))}${text}`);
  }
}

/**
 * Comparison with the mark of a row: if it holds, the row is hidden. Marks are emitted as numbers, because a name could clash with a
 * variable.
 */
function hiddenRows(visibility: Visibility): string | undefined {
  switch (visibility) {
    case "frozen":
      return undefined;
    case "before":
      return `=== ${ADDED}`;
    case "after":
      return `=== ${REMOVED}`;
    case "unchanged":
      return `!== ${STABLE}`;
    case "present":
      return `> ${CURRENT}`;
    case "others":
      return `> ${LEAVING}`;
  }
}

function isExtreme(column: Column): boolean {
  return column.kind === "aggregate" && (column.function === "min" || column.function === "max");
}

function takesNumbers(kind: string): boolean {
  return kind === "sum" || kind === "avg";
}

/**
 * Whether an operator has at most one result for each input. The leading operators of this kind run before an aggregate begins to collect.
 */
function isFilter(operator: Operator): boolean {
  if (operator.kind === "unnest") return onlyItem(operator.list) !== undefined;
  return operator.kind === "select" || operator.kind === "assign";
}

/**
 * Returns the expression as a message shows it: each own address becomes the name of its table, each call of a stage becomes a description.
 */
function asText(expression: Expression): Expression {
  return rewriteExpression(expression, (part) => {
    const text = addressTable(part) ?? (part.kind === "call" ? stageText(part) : undefined);
    return text === undefined ? part : variableAt(text, part.span);
  });
}

/** Describes a call of a stage, or a call of the function that checks the rows of a stage. */
function stageText({ name, args }: FunctionCall): string | undefined {
  const stage = stageOf(name.text);
  if (stage !== undefined) return `stage ${stage}`;
  if (name.text !== ROW_OF_STAGE) return undefined;
  const [of, columns] = [args[0], args[2]].map((one) => (one?.kind === "constant" ? String(one.value) : ""));
  return `row of ${of} with ${columns} columns`;
}
