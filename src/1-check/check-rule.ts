/**
 * check-rule: the checks that concern a single rule. Called by `check.ts` for each rule of the program.
 */
import type { Argument, Expression, Literal, PacketExpression, PredicateLiteral, Variable } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { functionNamed, functionNames } from "../../runtime/plan/library/functions/registry.ts";
import type { Program, ProgramRule, View } from "../program/program.ts";
import { type BoundSet, bind, bindAll, isBound, noneBound, withBound } from "../program/binding.ts";
import { builtinNamed, isLocalAddressTable, isRaisedByNode, PERIODIC, TAP, TUN } from "../program/builtin.ts";
import { timerNumber } from "../program/constant.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import { nearest } from "../program/nearest.ts";
import { checkAssignments } from "./check-assignments.ts";
import { checkConditions, type HasMacro } from "./check-conditions.ts";
import { checkDenials } from "./check-denials.ts";
import { checkWildcards } from "./check-wildcards.ts";
import { socketViewNames } from "./socket-views.ts";
import { computedParts, patternVariables } from "../program/pattern.ts";
import type { Predicates } from "../program/predicates.ts";
import { locationOf } from "../program/location-of.ts";
import { eventLiterals, type Roles } from "../program/roles.ts";
import { combinesAggregates, hasAggregate, isPredicate, variablesOutsideAggregates } from "../program/rule-shape.ts";
import type { UnknownMacros } from "./unknown-macros.ts";
import { expressionsOf, expressionsOfAtom, expressionsOfLiteral, operandsOf, variablesIn } from "../program/visit.ts";

/** Names of the program that are probably misspelled. */
export interface DoubtfulNames {
  readonly macros: UnknownMacros;
  /** Predicates that are never produced, with the names that were probably meant. */
  readonly typos: ReadonlyMap<string, string>;
}

/** The predicates of the program, and the roles of its literals. */
export interface NameMeanings {
  readonly predicates: Predicates;
  readonly roles: Roles;
}

/** Checks one rule: its event, functions, calls, variables and aggregates. */
export function checkRule(
  rule: ProgramRule,
  program: Program,
  meanings: NameMeanings,
  names: DoubtfulNames,
  hasMacro: HasMacro,
): readonly Diagnostic[] {
  const check = new RuleCheck(rule, program, meanings, names);
  check.run();
  const contradictions = [...checkConditions(rule, hasMacro), ...checkDenials(rule, meanings.roles, hasMacro)];
  return [...check.diagnostics, ...contradictions];
}

class RuleCheck {
  readonly diagnostics: Diagnostic[] = [];
  readonly #rule: ProgramRule;
  readonly #program: Program;
  readonly #predicates: Predicates;
  readonly #roles: Roles;
  readonly #macros: UnknownMacros;
  readonly #typos: DoubtfulNames["typos"];
  readonly #eventLiterals: readonly PredicateLiteral[];
  readonly #unbound = new Set<string>();
  /** Number of literals that use each variable; undefined until a negation asks. */
  #literalsUsing: ReadonlyMap<string, number> | undefined;

  constructor(
    rule: ProgramRule,
    program: Program,
    { predicates, roles }: NameMeanings,
    { macros, typos }: DoubtfulNames,
  ) {
    this.#macros = macros;
    this.#typos = typos;
    this.#rule = rule;
    this.#program = program;
    this.#predicates = predicates;
    this.#roles = roles;
    this.#eventLiterals = eventLiterals(rule, roles);
  }

  run(): void {
    this.#head();
    this.#events();
    this.#functions();
    for (const literal of this.#rule.body) if (isPredicate(literal)) this.#predicate(literal);
    this.#checkStart();
    this.#safety();
    for (const wildcard of checkWildcards(this.#rule, this.#roles)) this.diagnostics.push(wildcard);
    for (const assignment of checkAssignments(this.#rule, this.#roles)) this.diagnostics.push(assignment);
    if (this.#program.unparsed.get(this.#rule.head.name.text) === "declared") return;
    this.#grouping();
    this.#winners();
  }

  #head(): void {
    const { head } = this.#rule;
    const name = head.name.text;
    const isBuiltin = name === PERIODIC || isRaisedByNode(name);
    if (isBuiltin || this.#program.views.has(name))
      this.diagnostics.push(report("E0231", head.name.span, { name, use: "the head of a rule" }));
    if (this.#rule.isDelete && !this.#roles.isTable(name)) {
      this.diagnostics.push(report("E0232", head.name.span, { name }));
    }
  }

  #events(): void {
    // A misspelled table looks like a second event; the typo has its own message.
    const isTypo = ({ atom }: PredicateLiteral): boolean => this.#typos.has(atom.name.text);
    const [first, ...others] = this.#eventLiterals.filter((literal) => !isTypo(literal));
    for (const other of others) {
      const event = first as PredicateLiteral;
      const stored = [other, event].find((literal) => this.#isStorable(literal))?.atom.name.text;
      const facts = { first: event.atom.name.text, second: other.atom.name.text, stored };
      const related = [{ span: event.span, message: "this is the first event of the rule" }];
      this.diagnostics.push(report("E0215", other.span, facts, related));
    }
    if (this.#rule.body.some((literal) => isPredicate(literal) && !literal.negated)) return;
    this.diagnostics.push(report("E0224", this.#rule.span, {}));
  }

  /** Whether the program could declare the event as a table. It cannot if the node, a view, an overlay or a table change raises it. */
  #isStorable(literal: PredicateLiteral): boolean {
    const name = literal.atom.name.text;
    const isOfTable = deltaEventNamed(name, (table) => this.#roles.isTable(table)) !== undefined;
    const isOfView = [...this.#program.views.keys()].some((view) => name.startsWith(`${view}.`));
    const isRaised = isOfTable || isOfView || builtinNamed(name) !== undefined || /\.(?:send|recv)$/.test(name);
    return this.#roles.of(literal) === "event" && !isRaised;
  }

  #functions(): void {
    for (const expression of expressionsOfAtom(this.#rule.head)) this.#functionsIn(expression);
    for (const literal of this.#rule.body) {
      for (const expression of expressionsOfLiteral(literal)) this.#functionsIn(expression);
    }
  }

  #functionsIn(expression: Expression): void {
    if (expression.kind === "call") this.#call(expression);
    if (expression.kind === "packet") this.#packet(expression);
    for (const operand of operandsOf(expression)) this.#functionsIn(operand);
  }

  #call(expression: Extract<Expression, { kind: "call" }>): void {
    const name = expression.name.text;
    const known = functionNamed(name);
    if (known === undefined) {
      this.diagnostics.push(
        report("E0213", expression.name.span, { name, nearest: similarFunction(name, this.#predicates.keys()) }),
      );
      return;
    }
    const given = expression.args.length;
    if (given >= known.minArgs && given <= known.maxArgs) return;
    const expected = known.minArgs === known.maxArgs ? `${known.minArgs}` : `${known.minArgs} to ${known.maxArgs}`;
    this.diagnostics.push(report("E0214", expression.span, { name, expected, given }));
  }

  /** Reports a packet whose predicate is a view, private to a view, built in, or unknown to the program. */
  #packet({ name: { text: name, span } }: PacketExpression): void {
    const isView = this.#program.views.has(name);
    const owner = name.slice(0, Math.max(0, name.lastIndexOf(".")));
    const isPrivate = this.#program.views.has(owner);
    if (isView || isPrivate || builtinNamed(name) !== undefined || isLocalAddressTable(name)) {
      const why = isView ? "a view" : isPrivate ? "private to a view" : "built in";
      this.diagnostics.push(report("E0280", span, { name: name.replace("@", ""), why }));
    } else if (!this.#predicates.has(name)) {
      this.diagnostics.push(report("E0213", span, { name, nearest: similarFunction(name, this.#predicates.keys()) }));
    }
  }

  #predicate(literal: PredicateLiteral): void {
    for (const argument of literal.atom.args) this.#bodyArgument(argument, literal);
    const role = this.#roles.of(literal);
    const name = literal.atom.name.text;
    if (literal.negated && role === "event" && !this.#typos.has(name))
      this.diagnostics.push(report("E0219", literal.span, { name }));
    if (this.#rule.isOverlog) this.#rowEvent(literal);
    if (name === PERIODIC && literal.atom.args.length > 1) this.#timer(literal);
    if (role === "call") this.#viewCall(literal);
    if (role === "failure") this.#failure(literal);
    if (role !== "call" && literal.timeout !== undefined) {
      this.diagnostics.push(report("E0233", literal.timeout.span, { name }));
    }
    if (role !== "call" && literal.outcome !== undefined) {
      this.diagnostics.push(report("E0295", literal.outcome.span, { name }));
    }
  }

  /** Reports an event of row changes, such as `link_DELTA_INSERT`, if there is no table `link` and no rule raises the event. */
  #rowEvent({ atom }: PredicateLiteral): void {
    const name = deltaEventNamed(atom.name.text, () => true)?.table;
    if (name === undefined || this.#roles.isTable(name)) return;
    const isRaised = this.#program.rules.some(({ head }) => head.name.text === atom.name.text);
    if (!isRaised && !this.#program.unparsed.has(name))
      this.diagnostics.push(report("E0272", atom.name.span, { name }));
  }

  /** `periodic(E, Secs, Count, Delay, Jitter)` */
  #timer({ atom, span }: PredicateLiteral): void {
    const numbers = atom.args.slice(1).map((argument) => (isPlain(argument) ? timerNumber(argument) : undefined));
    for (const [at, argument] of atom.args.slice(1).entries()) {
      const number = numbers[at];
      const isCount = at === 1;
      if (number !== undefined && (!isCount || Number.isInteger(number))) continue;
      if (number !== undefined) {
        this.diagnostics.push(report("E0235", argument.span, { isCount, variable: undefined, nearest: undefined }));
        continue;
      }
      const variable = argument.kind === "variable" ? argument.name : undefined;
      if (variable !== undefined && this.#macros.isReported(variable)) continue;
      const like = variable === undefined ? undefined : this.#macros.nearest(variable);
      this.diagnostics.push(report("E0235", argument.span, { isCount, variable, nearest: like }));
    }
    if (numbers[0] === 0 && (numbers.length === 1 || numbers[1] === 0)) {
      this.diagnostics.push(report("E0237", span, {}));
    }
  }

  #failure({ atom, span }: PredicateLiteral): void {
    const view = this.#program.views.get(atom.name.text);
    if (view === undefined) {
      const name = atom.name.text;
      if (this.#program.unparsed.has(name)) return;
      this.diagnostics.push(
        report("E0226", atom.name.span, { name, nearest: nearest(name, [...this.#program.views.keys()]) }),
      );
    } else if (atom.args.length !== view.inputs.length + 1) {
      const expected = `the ${view.inputs.length} inputs of the view and the reason`;
      this.diagnostics.push(report("E0221", span, { name: `${view.name}!fail`, expected, given: atom.args.length }));
    }
  }

  #bodyArgument(argument: Argument, literal: PredicateLiteral): void {
    if (argument.kind !== "return" || this.#roles.of(literal) === "call") return;
    this.diagnostics.push(report("E0223", argument.span, { token: "`&`" }));
  }

  #viewCall(literal: PredicateLiteral): void {
    const { name, args } = literal.atom;
    const view = this.#program.views.get(name.text);
    if (view === undefined) {
      if (this.#program.unparsed.has(name.text)) return;
      const facts = {
        name: name.text,
        nearest: nearest(name.text, [...this.#program.views.keys(), ...socketViewNames]),
      };
      this.diagnostics.push(report("E0247", name.span, facts));
      return;
    }
    const inputs = args.filter((argument) => argument.kind !== "return").length;
    if (inputs !== view.inputs.length || args.length - inputs !== view.outputs.length) {
      const related = view.isBuiltin ? [] : [{ span: view.span, message: "the view is defined here" }];
      this.diagnostics.push(report("E0221", literal.span, { ...callForm(view), given: args.length }, related));
      // It is unknown which arguments were meant as inputs, so errors about their variables are suppressed.
      for (const { name: variable } of args.flatMap(variablesOf)) this.#unbound.add(variable);
    }
    const where = this.#forbiddenPosition(literal);
    if (where !== undefined) this.diagnostics.push(report("E0220", literal.span, { view: view.name, where }));
  }

  #forbiddenPosition(literal: PredicateLiteral): string | undefined {
    if (literal.negated) return "in a negation";
    if (hasAggregate(this.#rule.head)) return "in a rule whose head has an aggregate";
    const hasEvent = this.#eventLiterals.length > 0;
    if (!hasEvent && this.#roles.isTable(this.#rule.head.name.text)) return "in a rule that defines a table";
    return undefined;
  }

  /** The literals before the first call must contain the trigger of the rule: its event, or rows of a table. */
  #checkStart(): void {
    const { body } = this.#rule;
    const first = body.findIndex((literal) => isPredicate(literal) && this.#roles.of(literal) === "call");
    const call = body[first];
    if (call === undefined) return;
    const [event] = this.#eventLiterals;
    const before = body.slice(0, first).filter(isPredicate);
    const canStart = event === undefined ? before.some((literal) => !literal.negated) : before.includes(event);
    if (!canStart) this.diagnostics.push(report("E0241", call.span, {}));
  }

  /** A column that is not in the key and that the event does not bind comes from the winning row: this needs exactly one `min` or `max`. */
  #winners(): void {
    const { head } = this.#rule;
    const keys = this.#program.tables.get(head.name.text)?.keys ?? [];
    if (!hasAggregate(head) || keys.length === 0 || head.args.some(combinesAggregates)) return;
    const known = this.#knownFromEvent();
    const isKnown = (argument: Expression): boolean =>
      known !== undefined && variablesIn(argument).every(({ name }) => known.has(name));
    const winners = head.args.filter(
      (argument, column) => isPlain(argument) && !keys.includes(column) && !isKnown(argument),
    );
    const extremes = head.args.filter(isExtreme);
    const [first] = winners;
    if (first !== undefined && extremes.length !== 1) this.diagnostics.push(report("E0229", first.span, {}));
  }

  /** Range restriction: the literals before a call must bind its inputs. All other literals may stand in any order. */
  #safety(): void {
    let before = noneBound;
    let pending: Literal[] = [];
    for (const literal of this.#rule.body) {
      if (isPredicate(literal) && this.#roles.of(literal) === "call") {
        const bound = bindAll(pending, before, this.#roles);
        pending = pending.filter((one) => waitsForVariables(one, bound));
        before = bound;
        this.#inputs(literal, before);
        if (literal.outcome !== undefined) this.#outputs(literal, literal.outcome, before);
      }
      pending.push(literal);
    }
    const bound = bindAll(this.#rule.body, noneBound, this.#roles);
    this.#assigned(bound);
    for (const literal of this.#rule.body) this.#uses(literal, bound);
    this.#headUses(bound);
  }

  /** Reports unbound variables in assignments. An assignment that only waits for another reported assignment has no error of its own. */
  #assigned(bound: BoundSet): void {
    const idle = this.#rule.body.filter((literal) => literal.kind === "assign" && !bound.has(literal.target.name));
    const waiting = idle.flatMap((literal) => (literal.kind === "assign" ? [literal.target.name] : []));
    const known = withBound(bound, waiting);
    const before = this.#unbound.size;
    for (const literal of idle) this.#uses(literal, known);
    if (this.#unbound.size > before) for (const name of waiting) this.#unbound.add(name);
  }

  #inputs(literal: PredicateLiteral, bound: BoundSet): void {
    const view = this.#program.views.get(literal.atom.name.text);
    const inputs = literal.atom.args.filter((argument): argument is Expression => isPlain(argument));
    for (const [at, input] of inputs.entries()) {
      const argument = view?.inputs[at]?.name ?? `argument ${at + 1}`;
      for (const variable of variablesIn(input)) {
        if (bound.has(variable.name) || this.#isReported(variable.name)) continue;
        const facts = { rule: this.#rule.name, view: literal.atom.name.text, argument, variable: variable.name };
        this.diagnostics.push(report("E0222", variable.span, facts));
      }
      if (input.kind === "wildcard") {
        const facts = { rule: this.#rule.name, view: literal.atom.name.text, argument, variable: "_" };
        this.diagnostics.push(report("E0222", input.span, facts));
      }
    }
    if (literal.atom.location !== undefined) this.#require(literal.atom.location, bound, "the location");
  }

  /** Outputs of a call with an outcome must be new variables: a bound one would filter out the null that a failed call returns. */
  #outputs({ atom: { args } }: PredicateLiteral, outcome: Expression, before: BoundSet): void {
    let bound = outcome.kind === "variable" ? withBound(before, [outcome.name]) : before;
    for (const argument of args) {
      if (argument.kind !== "return" || argument.name === undefined) continue;
      const variable = argument.name;
      if (bound.has(variable)) this.diagnostics.push(report("E0296", argument.span, { variable }));
      bound = withBound(bound, [variable]);
    }
  }

  #uses(literal: Literal, bound: BoundSet): void {
    switch (literal.kind) {
      case "condition":
        return this.#require(literal.test, bound, "a condition");
      case "assign":
        return this.#require(literal.value, bound, `the value of \`${literal.target.name}\``);
      case "member":
        return this.#require(literal.list, bound, "the list");
      case "predicate":
        return this.#atomUses(literal, bound);
    }
  }

  /** Computed arguments need bound variables; in a negation an unbound variable means "any value". */
  #atomUses(literal: PredicateLiteral, bound: BoundSet): void {
    if (this.#roles.of(literal) === "call") return;
    const where = `an argument of \`${literal.atom.name.text}\``;
    for (const argument of literal.atom.args.flatMap(expressionsOf)) {
      for (const part of computedParts(argument)) this.#require(part, bound, where);
      for (const variable of literal.negated ? patternVariables(argument) : []) {
        if (!bound.has(variable) && this.#isShared(variable)) this.#require(argument, bound, where);
      }
    }
  }

  /** Whether several literals use the variable. If only the negation uses it, it means "any value". */
  #isShared(variable: string): boolean {
    this.#literalsUsing ??= countLiterals(this.#rule.body);
    return (this.#literalsUsing.get(variable) ?? 0) > 1;
  }

  #headUses(bound: BoundSet): void {
    const { head } = this.#rule;
    if (head.location !== undefined) this.#require(head.location, bound, "the location of the head");
    for (const argument of head.args.flatMap(expressionsOf)) {
      if (argument.kind === "wildcard" && !this.#mayBeWildcard(argument)) {
        this.diagnostics.push(report("E0234", argument.span, { isDelete: this.#rule.isDelete }));
      }
      this.#require(argument, bound, "the head");
    }
  }

  /** Whether a wildcard may stand in the head: in `tun` and `tap`, where the field stays unchanged, or outside the key in a deletion. */
  #mayBeWildcard(argument: Expression): boolean {
    const { head, isDelete } = this.#rule;
    if (head.name.text === TUN || head.name.text === TAP) return true;
    const keys = this.#program.tables.get(head.name.text)?.keys ?? [];
    return isDelete && keys.length > 0 && !keys.includes(head.args.indexOf(argument));
  }

  #require(expression: Expression, bound: BoundSet, where: string): void {
    for (const variable of variablesIn(expression)) {
      const { name } = variable;
      if (bound.has(name) || this.#isReported(name) || this.#macros.isReported(name)) continue;
      const like = similarConstant(name) ?? this.#macros.nearest(name) ?? nearest(name, bound);
      const facts = { variable: name, where, rule: this.#rule.name, nearest: like };
      this.diagnostics.push(report("E0216", variable.span, facts));
    }
  }

  /** Returns whether the variable was reported before, and marks it as reported: each variable gets one error. */
  #isReported(name: string): boolean {
    if (this.#unbound.has(name)) return true;
    this.#unbound.add(name);
    return false;
  }

  /**
   * An event rule with an aggregate has one result per event, so the event must bind the group columns. If an argument combines
   * aggregates, all other variables of the head are group columns.
   */
  #grouping(): void {
    if (!hasAggregate(this.#rule.head)) return;
    const [event] = this.#eventLiterals;
    const known = this.#knownFromEvent();
    if (event === undefined || known === undefined || this.#hasWinner()) return;
    for (const group of this.#groupExpressions()) {
      for (const variable of variablesOutsideAggregates(group)) {
        if (known.has(variable.name)) continue;
        this.diagnostics.push(report("E0225", variable.span, { variable: variable.name, event: event.atom.name.text }));
      }
    }
  }

  /** Variables of the event, of `localAddr`, and of assignments that need only these. Undefined without an event. */
  #knownFromEvent(): BoundSet | undefined {
    const [event] = this.#eventLiterals;
    if (event === undefined) return undefined;
    const scalar = this.#rule.body.filter(
      (literal) =>
        literal.kind === "assign" ||
        (isPredicate(literal) && isLocalAddressTable(literal.atom.name.text) && locationOf(literal.atom) === undefined),
    );
    return bindAll(scalar, bind(event, noneBound, this.#roles), this.#roles);
  }

  /** In OverLog, columns that the event does not bind come from the winning row, if there is a single `min` or `max`. */
  #hasWinner(): boolean {
    const { head, isOverlog } = this.#rule;
    const keys = this.#program.tables.get(head.name.text)?.keys ?? [];
    if (head.args.some(combinesAggregates)) return false;
    return isOverlog && keys.length === 0 && head.args.filter(isExtreme).length === 1;
  }

  #groupExpressions(): readonly Expression[] {
    const { head } = this.#rule;
    const table = this.#program.tables.get(head.name.text);
    const isKey = (column: number): boolean =>
      head.args.some(combinesAggregates) ||
      table === undefined ||
      table.keys.length === 0 ||
      table.keys.includes(column);
    const groups = head.args.filter((argument, column): argument is Expression => isPlain(argument) && isKey(column));
    return head.location === undefined ? groups : [...groups, head.location];
  }
}

function countLiterals(body: readonly Literal[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const literal of body) {
    const names = new Set(expressionsOfLiteral(literal).flatMap((one) => variablesIn(one).map(({ name }) => name)));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Returns the function or predicate that was probably meant; most often `f_` is missing. */
function similarFunction(name: string, predicates: Iterable<string>): string | undefined {
  return functionNamed(`f_${name}`) === undefined ? nearest(name, [...functionNames(), ...predicates]) : `f_${name}`;
}

/** Returns the constant that was probably meant: `true` for `True`. */
function similarConstant(variable: string): string | undefined {
  const word = variable.toLowerCase();
  return ["true", "false", "null", "infinity"].includes(word) ? word : undefined;
}

function isExtreme(argument: Argument): boolean {
  return argument.kind === "aggregate" && (argument.function === "min" || argument.function === "max");
}

/** Whether the literal binds variables only once others are bound. */
function waitsForVariables(literal: Literal, bound: BoundSet): boolean {
  if (literal.kind === "assign") return !isBound(literal.value, bound);
  return literal.kind === "member" && !isBound(literal.list, bound);
}

function isPlain(argument: Argument): argument is Expression {
  return argument.kind !== "return" && argument.kind !== "aggregate";
}

function variablesOf(argument: Argument): readonly Variable[] {
  return isPlain(argument) ? [...variablesIn(argument)] : [];
}

function callForm({ name, inputs, outputs }: View): { name: string; expected: string; form: string } {
  const taken = inputs.length === 1 ? "1 input" : `${inputs.length} inputs`;
  const returned = outputs.length === 1 ? "1 return value" : `${outputs.length} return values`;
  const names = [...inputs.map((input) => input.name), ...outputs.map((output) => `&${output.name}`)];
  return { name, expected: `${taken} and ${returned}`, form: `${name}(${names.join(", ")})` };
}
