/**
 * expand-views: calls of views become events and a context table (continuation passing). The first and largest step of
 * `rewrite.ts`; it hands rules without calls to `localise-aggregate`.
 *
 *   h :- e(X), v(X, &Y), t(Y).
 *
 * becomes, with the context table `r?1(QID, X, In_A)`:
 *
 *   r?1(QID, X, X)            :- e(X), QID := fresh query id.
 *   v.init(QID, RetAddr, A)   :- inserted r?1(QID, _, A).
 *   h                         :- v.return(QID, Y), r?1(QID, X, _), t(Y).
 *   delete r?1(QID, ..)       :- v.return(QID, _).
 *   v!fail(A, "timeout")      :- expired r?1(QID, _, A).
 *   v!fail(A, Why)            :- v.fail(QID, Why), r?1(QID, _, A).
 *   delete r?1(QID, ..)       :- v.fail(QID, _).
 *
 * If a call has `outcome(Why)`, the rest of its rule is triggered by the event `r?1!out`, which a return, a failure and a timeout raise:
 *
 *   r?1!out(QID, X, Y, null)         :- v.return(QID, Y), r?1(QID, X, _).
 *   r?1!out(QID, X, null, Why)       :- v.fail(QID, Why), r?1(QID, X, _).
 *   r?1!out(QID, X, null, "timeout") :- expired r?1(QID, X, _).
 *   h                                :- r?1!out(QID, X, Y, Why), t(Y).
 *
 * In a rule of a definition that names `this.x`, `w!fail(A, Why)` matches only failures of calls that the same invocation made:
 *
 *   v.w!fail(QID, RetAddr, A, Why)   :- w.fail(QID_inner, Why), r?1(QID_inner, QID, RetAddr, A).     and for a timeout as above
 *
 * and inside the definition `this.x(..)` becomes `v.x(QID, RetAddr, ..)`, `this.return(R)` becomes `v.return@RetAddr(QID, R)`.
 */
import type { Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { CheckedProgram } from "../1-check/check.ts";
import { bindAll, noneBound } from "../program/binding.ts";
import { constantNumber } from "../program/constant.ts";
import type { Roles } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { rewriteExpression } from "../program/rewrite-expression.ts";
import type { ProgramRule, TableDeclaration, View } from "../program/program.ts";
import {
  type CallContext,
  contextColumns,
  callContext,
  callOrder,
  callTimeouts,
  contextLiteral,
  deletedContext,
  inputsOf,
  keptBy,
  limited,
  liveContextLiteral,
  returnsOf,
  timeLeft,
} from "./call-context.ts";
import {
  calls,
  failureEvent,
  failureOfInvocation,
  failureReaders,
  failuresIn,
  handledFailures,
  isOfInvocation,
  reportedFailures,
} from "./failure-events.ts";
import { deletionRule, isDerivedTable, overAtom, overEvent, privateTable } from "./private-tables.ts";
import { SuffixUses, variablesOfLiteral } from "./suffix-uses.ts";
import { type LiteralsAfter, liveVariables } from "./live-variables.ts";
import { callsRandomFunction, InlineCall, InlineViews } from "./inline-call.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import { shortcutAnswers } from "./local-shortcut.ts";
import { answerEvents, answerRules } from "./node-answers.ts";
import { isTailCall } from "./tail-call.ts";
import { inputTypesOf } from "../../runtime/plan/values/socket-view.ts";
import type { ViewOptimisations } from "../program/view-optimisations.ts";
import { endings, initHidden, Invocations, isPrivate, LEFT, QUERY, RETURN_ADDRESS } from "./invocation.ts";
import {
  assignAt,
  atomAt,
  callAt,
  type CallOrder,
  type CoreProgram,
  constantAt,
  FRESH_QUERY_FUNCTION,
  literalAt,
  localAddressAt,
  nameAt,
  variableAt,
} from "./core.ts";

export interface Expansion {
  readonly rules: readonly ExpandedRule[];
  readonly tables: ReadonlyMap<string, TableDeclaration>;
  readonly arities: ReadonlyMap<string, number>;
  readonly answers: CoreProgram["answers"];
  readonly outcomes: CoreProgram["outcomes"];
  readonly calls: CoreProgram["calls"];
  readonly contexts: CoreProgram["contexts"];
  readonly diagnostics: readonly Diagnostic[];
}

export function expandViews(checked: CheckedProgram, optimisations: ViewOptimisations): Expansion {
  const expander = new Expander(checked, optimisations);
  for (const rule of checked.program.rules) expander.rule(rule);
  return expander.result();
}

class Expander {
  readonly #checked: CheckedProgram;
  readonly #optimisations: ViewOptimisations;
  readonly #views: ReadonlyMap<string, View>;
  readonly #invocations: Invocations;
  readonly #roles: Roles;
  readonly #rules: ExpandedRule[] = [];
  readonly #tables: Map<string, TableDeclaration>;
  readonly #arities = new Map<string, number>();
  readonly #handled: ReadonlySet<string>;
  /** Views for which some rule reads `v!fail`. */
  readonly #withReadFailures: ReadonlySet<string>;
  /** Views with a rule that reads failures of calls made by its own invocation. */
  readonly #failureReaders: ReadonlySet<string>;
  /** Views that raise `this.fail` and that some rule calls with `outcome(..)`. */
  readonly #reported: ReadonlySet<string>;
  readonly #inlineViews: InlineViews;
  readonly #answers = new Set<string>();
  readonly #contexts = new Set<string>();
  readonly #outcomes = new Set<string>();
  readonly #calls = new Map<string, CallOrder>();
  /** Views with at least one call that is not inlined, and views with at least one inlined call. */
  readonly #called = { outOfLine: new Set<string>(), inline: new Set<string>() };
  readonly #diagnostics: Diagnostic[] = [];

  constructor(checked: CheckedProgram, optimisations: ViewOptimisations) {
    this.#checked = checked;
    this.#optimisations = optimisations;
    this.#inlineViews = new InlineViews(checked.program.rules, checked.roles);
    this.#views = checked.program.views;
    this.#roles = checked.roles;
    this.#invocations = new Invocations(checked.program.rules, checked.roles);
    this.#tables = new Map(checked.program.tables);
    this.#handled = handledFailures(checked.program.rules);
    this.#withReadFailures = new Set(checked.program.rules.flatMap(failuresIn));
    this.#failureReaders = failureReaders(checked.program.rules);
    this.#reported = reportedFailures(checked.program.rules);
    for (const predicate of checked.predicates.values()) this.#arities.set(predicate.name, predicate.arity);
    for (const view of this.#views.values()) {
      this.#viewArities(view, checked);
      this.#privateTables(view, checked.program.rules);
    }
  }

  result(): Expansion {
    // If all calls of a view are inlined, its own rules are dropped: they could only answer calls from the network.
    const unused = this.#called.inline.difference(this.#called.outOfLine);
    const rules = this.#rules.filter(({ view }) => view === undefined || !unused.has(view));
    const shortened = this.#optimisations.localShortcut
      ? shortcutAnswers(rules, this.#answers, this.#tables, this.#checked)
      : { rules, answers: this.#answers };
    const declared = { tables: this.#tables, arities: this.#arities, contexts: this.#contexts };
    return { ...shortened, ...declared, outcomes: this.#outcomes, calls: this.#calls, diagnostics: this.#diagnostics };
  }

  #viewArities(view: View, checked: CheckedProgram): void {
    for (const predicate of checked.predicates.values()) {
      if (isPrivate(predicate.name, view.name)) {
        const hidden = this.#invocations.hidden(predicate.name, view.name);
        this.#arities.set(predicate.name, predicate.arity + hidden.length);
      }
    }
    this.#arities.set(`${view.name}.return`, view.outputs.length + 1);
    this.#arities.set(`${view.name}.fail`, 2);
    this.#arities.set(`${view.name}.done`, 1);
  }

  /** Gives each invocation of the view its own rows in the tables of the definition. */
  #privateTables(view: View, rules: readonly ProgramRule[]): void {
    const seconds = callTimeouts(rules).reduce((most, timeout) => Math.max(most, timeout), view.timeout);
    for (const table of [...this.#tables.values()].filter(({ name }) => isPrivate(name, view.name))) {
      const arity = this.#checked.predicates.get(table.name)?.arity ?? 0;
      const isDerived = isDerivedTable(table.name, rules, this.#roles);
      this.#tables.set(table.name, privateTable(table, arity, seconds, isDerived));
      this.#arities.set(overEvent(view), 1);
      if (!isDerived) this.#deleteWhenOver(table, view);
    }
  }

  #deleteWhenOver({ name, span }: TableDeclaration, view: View): void {
    const rule = deletionRule(name, this.#arities.get(name) ?? 0, view);
    const origin = { name: `${name}?over`, overlay: undefined, view: undefined, isOverlog: false };
    this.#rules.push({ ...origin, ...rule, isDelete: true, span, trigger: undefined, suspends: false });
  }

  #hasTables(view: View): boolean {
    return this.#arities.has(overEvent(view));
  }

  rule(rule: ProgramRule): void {
    const inView = this.#withInvocation(rule);
    if (inView !== undefined) this.#splitAtCalls({ ...inView, trigger: undefined, suspends: false }, 1);
  }

  /** Adds hidden arguments to a rule of a definition. A rule without private predicates is an ordinary rule. */
  #withInvocation(rule: ProgramRule): ProgramRule | undefined {
    const view = rule.view === undefined ? undefined : this.#views.get(rule.view);
    if (view === undefined) return rule;
    if (!isOfInvocation(rule)) return { ...rule, view: undefined };
    const scoped = { ...rule, body: rule.body.map((literal) => this.#failureOfInvocation(literal, view)) };
    const isOwn = (name: string): boolean => isPrivate(name, view.name);
    if (scoped.body.some((literal) => isPredicate(literal) && isOwn(literal.atom.name.text))) {
      return this.#invocations.withHiddenArguments(scoped, view);
    }
    this.#diagnostics.push(report("E0245", rule.span, { view: view.name }));
    return undefined;
  }

  /** Replaces `w!fail(..)` by the private event for failures of the calls of the same invocation of the view. */
  #failureOfInvocation(literal: Literal, view: View): Literal {
    if (literal.kind !== "predicate" || !literal.isFailure) return literal;
    const { name } = literal.atom;
    if (
      !this.#checked.program.rules.some(
        (rule) => rule.view === view.name && isOfInvocation(rule) && calls(rule, name.text),
      )
    ) {
      this.#diagnostics.push(report("E0297", literal.span, { view: view.name, called: name.text }));
    }
    const event = failureOfInvocation(name.text, view.name);
    const hidden = this.#invocations.hidden(event, view.name);
    this.#arities.set(event, hidden.length + literal.atom.args.length);
    return { ...literal, isFailure: false, atom: { ...literal.atom, name: nameAt(event, name.span) } };
  }

  /** Splits the rule at each of its calls. The rest after a call is triggered by the return. */
  #splitAtCalls(rule: ExpandedRule, first: number): void {
    const uses = new SuffixUses(rule.body);
    let rest: ExpandedRule | undefined = rule;
    for (let number = first; rest !== undefined; number++) rest = this.#splitAtCall(rest, number, uses);
  }

  /** Splits the rule at its first call. Returns the rest, or undefined when nothing is left to split. */
  #splitAtCall(rule: ExpandedRule, number: number, uses: SuffixUses): ExpandedRule | undefined {
    const at = rule.body.findIndex((literal) => isPredicate(literal) && this.#roles.of(literal) === "call");
    const call = rule.body[at];
    const view = call?.kind === "predicate" ? this.#views.get(call.atom.name.text) : undefined;
    if (call?.kind !== "predicate" || view === undefined) {
      const last = { ...rule, body: rule.body.map((literal) => this.#failureAsEvent(literal, rule)) };
      this.#rules.push(last);
      this.#raiseOver(last);
      return undefined;
    }
    const { before, after, waiting } = this.#splitBody(rule, at);
    const timeout = this.#timeout(call, view);
    const suffix = { uses, waiting, length: after.length - waiting.length };
    const copied = this.#inlineRules(rule, call, suffix, view);
    if (copied !== undefined) {
      const live = this.#liveVariables(rule, before, call, suffix);
      const inline = new InlineCall(callContext(rule, call, number, live, view, timeout), view);
      this.#inline(rule, before, call, view, inline, copied);
      return { ...rule, body: [inline.returned(call), ...after], trigger: undefined };
    }
    this.#called.outOfLine.add(view.name);
    if (this.#optimisations.tailCalls && this.#mayTailCall(view) && isTailCall(rule, call, after, view)) {
      this.#tailCall(rule, before, call, view);
      return undefined;
    }
    const live = this.#liveVariables(rule, before, call, suffix).filter((name) => name !== LEFT);
    const context = callContext(rule, call, number, live, view, timeout);
    this.#tables.set(context.table.name, context.table);
    this.#contexts.add(context.table.name);
    this.#calls.set(context.table.name, callOrder(context, 1));
    if (!view.isBuiltin) for (const end of ["return", "fail", "done"]) this.#outcomes.add(`${view.name}.${end}`);
    this.#arities.set(context.table.name, contextColumns(context, call).length);
    this.#suspend(rule, before, call, context);
    this.#raiseInit(rule, call, view, context);
    this.#deleteContext(rule, call, view, context);
    this.#handleFailure(rule, call, view, context);
    return this.#resumed(rule, call, after, view, context);
  }

  /** The live variables at the call; also query id and return address of the invocation, if rules of the view read failures. */
  #liveVariables(
    rule: ExpandedRule,
    before: readonly Literal[],
    call: PredicateLiteral,
    suffix: LiteralsAfter,
  ): readonly string[] {
    const live = liveVariables(rule, before, call, suffix, this.#roles);
    const readsFailures = rule.view !== undefined && this.#failureReaders.has(rule.view);
    return readsFailures ? [...new Set([...live, QUERY, RETURN_ADDRESS])] : live;
  }

  /** Returns the rules of the view if the call can be inlined without an observable difference, else undefined. */
  #inlineRules(
    rule: ExpandedRule,
    call: PredicateLiteral,
    { uses, waiting, length }: LiteralsAfter,
    view: View,
  ): readonly ProgramRule[] | undefined {
    const isOther = call.atom.location !== undefined || call.outcome !== undefined;
    if (!this.#optimisations.inlineViews || isOther || view.isBuiltin || !this.#isUnobservable(view)) return undefined;
    const isRandom = callsRandomFunction([rule.head], waiting) || uses.callsRandomFunction(length);
    return isRandom ? undefined : this.#inlineViews.rulesOf(view);
  }

  /** Answers the call by copies of the view's rules. */
  #inline(
    rule: ExpandedRule,
    before: readonly Literal[],
    call: PredicateLiteral,
    view: View,
    inline: InlineCall,
    copied: readonly ProgramRule[],
  ): void {
    this.#called.inline.add(view.name);
    this.#answers.add(inline.answer);
    this.#calls.set(inline.init, inline.order);
    for (const { name, arity } of this.#checked.predicates.values()) {
      if (isPrivate(name, view.name)) this.#arities.set(inline.event(name), inline.arity(name, arity));
    }
    this.#arities.set(inline.answer, inline.arity(`${view.name}.return`, view.outputs.length));
    const fails = copied.some((one) => one.head.name.text === `${view.name}.fail`);
    if (fails) {
      this.#answers.add(inline.failure);
      this.#arities.set(inline.failure, inline.arity(`${view.name}.fail`, 1));
    }
    const { head, body } = inline.begin(inputsOf(call), call.span);
    const start = before.map((literal) => this.#failureAsEvent(literal, rule));
    this.#push(rule, head, [...start, ...body], rule.trigger);
    for (const one of copied) this.#rules.push({ ...inline.copy(one), trigger: undefined, suspends: false });
  }

  /** Whether no rule can observe single invocations of the view: the view has no tables, and no rule reads its failures. */
  #isUnobservable(view: View): boolean {
    return !this.#withReadFailures.has(view.name) && !this.#hasTables(view);
  }

  /** Whether calls of the view may be tail calls, with which a failure goes directly to the original caller. */
  #mayTailCall(view: View): boolean {
    return this.#isUnobservable(view) && !this.#reported.has(view.name);
  }

  /** Adds the rule of a tail call: the callee returns directly to the caller of this view, so no context is stored. */
  #tailCall(rule: ExpandedRule, before: readonly Literal[], call: PredicateLiteral, view: View): void {
    const { span } = call;
    const inputs = inputsOf(call);
    const [query, back, left] = [QUERY, RETURN_ADDRESS, LEFT].map((name) => variableAt(name, span));
    const hidden = initHidden(this.#invocations, view, query as Expression, back as Expression, left as Expression);
    const args = [...hidden, ...inputs];
    const location = view.location === undefined ? call.atom.location : substituteInputs(view.location, view, inputs);
    const body = before.map((literal) => this.#failureAsEvent(literal, rule));
    this.#push(rule, atomAt(`${view.name}.init`, args, span, location), body, rule.trigger);
  }

  /** If the rule ends an invocation of a view with tables, adds a rule that raises `v.over` at the same time. */
  #raiseOver(rule: ExpandedRule): void {
    const view = rule.view === undefined ? undefined : this.#views.get(rule.view);
    if (view === undefined || !this.#hasTables(view) || !endings(view).includes(rule.head.name.text)) return;
    const head = overAtom(view, variableAt(QUERY, rule.span), rule.span);
    this.#push(rule, head, rule.body, rule.trigger);
  }

  /** Splits the body at a call. Tests whose variables are bound only after the call move behind it. */
  #splitBody(
    rule: ExpandedRule,
    at: number,
  ): {
    readonly before: readonly Literal[];
    readonly after: readonly Literal[];
    readonly waiting: readonly Literal[];
  } {
    const text = rule.body.slice(0, at);
    const bound = bindAll(text, noneBound, this.#roles);
    const isUsedLater = (name: string): boolean =>
      rule.body.slice(at).some((literal) => variablesOfLiteral(literal).includes(name));
    const canRun = (literal: Literal): boolean => {
      if (literal.kind === "predicate" && !literal.negated) return true;
      const target = literal.kind === "assign" ? [literal.target.name] : [];
      const needed = variablesOfLiteral(literal).filter((name) => !target.includes(name));
      return needed.every((name) => bound.has(name) || (literal.kind === "predicate" && !isUsedLater(name)));
    };
    const waiting = text.filter((literal) => !canRun(literal));
    return { before: text.filter(canRun), after: [...waiting, ...rule.body.slice(at + 1)], waiting };
  }

  #timeout(call: PredicateLiteral, view: View): number {
    if (call.timeout === undefined) return view.timeout;
    const seconds = constantNumber(call.timeout);
    if (seconds !== undefined && seconds > 0) return seconds;
    this.#diagnostics.push(report("E0209", call.timeout.span, {}));
    return view.timeout;
  }

  #suspend(rule: ExpandedRule, before: readonly Literal[], call: PredicateLiteral, context: CallContext): void {
    const { span } = call;
    const required = inputTypesOf(call.atom.name.text);
    const inputs = inputsOf(call).map((input, at) => {
      return { ...assignAt(context.inputs[at] as string, input), required: required[at] };
    });
    const location =
      context.location === undefined ? [] : [assignAt(context.location, call.atom.location as Expression)];
    const query = assignAt(context.query, callAt(FRESH_QUERY_FUNCTION, [], span));
    const limit = limited(context, span);
    const head = atomAt(context.table.name, contextColumns(context, call), span);
    const body = before.map((literal) => this.#failureAsEvent(literal, rule));
    this.#rules.push({
      ...rule,
      isDelete: false,
      suspends: true,
      head,
      body: [...body, ...inputs, ...location, query, ...limit],
    });
  }

  /** Raises `v.init` at the location of the definition, else at the location of the call, else on this node. */
  #raiseInit(rule: ExpandedRule, call: PredicateLiteral, view: View, context: CallContext): void {
    const { span } = call;
    const inputs = context.inputs.map((name) => variableAt(name, span));
    const { query, timeout, limit } = context;
    const left = limit === undefined ? constantAt(timeout, span) : variableAt(limit.left, span);
    const back = localAddressAt(rule.overlay, span);
    const args = [...initHidden(this.#invocations, view, variableAt(query, span), back, left), ...inputs];
    const called = context.location === undefined ? undefined : variableAt(context.location, span);
    const location = view.location === undefined ? called : substituteInputs(view.location, view, inputs);
    this.#push(rule, atomAt(`${view.name}.init`, args, span, location), [], {
      kind: "inserted",
      literal: contextLiteral(context, call),
    });
  }

  #resumed(
    rule: ExpandedRule,
    call: PredicateLiteral,
    after: readonly Literal[],
    view: View,
    context: CallContext,
  ): ExpandedRule {
    const given =
      call.outcome === undefined
        ? [this.#returned(call, view, context, returnsOf(call)), liveContextLiteral(context, call)]
        : [this.#outcomeEvent(rule, call, call.outcome, view, context)];
    const body = [...given, ...timeLeft(context, call.span), ...after];
    return { ...rule, body, trigger: undefined, suspends: false };
  }

  #returned(
    call: PredicateLiteral,
    view: View,
    context: CallContext,
    returns: readonly Expression[],
  ): PredicateLiteral {
    const args = [variableAt(context.query, call.span), ...returns];
    return literalAt(atomAt(`${view.name}.return`, args, call.span));
  }

  /**
   * Adds the rules that raise `r?1!out(QID, Kept, Returns, Why)` at a return, a failure and a timeout. The event carries the context
   * columns that the rest of the rule needs, because an expired context row is gone when the event is handled. Returns the literal that
   * reads the event.
   */
  #outcomeEvent(
    rule: ExpandedRule,
    call: PredicateLiteral,
    outcome: Expression,
    view: View,
    context: CallContext,
  ): PredicateLiteral {
    const { span } = call;
    const name = `${context.table.name}!out`;
    const kept = keptBy(context).map((column) => variableAt(column, span));
    const results = view.outputs.map((_, at) => variableAt(`$Out${at + 1}`, span));
    const missing = view.outputs.map(() => constantAt(null, span));
    const why = variableAt("$Why", span);
    this.#arities.set(name, kept.length + results.length + 1);
    const raise = (
      returns: readonly Expression[],
      reason: Expression,
      body: readonly Literal[],
      trigger?: ExpandedRule["trigger"],
    ): void => this.#push(rule, atomAt(name, [...kept, ...returns, reason], span), body, trigger);
    const row = liveContextLiteral(context, call);
    const failed = atomAt(`${view.name}.fail`, [variableAt(context.query, span), why], span);
    raise(results, constantAt(null, span), [this.#returned(call, view, context, results), row]);
    raise(missing, why, [literalAt(failed), row]);
    raise(missing, constantAt("timeout", span), [], { kind: "expired", literal: row });
    return literalAt(atomAt(name, [...kept, ...returnsOf(call), outcome], span));
  }

  /** Deletes the context at the first return; for a `many` view, at `this.done`. */
  #deleteContext(rule: ExpandedRule, call: PredicateLiteral, view: View, context: CallContext): void {
    const name = view.many ? `${view.name}.done` : `${view.name}.return`;
    this.#push(rule, deletedContext(context, call), [this.#outcome(name, context, call)], undefined, true);
    if (view.isBuiltin) return this.#cancelAtNode(rule, call, view, context);
    if (!this.#hasTables(view)) return;
    const over = overAtom(view, variableAt(context.query, call.span), call.span);
    for (const ending of endings(view)) this.#push(rule, over, [this.#outcome(ending, context, call)], undefined);
    this.#push(rule, over, [], { kind: "expired", literal: contextLiteral(context, call) });
  }

  /** For a built-in view: adds the rules that cancel the call when its context expires and that send results to remote callers. */
  #cancelAtNode(rule: ExpandedRule, call: PredicateLiteral, view: View, context: CallContext): void {
    const { span } = call;
    const location = context.location === undefined ? undefined : variableAt(context.location, span);
    if (context.timeout < Infinity || context.limit !== undefined) {
      this.#arities.set(overEvent(view), 1);
      const over = { ...overAtom(view, variableAt(context.query, span), span), location };
      this.#push(rule, over, [], { kind: "expired", literal: contextLiteral(context, call) });
    }
    if (location === undefined || this.#arities.has(answerEvents(view).return)) return;
    for (const answer of answerRules(view, span)) {
      this.#arities.set(answer.event.atom.name.text, answer.event.atom.args.length);
      const origin = { ...rule, name: view.name, overlay: undefined, view: undefined };
      this.#push(origin, answer.head, [answer.event], undefined);
    }
  }

  #handleFailure(rule: ExpandedRule, call: PredicateLiteral, view: View, context: CallContext): void {
    const { span } = call;
    const failed = `${view.name}.fail`;
    this.#push(rule, deletedContext(context, call), [this.#outcome(failed, context, call)], undefined, true);
    const inputs = context.inputs.map((name) => variableAt(name, span));
    const event = failureEvent(view.name, rule.overlay);
    if (this.#handled.has(event)) {
      this.#arities.set(event, inputs.length + 1);
      this.#raiseFailure(rule, call, context, (why) => atomAt(event, [...inputs, why], span), []);
    }
    const own = rule.view === undefined ? undefined : failureOfInvocation(view.name, rule.view);
    if (own === undefined || rule.view === undefined || !this.#handled.has(own)) return;
    const hidden = this.#invocations.hidden(own, rule.view).map((name) => variableAt(name, span));
    const head = (why: Expression): Atom => atomAt(own, [...hidden, ...inputs, why], span);
    this.#raiseFailure(rule, call, context, head, timeLeft(context, span));
  }

  /** Adds the rules that raise the event `head` when the call fails and when it times out. */
  #raiseFailure(
    rule: ExpandedRule,
    call: PredicateLiteral,
    context: CallContext,
    head: (why: Expression) => Atom,
    after: readonly Literal[],
  ): void {
    const { span, atom } = call;
    const row = contextLiteral(context, call);
    this.#push(rule, head(constantAt("timeout", span)), after, { kind: "expired", literal: row });
    const why = variableAt("$Why", span);
    const failed = literalAt(atomAt(`${atom.name.text}.fail`, [variableAt(context.query, span), why], span));
    this.#push(rule, head(why), [failed, row, ...after], undefined);
  }

  /** A literal such as `v.return(QID, _, ..)`, which matches the outcome `name` of this call with any results. */
  #outcome(name: string, context: CallContext, { span }: PredicateLiteral): PredicateLiteral {
    const arity = this.#arities.get(name) ?? 1;
    const rest = Array.from({ length: arity - 1 }, (): Expression => ({ kind: "wildcard", span }));
    return literalAt(atomAt(name, [variableAt(context.query, span), ...rest], span));
  }

  #push(
    rule: ExpandedRule,
    head: ProgramRule["head"],
    body: readonly Literal[],
    trigger: ExpandedRule["trigger"],
    isDelete = false,
  ): void {
    this.#rules.push({ ...rule, isDelete, head, body, trigger, suspends: false });
  }

  /** Replaces `v!fail(..)` in a body by the event for failures of calls that rules of this overlay instance made. */
  #failureAsEvent(literal: Literal, rule: ProgramRule): Literal {
    if (literal.kind !== "predicate" || !literal.isFailure) return literal;
    const event = failureEvent(literal.atom.name.text, rule.overlay);
    if (!this.#arities.has(event)) this.#arities.set(event, literal.atom.args.length);
    const atom = { ...literal.atom, name: nameAt(event, literal.atom.name.span) };
    return { ...literal, isFailure: false, atom };
  }
}

/** Replaces the inputs of a definition by the arguments of a call. */
function substituteInputs(expression: Expression, view: View, inputs: readonly Expression[]): Expression {
  const values = new Map(view.inputs.map((input, at) => [input.name, inputs[at] as Expression]));
  return rewriteExpression(expression, (part) => (part.kind === "variable" ? (values.get(part.name) ?? part) : part));
}
