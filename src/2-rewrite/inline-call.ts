/**
 * inline-call: replaces a view call by copies of the view's rules, if the view runs on this node and reads only tables that no rule
 * changes. The copies hand the live variables to the rest of the calling rule, so no context table is needed, and no other rule reads the
 * return.
 *
 *   h :- e(X), v(X, &Y), t(Y).     with   this.return(Y) :- this.init(A), c(A, Y).     becomes
 *
 *   r?1.init(QID, RetAddr, X, X)   :- e(X), QID := fresh query id, RetAddr := local address.
 *   r?1.return@RetAddr(QID, X, Y)  :- r?1.init(QID, RetAddr, X, A), c(A, Y).
 *   h                              :- r?1.return(QID, X, Y), t(Y).
 *
 * The rest of the rule still runs in a step of its own, for the first answer only. A failure is an answer too, but no rule reads it.
 */
import type { Argument, Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import type { Roles } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts } from "../program/visit.ts";
import type { ProgramRule, View } from "../program/program.ts";
import { type CallContext, callOrder, returnsOf } from "./call-context.ts";
import {
  assignAt,
  atomAt,
  callAt,
  type CallOrder,
  FRESH_QUERY_FUNCTION,
  literalAt,
  localAddressAt,
  variableAt,
} from "./core.ts";
import { isOutcome, isPrivate, QUERY, RETURN_ADDRESS } from "./invocation.ts";

/** Decides which views can be inlined. */
export class InlineViews {
  readonly #rules = new Map<string, ProgramRule[]>();
  readonly #changed: ReadonlySet<string>;
  readonly #roles: Roles;

  constructor(rules: readonly ProgramRule[], roles: Roles) {
    this.#roles = roles;
    this.#changed = new Set(rules.map(({ head }) => head.name.text));
    for (const rule of rules) {
      if (rule.view === undefined) continue;
      const own = this.#rules.get(rule.view) ?? [];
      this.#rules.set(rule.view, own);
      own.push(rule);
    }
  }

  /** Returns the rules to copy for a call of the view; undefined if copies might behave differently. */
  rulesOf(view: View): readonly ProgramRule[] | undefined {
    const own = this.#rules.get(view.name) ?? [];
    if (view.location !== undefined || view.many || !own.every((rule) => this.#isSimple(rule, view))) return undefined;
    return own;
  }

  #isSimple({ head, body, isDelete }: ProgramRule, view: View): boolean {
    const { text } = head.name;
    const isResult = text === `${view.name}.return` || text === `${view.name}.fail` || this.#isOwnEvent(head, view);
    const events = body.filter(isPredicate).filter(({ atom }) => isPrivate(atom.name.text, view.name));
    const isPlain = !isDelete && !isLocated(head) && !callsRandomFunction([head], body) && !readsSource([head], body);
    return isResult && isPlain && events.length === 1 && body.every((literal) => this.#isStable(literal, view));
  }

  #isOwnEvent({ name: { text } }: Atom, view: View): boolean {
    return isPrivate(text, view.name) && !this.#roles.isTable(text);
  }

  /** Whether the literal is a private event of the view, or has the same result during a whole step. */
  #isStable(literal: Literal, view: View): boolean {
    if (!isPredicate(literal)) return true;
    const { atom, negated } = literal;
    if (isLocated(atom)) return false;
    if (this.#isOwnEvent(atom, view)) return !negated;
    return this.#roles.of(literal) === "table" && !this.#changed.has(atom.name.text);
  }
}

/** The rules of one inlined call. */
export class InlineCall {
  /** Prefix of the names of the events of this call. */
  readonly name: string;
  readonly #context: CallContext;
  readonly #view: View;
  readonly #live: readonly string[];

  constructor(context: CallContext, view: View) {
    this.name = context.table.name;
    this.#context = context;
    this.#view = view;
    this.#live = context.live.map((_, at) => `$Live${at + 1}`);
  }

  get answer(): string {
    return `${this.name}.return`;
  }

  get failure(): string {
    return `${this.name}.fail`;
  }

  /** Event that begins the call. */
  get init(): string {
    return `${this.name}.init`;
  }

  /** Order of the calls that begin in the same batch of events. Query id and return address are the columns before the live variables. */
  get order(): CallOrder {
    return callOrder(this.#context, 2);
  }

  /** Returns the arity of an event of the call, given the arity of the same event of the view. */
  arity(predicate: string, own: number): number {
    const hidden = 1 + this.#live.length;
    return isOutcome(predicate, this.#view.name) ? hidden + own : hidden + 1 + own;
  }

  event(predicate: string): string {
    return `${this.name}${predicate.slice(this.#view.name.length)}`;
  }

  /** Returns the head of the rule that begins the call, and the assignments to the variables of this head. */
  begin(inputs: readonly Expression[], span: Span): { readonly head: Atom; readonly body: readonly Literal[] } {
    const { query, live } = this.#context;
    const given = this.#context.inputs.map((name) => variableAt(name, span));
    const args = [...[query, RETURN_ADDRESS_HERE, ...live].map((name) => variableAt(name, span)), ...given];
    const fresh = assignAt(query, callAt(FRESH_QUERY_FUNCTION, [], span));
    const back = assignAt(RETURN_ADDRESS_HERE, localAddressAt(undefined, span));
    const values = inputs.map((input, at) => assignAt(this.#context.inputs[at] as string, input));
    return { head: atomAt(this.init, args, span), body: [...values, fresh, back] };
  }

  /** Returns a copy of a rule of the definition for this call. */
  copy(rule: ProgramRule): ProgramRule {
    const own = (atom: Atom): boolean => isPrivate(atom.name.text, this.#view.name);
    const body = rule.body.map((literal) =>
      isPredicate(literal) && own(literal.atom)
        ? { ...literal, atom: this.#renamed(literal.atom, [QUERY, RETURN_ADDRESS, ...this.#live]) }
        : literal,
    );
    const { head } = rule;
    if (own(head)) {
      return { ...rule, view: undefined, head: this.#renamed(head, [QUERY, RETURN_ADDRESS, ...this.#live]), body };
    }
    const location = variableAt(RETURN_ADDRESS, head.span);
    return { ...rule, view: undefined, head: { ...this.#renamed(head, [QUERY, ...this.#live]), location }, body };
  }

  /** Returns the event that triggers the rest of the rule. */
  returned(call: PredicateLiteral): PredicateLiteral {
    const { query, live } = this.#context;
    const args = [query, ...live].map((name) => variableAt(name, call.span));
    return literalAt(atomAt(this.answer, [...args, ...returnsOf(call)], call.span));
  }

  #renamed(atom: Atom, hidden: readonly string[]): Atom {
    const { name, args, span } = atom;
    const all: readonly Argument[] = [...hidden.map((one) => variableAt(one, span)), ...args];
    return { ...atom, name: { ...name, text: this.event(name.text) }, args: all };
  }
}

// Return address of the inlined call. A calling rule inside a view already has a variable for its own return address.
const RETURN_ADDRESS_HERE = "$Here";

/** Whether the literals call functions with random results: copies of the rule would get other results. */
export function callsRandomFunction(heads: readonly Atom[], body: readonly Literal[]): boolean {
  return callsAny(heads, body, (name) => functionNamed(name)?.pure !== true && !["f_now", "f_src"].includes(name));
}

/** Whether the literals read the source of the tuple that started the step (`f_src`). */
export function readsSource(heads: readonly Atom[], body: readonly Literal[]): boolean {
  return callsAny(heads, body, (name) => name === "f_src");
}

function callsAny(heads: readonly Atom[], body: readonly Literal[], matches: (name: string) => boolean): boolean {
  const expressions: readonly Expression[] = [
    ...heads.flatMap(expressionsOfAtom),
    ...body.flatMap(expressionsOfLiteral),
  ];
  return expressions
    .flatMap((one) => parts(one))
    .some((part) => part.kind === "call" && !part.name.text.startsWith("$") && matches(part.name.text));
}

function isLocated({ location, locatedArgument }: Atom): boolean {
  return location !== undefined || locatedArgument !== undefined;
}
