/**
 * localise: splits rules so that each runs at one location. Locations are removed from bodies. A head keeps its location only if the
 * derived tuple may be for another node. The third step of `rewrite.ts`, between `localise-aggregate` and `find-triggers`.
 *
 *   h@Y(X) :- e@X(Y).        becomes   h@Y(X) :- e(Y), X := local address.
 *   h(@X, Y) :- e(@X, Y).    becomes   h(X, Y) :- e(X, Y).
 *
 * A body over several locations starts at the location of the event, or of the first literal, and proceeds from left to right. The bound
 * variables that later locations need are sent to the next location. The address of that location must be bound before.
 *
 *   h(@X, Z) :- e(@X, Y), t(@Y, Z).   becomes   r?at@Y(X, Y) :- e(X, Y).
 *                                               h@X(X, Z)    :- r?at(X, Y), t(Y, Z).
 *
 * The predicate `r?at` is an event if an event triggers the rule. Otherwise it is a derived table, and ViewChannel replicates
 * its rows to the other nodes. An aggregate over tables is maintained at the location of its head.
 */
import type { Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { patternVariables } from "../program/pattern.ts";
import { localAddressTable } from "../program/builtin.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import { atomAt, literalAt, localAddressAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import type { HiddenTables } from "./hidden-tables.ts";
import { nameWildcards } from "./name-wildcards.ts";
import { locationOf } from "../program/location-of.ts";
import { isSameLocation, ruleStart, type Start } from "./rule-start.ts";

export interface LocaliseContext {
  readonly isTable: (name: string) => boolean;
  readonly hidden: HiddenTables;
  readonly diagnostics: Diagnostic[];
}

/** Returns equivalent rules, each at one location. If the rule cannot be divided, adds a diagnostic and returns no rules. */
export function localise(rule: ExpandedRule, context: LocaliseContext): readonly ExpandedRule[] {
  const { isTable } = context;
  const start = ruleStart(rule, isTable);
  const collects = hasAggregate(rule.head) && start.event === undefined && isTable(rule.head.name.text);
  const isAway = collects && !isHere(rule.head, start.location);
  const isMaintained = hasAggregate(rule.head) || (isTable(rule.head.name.text) && !rule.isDelete);
  const defines = isMaintained && start.event === undefined && !rule.suspends;
  if (!start.isDivided && !isAway) return [atOneLocation(rule, start, defines)];
  // An aggregate counts every combination of rows, so the columns that distinguish them must be sent too.
  const named = collects ? { ...rule, body: nameWildcards(rule.body) } : rule;
  return new RuleDivision(named, start, context).rules();
}

/** Removes the locations from a rule whose body has one location. The head keeps its location if it is another one. */
function atOneLocation(rule: ExpandedRule, { location }: Start, defines: boolean): ExpandedRule {
  const head = {
    ...rule.head,
    locatedArgument: undefined,
    location: isHere(rule.head, location) ? undefined : locationOf(rule.head),
  };
  return { ...rule, head, body: [...rule.body.map(withoutLocation), ...bindLocation(rule, location, defines)] };
}

function isHere(head: Atom, here: Expression | undefined): boolean {
  const location = locationOf(head);
  return location === undefined || (here !== undefined && isSameLocation(location, here));
}

/**
 * Returns literals that bind the location of the body. For `p(@X, ..)` there are none, because the column binds X. Any other location
 * (`p@X(..)`, a constant) must equal the address of this node. A rule that defines a table reads the table `localAddr`, so that its rows
 * follow changes of the address.
 */
function bindLocation(rule: ExpandedRule, location: Expression | undefined, defines: boolean): readonly Literal[] {
  const isUnstored = rule.body.some((literal) => isPredicate(literal) && literal.atom.location !== undefined);
  if (location === undefined || (!isUnstored && location.kind === "variable")) return [];
  const { span } = location;
  if (defines) return [ownAddress(rule, location)];
  const here = localAddressAt(rule.overlay, span);
  if (location.kind === "variable") return [{ kind: "assign", target: location, value: here, span }];
  return [{ kind: "condition", test: { kind: "binary", operator: "==", left: location, right: here, span }, span }];
}

function ownAddress({ overlay }: ExpandedRule, location: Expression): Literal {
  return literalAt(atomAt(localAddressTable(overlay), [location], location.span));
}

function withoutLocation(literal: Literal): Literal {
  if (!isPredicate(literal)) return literal;
  return { ...literal, atom: { ...literal.atom, location: undefined, locatedArgument: undefined } };
}

const HOME = "$Home";

/** Divides one rule into stages, each of which runs at one location. */
class RuleDivision {
  readonly #rule: ExpandedRule;
  readonly #start: Start;
  readonly #context: LocaliseContext;
  readonly #isReaction: boolean;
  readonly #rules: ExpandedRule[] = [];
  #waiting: readonly Literal[];
  #bound = new Set<string>();
  /** The literal that reads the tuple sent from the previous location. Undefined in the first stage. */
  #arrived: PredicateLiteral | undefined;
  #here: Expression | undefined;

  constructor(rule: ExpandedRule, start: Start, context: LocaliseContext) {
    this.#rule = rule;
    this.#start = start;
    this.#context = context;
    this.#waiting = rule.body;
    this.#here = start.location;
    this.#isReaction = start.event !== undefined || rule.trigger !== undefined;
    if (rule.trigger !== undefined) this.#bind(rule.trigger.literal);
  }

  rules(): readonly ExpandedRule[] {
    for (;;) {
      const stage = this.#takeStage();
      const next = this.#nextLocation();
      if (next === "nowhere") return this.#reportUnroutable();
      if (next === "home") return [...this.#rules, this.#last(stage)];
      if (this.#spreadsAggregate(stage)) return this.#reportDistantAggregate();
      this.#ship(stage, next);
    }
  }

  /** Takes the literals that can run at the current location: its atoms, then all assignments and tests that are bound. */
  #takeStage(): readonly Literal[] {
    const stage: Literal[] = [];
    const take = (literal: Literal): void => {
      stage.push(literal);
      this.#bind(literal);
      this.#waiting = this.#waiting.filter((other) => other !== literal);
    };
    for (const literal of this.#waiting)
      if (isPredicate(literal) && !literal.negated && this.#isHere(literal)) take(literal);
    if (this.#here?.kind === "variable") this.#bound.add(this.#here.name);
    for (let ready = this.#ready(); ready !== undefined; ready = this.#ready()) take(ready);
    return stage;
  }

  #ready(): Literal | undefined {
    return this.#waiting.find((literal) => {
      switch (literal.kind) {
        case "predicate":
          return literal.negated && this.#isHere(literal) && this.#isBound(literal);
        case "condition":
          return this.#knows(literal.test);
        case "assign":
          return this.#knows(literal.value);
        case "member":
          return this.#knows(literal.list);
      }
    });
  }

  #isHere({ atom }: PredicateLiteral): boolean {
    const location = locationOf(atom);
    if (location === undefined) return this.#arrived === undefined;
    return this.#here !== undefined && isSameLocation(location, this.#here);
  }

  /** Whether the negation can be tested: each of its variables is bound, or occurs in no other waiting literal. */
  #isBound(negation: PredicateLiteral): boolean {
    const others = this.#waiting.filter((literal) => literal !== negation).flatMap(expressionsOfLiteral);
    const later = new Set(others.flatMap(names));
    return expressionsOfAtom(negation.atom)
      .flatMap(names)
      .every((name) => this.#bound.has(name) || !later.has(name));
  }

  #knows(expression: Expression): boolean {
    return names(expression).every((name) => this.#bound.has(name));
  }

  #bind(literal: Literal): void {
    if (literal.kind === "assign") this.#bound.add(literal.target.name);
    if (literal.kind === "member") for (const name of patternVariables(literal.pattern)) this.#bound.add(name);
    if (literal.kind !== "predicate" || literal.negated) return;
    for (const argument of literal.atom.args) if (argument.kind === "variable") this.#bound.add(argument.name);
  }

  /**
   * Returns the location of the first waiting atom whose location is bound, or "nowhere" if no waiting atom has a bound location. If no
   * atom waits, returns "home": the head can be derived at the current location. An aggregate over tables is maintained at the location of
   * its head, so for a head elsewhere this location is returned.
   */
  #nextLocation(): Expression | "home" | "nowhere" {
    const left = this.#waiting.filter(isPredicate);
    const reachable = left.flatMap(({ atom }) => locationOf(atom) ?? []).find((location) => this.#knows(location));
    if (reachable !== undefined) return reachable;
    if (left.length > 0) return "nowhere";
    const { head } = this.#rule;
    const collects = hasAggregate(head) && !this.#isReaction && this.#context.isTable(head.name.text);
    const location = this.#headLocation();
    return collects && location !== undefined && !this.#isAt(location) ? location : "home";
  }

  #headLocation(): Expression | undefined {
    return locationOf(this.#rule.head) ?? (this.#arrived === undefined ? undefined : this.#homeAddress());
  }

  #homeAddress(): Expression {
    const { location } = this.#start;
    return location?.kind === "variable" ? location : variableAt(HOME, this.#rule.span);
  }

  #isAt(location: Expression): boolean {
    return this.#here !== undefined && isSameLocation(location, this.#here);
  }

  #ship(stage: readonly Literal[], to: Expression): void {
    const { span, name } = this.#rule;
    const leaves = this.#literalsHere(stage);
    const travelling = this.#travelling(to).map((variable) => variableAt(variable, span));
    const wanted = `${name}?at`;
    const { hidden } = this.#context;
    const shipped = this.#isReaction
      ? hidden.addEvent(wanted, travelling.length)
      : hidden.add(wanted, travelling.length, span);
    const head = { ...atomAt(shipped, travelling, span), location: to };
    this.#rules.push({ ...this.#rule, ...this.#triggerOnce(), isDelete: false, suspends: false, head, body: leaves });
    this.#arrived = literalAt(atomAt(shipped, travelling, span));
    this.#here = to;
  }

  /** The trigger of the rule belongs to its first stage only. */
  #triggerOnce(): Pick<ExpandedRule, "trigger"> {
    return { trigger: this.#arrived === undefined ? this.#rule.trigger : undefined };
  }

  #literalsHere(stage: readonly Literal[]): readonly Literal[] {
    const literals = stage.map(withoutLocation);
    if (this.#arrived !== undefined) return [this.#arrived, ...literals];
    const { location } = this.#start;
    if (location?.kind === "variable") this.#bound.add(location.name);
    const home = this.#needsHome() ? [homeIs(this.#rule, !this.#isReaction)] : [];
    if (home.length > 0) this.#bound.add(HOME);
    const atStage = { ...this.#rule, body: stage };
    return [...literals, ...bindLocation(atStage, location, !this.#isReaction), ...home];
  }

  #needsHome(): boolean {
    return locationOf(this.#rule.head) === undefined && this.#start.location?.kind !== "variable";
  }

  /** Returns the variables to send: bound here and used at later locations. */
  #travelling(to: Expression): readonly string[] {
    const { head } = this.#rule;
    const later = [...this.#waiting.flatMap(expressionsOfLiteral), ...expressionsOfAtom(head), to];
    const home = locationOf(head) === undefined ? [this.#homeAddress()] : [];
    const needed = new Set([...later, ...home].flatMap(names));
    const collects = hasAggregate(head) && !this.#isReaction;
    return [...this.#bound].filter((name) => needed.has(name) || collects);
  }

  #last(stage: readonly Literal[]): ExpandedRule {
    const { head } = this.#rule;
    const target = this.#headLocation();
    const location = target === undefined || this.#isAt(target) ? undefined : target;
    const body = this.#literalsHere(stage);
    return { ...this.#rule, ...this.#triggerOnce(), head: { ...head, location, locatedArgument: undefined }, body };
  }

  /** Whether the rule has an event and an aggregate that would range over tables at several locations, which is an error. */
  #spreadsAggregate(stage: readonly Literal[]): boolean {
    if (!this.#isReaction || !hasAggregate(this.#rule.head)) return false;
    const joins = stage.filter((literal) => isPredicate(literal) || literal.kind === "member");
    return this.#arrived !== undefined || joins.some((literal) => literal !== this.#start.event);
  }

  #reportDistantAggregate(): readonly ExpandedRule[] {
    this.#context.diagnostics.push(report("E0244", this.#rule.span, { rule: this.#rule.name }));
    return [];
  }

  #reportUnroutable(): readonly ExpandedRule[] {
    const [literal] = this.#waiting.filter(isPredicate);
    const location = literal === undefined ? undefined : locationOf(literal.atom);
    const variable = location === undefined ? "_" : (names(location)[0] ?? "_");
    const facts = { rule: this.#rule.name, predicate: literal?.atom.name.text ?? "?", variable };
    this.#context.diagnostics.push(report("E0243", literal?.span ?? this.#rule.span, facts));
    return [];
  }
}

function homeIs(rule: ExpandedRule, defines: boolean): Literal {
  const { span } = rule;
  if (defines) return ownAddress(rule, variableAt(HOME, span));
  const value = localAddressAt(rule.overlay, span);
  return { kind: "assign", target: { kind: "variable", name: HOME, span }, value, span };
}

function names(expression: Expression): readonly string[] {
  return variablesIn(expression).map((variable) => variable.name);
}
