/*
 * Second part of the parser: rules and facts, with their literals, atoms, arguments and aggregates. It extends the parser of
 * expressions; parser.ts extends it with declarations and views.
 */
import { type IOrAlt, MismatchedTokenException, type ParserMethod } from "chevrotain";
import { aggregateNamed } from "./aggregate-names.ts";
import type { Aggregate, Atom, Expression, Fact, Literal, PredicateLiteral, Rule, Signature } from "./ast.ts";
import { ExpressionParser } from "./expression-parser.ts";
import * as ahead from "./lookahead.ts";
import { report } from "./report.ts";
import type { Name, Span } from "./span.ts";
import type { ParsedArgument } from "./statement-shape.ts";
import * as shape from "./statement-shape.ts";
import * as t from "./tokens.ts";
import { spanOf, type Token } from "./tokens.ts";

/** Context of an atom: aggregates are allowed in heads, return values in bodies. */
type AtomContext = "head" | "body";

/** Words that may follow a view call, each with a value in parentheses: `timeout(3)`. */
const CALL_OPTIONS = ["timeout", "outcome"] as const;

type CallOptions = { [word in (typeof CALL_OPTIONS)[number]]?: Expression };

/** Parser of rules and facts. */
export class RuleParser extends ExpressionParser {
  protected readonly inParentheses: ParserMethod<[], Expression> = this.RULE("inParentheses", (): Expression => {
    this.CONSUME(t.LeftParen);
    const inside = this.SUBRULE(this.expression);
    this.CONSUME(t.RightParen);
    return inside;
  });

  protected readonly rule: ParserMethod<[], Rule | Fact | Signature | undefined> = this.RULE(
    "rule",
    (): Rule | Fact | Signature | undefined => {
      const first = this.LA(1) as Token;
      const label = this.OPTION({
        GATE: () => ahead.startsLabel(this.peek),
        DEF: () => this.SUBRULE(this.#label),
      });
      const isDelete = this.OPTION1({ GATE: () => ahead.startsDelete(this.peek), DEF: () => this.CONSUME(t.Name) });
      const head = this.SUBRULE(this.atom, { ARGS: ["head"] });
      const body = this.SUBRULE(this.#ending, { ARGS: [isDelete !== undefined] });
      const span = this.spanFrom(first);
      return this.ACTION(() =>
        body === undefined
          ? this.#statementOfAtom(label, head, span)
          : { kind: "rule", label, isDelete: isDelete !== undefined, head, body, span },
      );
    },
  );

  #statementOfAtom(label: Name | undefined, atom: Atom, span: Span): Fact | Signature | undefined {
    if (!shape.looksLikeMaterialize(atom)) return shape.statementOfAtom(label, atom, span);
    this.addDiagnostic(shape.misspeltMaterialize(atom));
    const [name] = atom.args;
    this.context.unparsed.set(name?.kind === "constant" ? name.text : "", "declared");
    return undefined;
  }

  readonly #label = this.RULE("label", (): Name => {
    const token = this.SUBRULE(this.anyName);
    this.OPTION(() => this.CONSUME(t.Colon));
    return this.nameOf(token);
  });

  readonly #ending = this.RULE("ending", (isDelete: boolean = false): Literal[] | undefined =>
    this.OR({
      DEF: [
        { ALT: () => this.SUBRULE(this.#body) },
        { GATE: () => !isDelete, ALT: () => this.toUndefined(this.CONSUME(t.Dot)) },
      ],
      ERR_MSG: isDelete ? "`:-`" : "`:-` or `.`",
    }),
  );

  readonly #body = this.RULE("body", (): Literal[] => {
    const body: Literal[] = [];
    this.CONSUME(t.Implies);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => body.push(this.SUBRULE(this.#literal)),
      ERR_MSG: "a predicate, a condition or an assignment",
    });
    this.CONSUME(t.Dot);
    return body;
  });

  readonly #literals: IOrAlt<Literal>[] = [
    { GATE: () => ahead.startsNegation(this.peek), ALT: () => this.SUBRULE(this.#negation) },
    {
      GATE: () => this.context.dialect !== "mozlog" && ahead.startsRowEvent(this.peek),
      ALT: () => this.SUBRULE(this.#rowEvent),
    },
    { GATE: () => ahead.startsFailure(this.peek), ALT: () => this.SUBRULE(this.#failure) },
    { GATE: () => ahead.isPredicate(this.peek, 1), ALT: () => this.SUBRULE(this.#predicate) },
    { ALT: () => this.SUBRULE(this.#values) },
  ];
  readonly #literal = this.RULE("literal", (): Literal => {
    this.operators = 0;
    return this.OR(this.#literals);
  });

  readonly #negation = this.RULE("negation", (): PredicateLiteral => {
    const first = this.LA(1) as Token;
    this.OR([{ ALT: () => this.CONSUME(t.Bang) }, { ALT: () => this.CONSUME(t.Name) }]);
    const atom = this.SUBRULE(this.atom, { ARGS: ["body"] });
    return this.#predicateLiteral(first, atom, { negated: true });
  });

  /** `delete t(..)` of OverLog, the same as `t_DELTA_DELETE(..)`, and `insert t(..)`. */
  readonly #rowEvent = this.RULE("rowEvent", (): PredicateLiteral => {
    const first = this.CONSUME(t.Name) as Token;
    const atom = this.SUBRULE(this.atom, { ARGS: ["body"] });
    return this.ACTION(() => {
      const name = { ...atom.name, text: `${atom.name.text}_DELTA_${first.image.toUpperCase()}` };
      return this.#predicateLiteral(first, { ...atom, name }, {});
    });
  });

  readonly #failure = this.RULE("failure", (): PredicateLiteral => {
    const name = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.Bang);
    this.keyword("fail", "`fail`");
    const args = this.SUBRULE(this.#arguments, { ARGS: ["body"] });
    const atom = this.#atomOf(name, undefined, args);
    return this.#predicateLiteral(name, atom, { isFailure: true });
  });

  readonly #predicate = this.RULE("predicate", (): PredicateLiteral => {
    const first = this.LA(1) as Token;
    const atom = this.SUBRULE(this.atom, { ARGS: ["body"] });
    const given: CallOptions = {};
    this.MANY({
      GATE: () => ahead.startsCall(this.peek) && CALL_OPTIONS.some((word) => this.#isNewOption(word, given)),
      DEF: () => {
        const word = this.CONSUME(t.Name).image;
        const value = this.SUBRULE(this.inParentheses);
        if (word === "outcome") given.outcome = value;
        else given.timeout = value;
      },
    });
    return this.ACTION(() => {
      const { outcome } = given;
      if (outcome !== undefined && !["variable", "wildcard", "constant"].includes(outcome.kind)) {
        this.addDiagnostic(report("E0294", outcome.span, {}));
      }
      return this.#predicateLiteral(first, atom, given);
    });
  });

  #isNewOption(word: keyof CallOptions, given: CallOptions): boolean {
    return ahead.isWord(this.peek, 1, word) && given[word] === undefined;
  }

  /** `Var := value`, `X <- List`, or a condition. */
  readonly #values = this.RULE("values", (): Literal => {
    const first = this.LA(1) as Token;
    const left = this.SUBRULE(this.expression);
    const assigned = this.OPTION({
      GATE: () => left.kind === "variable",
      DEF: () => {
        this.CONSUME(t.Assign);
        return this.SUBRULE1(this.expression);
      },
    });
    const list = this.OPTION1(() => {
      this.CONSUME(t.LeftArrow);
      return this.SUBRULE2(this.expression);
    });
    const span = this.spanFrom(first);
    return this.ACTION(() => {
      if (assigned !== undefined && left.kind === "variable")
        return { kind: "assign", target: left, value: assigned, span };
      if (list === undefined) return { kind: "condition", test: this.#checkedCondition(left), span };
      return { kind: "member", pattern: this.#checkedPattern(left), list, span };
    });
  });

  protected readonly atom: ParserMethod<[context?: AtomContext], Atom> = this.RULE(
    "atom",
    (context: AtomContext = "body"): Atom => {
      const name = this.SUBRULE(this.predicateName);
      const location = this.OPTION(() => this.SUBRULE(this.location));
      const args = this.SUBRULE(this.#arguments, { ARGS: [context] });
      return this.#atomOf(name, location, args);
    },
  );

  readonly #arguments = this.RULE("arguments", (context: AtomContext = "body"): ParsedArgument[] => {
    const args: ParsedArgument[] = [];
    this.CONSUME(t.LeftParen);
    this.inHead = context === "head";
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.#argument, { ARGS: [context] })) });
    this.inHead = false;
    this.CONSUME(t.RightParen);
    return args;
  });

  readonly #argument = this.RULE("argument", (context: AtomContext = "body"): ParsedArgument => {
    const value = this.oneToken();
    if (value !== undefined) return { argument: value, isLocation: false };
    this.operators = 0;
    return this.OR([
      {
        GATE: () => ahead.startsLocatedAggregate(this.peek, context === "head"),
        ALT: () => this.SUBRULE(this.#locatedAggregate, { ARGS: [context] }),
      },
      { ALT: () => ({ argument: this.SUBRULE(this.location), isLocation: true }) },
      { ALT: () => this.SUBRULE(this.#returned, { ARGS: [context] }) },
      {
        GATE: () => ahead.startsAggregate(this.peek, context === "head") && !this.#startsExpression(context),
        ALT: () => this.SUBRULE(this.#aggregate, { ARGS: [context] }),
      },
      { ALT: () => ({ argument: this.SUBRULE(this.expression), isLocation: false }) },
    ]);
  });

  /** Whether an aggregate at the start of an argument may be part of an expression: in a head, if it is no location and not in capitals. */
  #startsExpression(context: AtomContext): boolean {
    return context === "head" && this.LA(1).tokenType === t.Name && this.LA(3).tokenType !== t.At;
  }

  readonly #returned = this.RULE("returned", (context: AtomContext = "body"): ParsedArgument => {
    const first = this.CONSUME(t.Ampersand) as Token;
    const name = this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.Variable).image }, { ALT: () => this.toUndefined(this.CONSUME(t.Wildcard)) }],
      ERR_MSG: "a variable or `_`",
    });
    const span = this.spanFrom(first);
    if (context === "head") this.addDiagnostic(report("E0145", span, { argument: `&${name ?? "_"}` }));
    return { argument: { kind: "return", name, span }, isLocation: false };
  });

  /** `@min<X>`, the same as `min<@X>`. */
  readonly #locatedAggregate = this.RULE("locatedAggregate", (context: AtomContext = "body"): ParsedArgument => {
    this.CONSUME(t.At);
    const { argument } = this.SUBRULE(this.#aggregate, { ARGS: [context] });
    return { argument, isLocation: true };
  });

  readonly #aggregate = this.RULE("aggregate", (context: AtomContext = "body"): ParsedArgument => {
    const name = this.SUBRULE(this.anyName);
    this.CONSUME(t.Less);
    let isLocation = false;
    const operand = this.OR([
      { ALT: () => this.toUndefined(this.CONSUME(t.Star)) },
      {
        ALT: () => {
          isLocation = true;
          return this.SUBRULE(this.location);
        },
      },
      { ALT: () => this.operand() },
    ]);
    this.CONSUME(t.Greater);
    const span = this.spanFrom(name);
    return this.ACTION(() => {
      if (context === "body") {
        this.addDiagnostic(report("E0144", span, { aggregate: name.image, text: this.context.textOf(span) }));
      }
      const argument: Aggregate = { kind: "aggregate", function: aggregateNamed(name.image) ?? "min", operand, span };
      return { argument, isLocation };
    });
  });

  /** The name of a predicate. It may begin with a capital, as `RT` does, which means `ron.RT` in a file with `overlay ron`. */
  protected readonly predicateName: ParserMethod<[], Token> = this.RULE(
    "predicateName",
    (): Token => this.SUBRULE(this.anyName),
  );

  #checkedCondition(test: Expression): Expression {
    const isAlone = this.LA(1).tokenType === t.Comma || this.LA(1).tokenType === t.Dot;
    if (isAlone && test.kind === "constant" && test.text === test.value) {
      this.addDiagnostic(report("E0147", test.span, { name: test.text }));
    }
    return test;
  }

  #checkedPattern(pattern: Expression): Expression {
    if (!shape.isPattern(pattern)) this.addDiagnostic(report("E0148", pattern.span, {}));
    return pattern;
  }

  #atomOf(name: Token, location: Expression | undefined, args: readonly ParsedArgument[]): Atom {
    const span = this.spanFrom(name);
    return this.ACTION(() => {
      const located = args.findIndex((argument) => argument.isLocation);
      const count = args.filter((argument) => argument.isLocation).length + (location === undefined ? 0 : 1);
      if (count > 1) this.addDiagnostic(report("E0146", spanOf(name), { name: name.image }));
      return {
        name: this.nameOf(name),
        location,
        locatedArgument: located < 0 ? undefined : located,
        args: args.map(({ argument }) => argument),
        span,
      };
    });
  }

  #predicateLiteral(
    first: Token,
    atom: Atom,
    { negated = false, isFailure = false, timeout, outcome }: CallOptions & { negated?: boolean; isFailure?: boolean },
  ): PredicateLiteral {
    return { kind: "predicate", negated, isFailure, atom, timeout, outcome, span: this.spanFrom(first) };
  }

  /** Consumes a name that must be one of the given words. `index` distinguishes several calls in one grammar rule. */
  protected keyword(word: string | readonly string[], expected: string, index = 8): Token {
    const next = this.LA(1);
    const isExpected = typeof word === "string" ? next.image === word : word.includes(next.image);
    if (!isExpected && !this.RECORDING_PHASE) throw new MismatchedTokenException(expected, next, this.LA(0));
    return this.consume(index, t.Name, { ERR_MSG: expected }) as Token;
  }
}
