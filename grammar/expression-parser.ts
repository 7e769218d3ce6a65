/*
 * First part of the parser: expressions, addresses and locations. RuleParser extends it with rules, and Parser extends that with
 * declarations. Together they are one Chevrotain parser: methods made by RULE are the grammar, and gates (GATE) choose between
 * alternatives that begin alike. operators.ts groups a chain of operators by precedence after it is read.
 */
import {
  EmbeddedActionsParser,
  type IOrAlt,
  type IParserConfig,
  type IToken,
  type ParserMethod,
  type TokenType,
  tokenMatcher,
} from "chevrotain";
import { aggregateNamed } from "./aggregate-names.ts";
import type {
  AddressExpression,
  Aggregate,
  BinaryOperator,
  Constant,
  Expression,
  FunctionCall,
  ListExpression,
  UnaryOperator,
  Variable,
  Wildcard,
} from "./ast.ts";
import { DiagnosticCollector } from "./diagnostic-collector.ts";
import type { Diagnostic } from "./diagnostic.ts";
import * as literals from "./literals.ts";
import * as ahead from "./lookahead.ts";
import {
  type Bounds,
  flatPrecedence,
  groupByPrecedence,
  type Link,
  precedence,
  chainsMixingShifts,
  shiftsFirstPrecedence,
  type OperatorChain,
} from "./operators.ts";
import { printGrouped } from "./print.ts";
import { report } from "./report.ts";
import { type Dialect, joinSpans, type Name, type Span } from "./span.ts";
import { expectations } from "./syntax-error.ts";
import * as t from "./tokens.ts";
import { spanOf, type Token } from "./tokens.ts";
import type { Unparsed } from "./unparsed.ts";

const MAX_OPERATORS = 1000;

/** Input of the parser besides the tokens. */
export interface ParserContext {
  readonly dialect: Dialect;
  readonly diagnostics: DiagnosticCollector;
  readonly textOf: (span: Span) => string;
  /** Maximum nesting depth. */
  readonly nesting: number;
  /** Receives the names that abandoned statements seem to declare or derive. */
  readonly unparsed: Map<string, Unparsed>;
}

export const EMPTY_CONTEXT: ParserContext = {
  dialect: "mozlog",
  diagnostics: new DiagnosticCollector(),
  textOf: () => "",
  nesting: 0,
  unparsed: new Map(),
};

/** Tokens after a value that is a whole argument or item. */
const ENDS_OF_VALUE: ReadonlySet<TokenType> = new Set([t.Comma, t.RightParen, t.RightBracket]);

/** Thrown to abandon a statement whose error is already reported, such as an exceeded limit. */
export class StatementAbandoned extends Error {}

interface Node {
  readonly node: Expression;
  readonly options: readonly Expression[];
}

// The grammar is LL(1) so that Chevrotain builds the parser quickly. Gates look further ahead where one token is not enough.
const CONFIG: IParserConfig = { maxLookahead: 1, skipValidations: true, errorMessageProvider: expectations };

/**
 * Parser of expressions and locations.
 *
 * Chevrotain runs each rule once without input to record its structure. Code that needs real tokens is wrapped in ACTION.
 */
export class ExpressionParser extends EmbeddedActionsParser {
  protected context: ParserContext = EMPTY_CONTEXT;
  /** Current nesting depth. Error recovery restores it when a statement is abandoned. */
  protected depth = 0;
  /** Number of binary operators so far in the current literal or argument. */
  protected operators = 0;
  /** True between `?` and `:`, where a colon after a name does not begin an address. */
  protected beforeColon = false;
  /** True directly within the brackets of a list, where `|` begins the tail. */
  protected barBeginsTail = false;
  /** True in the arguments of a head, where an aggregate may stand within an expression. */
  protected inHead = false;
  protected readonly peek: ahead.Peek = (at) => this.LA(at) as Token;

  constructor() {
    super([...t.TOKEN_TYPES], CONFIG);
  }

  protected readonly location: ParserMethod<[], Expression> = this.RULE("location", (): Expression => {
    this.CONSUME(t.At);
    return this.SUBRULE(this.#locationValue);
  });

  readonly #locationValue = this.RULE(
    "locationValue",
    (): Expression =>
      this.OR([
        { GATE: () => this.#startsAddress(), ALT: () => this.SUBRULE(this.#address, { ARGS: [true] }) },
        { ALT: () => this.SUBRULE(this.#simple) },
      ]),
  );

  protected readonly expression: ParserMethod<[], Expression> = this.RULE("expression", (): Expression => {
    const value = this.oneToken();
    if (value !== undefined) return value;
    this.enterLevel();
    const test = this.SUBRULE(this.operation);
    const branches = this.OPTION(() => this.SUBRULE(this.#branches));
    this.exitLevel();
    if (branches === undefined) return test;
    return this.ACTION(() => ({
      kind: "conditional",
      test,
      ...branches,
      span: joinSpans(test.span, branches.no.span),
    }));
  });

  readonly #branches = this.RULE("branches", (): { yes: Expression; no: Expression } => {
    this.CONSUME(t.Question);
    const outerBeforeColon = this.beforeColon;
    this.beforeColon = true;
    const yes = this.SUBRULE(this.expression);
    this.beforeColon = outerBeforeColon;
    this.CONSUME(t.Colon);
    return { yes, no: this.SUBRULE1(this.expression) };
  });

  /** A chain of operands and binary operators that bind at least as tightly as `loosest`. */
  protected readonly operation: ParserMethod<[loosest?: number], Expression> = this.RULE(
    "operation",
    (loosest: number = 0): Expression => {
      const first = this.SUBRULE(this.#unary);
      const links: Link[] = [];
      this.MANY({
        GATE: () => this.#continues(loosest),
        DEF: () => links.push(this.SUBRULE(this.#link)),
      });
      if (links.length === 0) return first;
      return this.ACTION(() => this.#groupOperators(first, links));
    },
  );

  readonly #link = this.RULE("link", (): Link => {
    this.#countOperator();
    return this.OR([
      {
        ALT: () => {
          const operator = operatorOf(this.CONSUME(t.BinaryOperator));
          return { operator, right: this.SUBRULE(this.#unary) };
        },
      },
      {
        ALT: (): Link => {
          this.CONSUME(t.Name);
          return { operator: "in", bounds: this.SUBRULE(this.#bounds) };
        },
      },
    ]);
  });

  readonly #bounds = this.RULE("bounds", (): Bounds => {
    const first = this.LA(1) as Token;
    const includesLow = this.SUBRULE(this.#opening);
    const [low, high] = this.#within(false, () => {
      const low = this.SUBRULE(this.expression);
      this.CONSUME(t.Comma);
      return [low, this.SUBRULE1(this.expression)];
    });
    const includesHigh = this.SUBRULE(this.#closing);
    return { low, high, includesLow, includesHigh, span: this.spanFrom(first) };
  });

  readonly #opening = this.RULE(
    "opening",
    (): boolean =>
      this.OR([{ ALT: () => this.CONSUME(t.LeftBracket) }, { ALT: () => this.CONSUME(t.LeftParen) }]).tokenType ===
      t.LeftBracket,
  );

  readonly #closing = this.RULE(
    "closing",
    (): boolean =>
      this.OR([{ ALT: () => this.CONSUME(t.RightBracket) }, { ALT: () => this.CONSUME(t.RightParen) }]).tokenType ===
      t.RightBracket,
  );

  // Alternatives without parameters are created once, and not for each operand.
  readonly #unaries: IOrAlt<Expression>[] = [
    { ALT: () => this.SUBRULE(this.#prefixed) },
    { ALT: () => this.SUBRULE(this.#primary) },
  ];
  readonly #unary = this.RULE("unary", (): Expression => this.OR(this.#unaries));

  readonly #prefixed = this.RULE("prefixed", (): Expression => {
    this.enterLevel();
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Minus) },
      { ALT: () => this.CONSUME(t.Bang) },
      { ALT: () => this.CONSUME(t.Tilde) },
    ]) as Token;
    const operand = this.SUBRULE(this.#unary);
    this.exitLevel();
    const span = this.spanFrom(token);
    return this.ACTION(() => {
      const operator = token.image as UnaryOperator;
      if (operator === "-" && literals.isNumber(operand)) return literals.negated(token, operand);
      return { kind: "unary", operator, operand, span };
    });
  });

  readonly #primaries: IOrAlt<Expression>[] = [
    { GATE: () => this.#startsAddress(), ALT: () => this.SUBRULE(this.#address, { ARGS: [false] }) },
    { GATE: () => ahead.startsCall(this.peek), ALT: () => this.SUBRULE(this.#call) },
    { GATE: () => this.inHead && ahead.startsAggregate(this.peek, false), ALT: () => this.SUBRULE(this.#aggregate) },
    { ALT: () => this.SUBRULE(this.#simple) },
    { ALT: () => this.SUBRULE(this.#list) },
    {
      ALT: () => {
        this.CONSUME(t.LeftParen);
        const inner = this.#within(false, () => this.SUBRULE(this.expression));
        this.CONSUME(t.RightParen);
        return inner;
      },
    },
  ];
  readonly #primary = this.RULE("primary", (): Expression => this.OR(this.#primaries));

  readonly #call = this.RULE("call", (): FunctionCall => {
    const name = this.CONSUME(t.Name) as Token;
    const args: Expression[] = [];
    this.OPTION(() => {
      this.CONSUME(t.At);
      this.CONSUME(t.Variable);
    });
    this.CONSUME(t.LeftParen);
    this.#within(false, () => {
      this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.expression)) });
    });
    this.CONSUME(t.RightParen);
    return { kind: "call", name: this.nameOf(name), args, span: this.spanFrom(name) };
  });

  /** An aggregate within an expression. */
  readonly #aggregate = this.RULE("innerAggregate", (): Aggregate => {
    const name = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.Less);
    const operand = this.OR([{ ALT: () => this.toUndefined(this.CONSUME(t.Star)) }, { ALT: () => this.operand() }]);
    this.CONSUME(t.Greater);
    return { kind: "aggregate", function: aggregateNamed(name.image) ?? "min", operand, span: this.spanFrom(name) };
  });

  /** Parses the operand of an aggregate, which contains no aggregate. An operator looser than a sum needs parentheses: `>` ends it. */
  protected operand(): Expression {
    const outer = this.inHead;
    this.inHead = false;
    const operand = this.#within(false, () => this.SUBRULE(this.operation, { ARGS: [precedence("+")] }));
    this.inHead = outer;
    return operand;
  }

  readonly #list = this.RULE("list", (): ListExpression => {
    const first = this.CONSUME(t.LeftBracket) as Token;
    const items: Expression[] = [];
    const tail = this.#within(true, () => {
      this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.expression)) });
      return this.OPTION({ GATE: () => items.length > 0 && this.#isAtBar(), DEF: () => this.SUBRULE(this.#tail) });
    });
    if (tail === undefined || this.RECORDING_PHASE) this.CONSUME(t.RightBracket);
    return { kind: "list", items, tail, span: this.spanFrom(first) };
  });

  /** The end of a list with a tail, with the closing bracket. */
  readonly #tail = this.RULE("tail", (): Expression => {
    this.CONSUME(t.BinaryOperator);
    const tail = this.SUBRULE(this.expression);
    this.CONSUME(t.RightBracket);
    return tail;
  });

  #isAtBar(): boolean {
    return this.LA(1).image === "|";
  }

  /** Parses a part in which `|` begins the tail of a list, or is an operator. */
  #within<T>(barBeginsTail: boolean, parse: () => T): T {
    const outer = this.barBeginsTail;
    this.barBeginsTail = barBeginsTail;
    const parsed = parse();
    this.barBeginsTail = outer;
    return parsed;
  }

  /** An address. In a location, a bracket after a name begins the arguments of the predicate, not of a call. */
  readonly #address = this.RULE("address", (inLocation: boolean = false): AddressExpression => {
    this.enterLevel();
    const overlay = this.SUBRULE(this.anyName);
    const colon = this.OR([{ ALT: () => this.CONSUME(t.DoubleColon) }, { ALT: () => this.CONSUME(t.Colon) }]);
    const { node, options } = this.SUBRULE(this.#node, { ARGS: [inLocation] });
    this.exitLevel();
    const span = this.spanFrom(overlay);
    return this.ACTION(() => {
      const name = { text: overlay.image.toLowerCase(), span: spanOf(overlay) };
      if (colon.tokenType === t.Colon) this.addDiagnostic(report("W0105", name.span, { overlay: name.text }));
      return { kind: "address", overlay: name, node, options, span };
    });
  });

  readonly #node = this.RULE(
    "node",
    (inLocation: boolean = false): Node =>
      this.OR([
        {
          GATE: () => this.#startsAddress(),
          ALT: () => ({ node: this.SUBRULE(this.#address, { ARGS: [inLocation] }), options: [] }),
        },
        {
          GATE: () => !inLocation && ahead.startsCall(this.peek),
          ALT: () => ({ node: this.SUBRULE(this.#call), options: [] }),
        },
        { ALT: () => ({ node: this.SUBRULE(this.#simple), options: [] }) },
        { ALT: () => ({ node: this.SUBRULE(this.#list), options: [] }) },
        { ALT: () => this.SUBRULE(this.#nodeWithOptions) },
      ]),
  );

  readonly #nodeWithOptions = this.RULE("nodeWithOptions", (): Node => {
    const options: Expression[] = [];
    this.CONSUME(t.LeftParen);
    const node = this.#within(false, () => {
      const node = this.SUBRULE(this.expression);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        options.push(this.SUBRULE1(this.expression));
      });
      return node;
    });
    this.CONSUME(t.RightParen);
    return { node, options };
  });

  readonly #readNumber = (token: Token, diagnostics: DiagnosticCollector): Constant =>
    literals.readNumber(this.context.dialect === "mozlog" ? token : literals.withoutSuffix(token), diagnostics);

  readonly #simples: IOrAlt<Expression>[] = [
    { ALT: () => this.variableOf(this.CONSUME(t.Variable)) },
    { ALT: () => this.#wildcard(this.CONSUME(t.Wildcard)) },
    { ALT: () => this.#literalOf(this.CONSUME(t.NumberLiteral), this.#readNumber) },
    { ALT: () => this.#literalOf(this.CONSUME(t.StringLiteral), literals.readString) },
    { ALT: () => this.#literalOf(this.CONSUME(t.BytesLiteral), literals.readBytes) },
    { ALT: () => literals.readWord(this.CONSUME(t.Name) as Token) },
  ];
  /** A value of one token. */
  readonly #simple = this.RULE("simple", (): Expression => this.OR(this.#simples));

  /**
   * Reads a variable, number, string or wildcard that is a whole argument or item; undefined if the next token is something else. Most
   * arguments are of this kind, and the rules of expressions take far longer to read them.
   */
  protected oneToken(): Expression | undefined {
    if (this.RECORDING_PHASE || !ENDS_OF_VALUE.has(this.LA(2).tokenType)) return undefined;
    const token = this.LA(1) as Token;
    const read = this.#readerOf(token.tokenType);
    if (read === undefined) return undefined;
    this.enterLevel();
    this.SKIP_TOKEN();
    this.exitLevel();
    return read(token, this.context.diagnostics);
  }

  #readerOf(type: TokenType): ((token: Token, diagnostics: DiagnosticCollector) => Expression) | undefined {
    switch (type) {
      case t.Variable:
        return this.#readVariable;
      case t.Wildcard:
        return this.#readWildcard;
      case t.NumberLiteral:
        return this.#readNumber;
      case t.StringLiteral:
        return literals.readString;
      default:
        return undefined;
    }
  }

  readonly #readVariable = (token: Token): Variable => this.variableOf(token);
  readonly #readWildcard = (token: Token): Wildcard => this.#wildcard(token);

  protected readonly anyName: ParserMethod<[], Token> = this.RULE(
    "anyName",
    (): Token => this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Variable) }]) as Token,
  );

  #continues(loosest: number): boolean {
    const next = this.LA(1);
    if (this.barBeginsTail && this.#isAtBar()) return false;
    if (ahead.isWord(this.peek, 1, "in")) return loosest <= precedence("in");
    return tokenMatcher(next, t.BinaryOperator) && precedence(operatorOf(next)) >= loosest;
  }

  #groupOperators(first: Expression, links: readonly Link[]): Expression {
    const precedenceOf = this.context.dialect === "overlog-flat" ? flatPrecedence : precedence;
    for (const chain of chainsMixingShifts(first, links, precedenceOf)) this.#warnAboutShift(chain, precedenceOf);
    this.#checkIntervals(links, precedenceOf);
    return groupByPrecedence(first, links, precedenceOf);
  }

  #warnAboutShift({ first, links }: OperatorChain, precedenceOf: typeof precedence): void {
    const used = groupByPrecedence(first, links, precedenceOf);
    const read = printGrouped(used);
    const others = [precedence, shiftsFirstPrecedence].map((other) =>
      printGrouped(groupByPrecedence(first, links, other)),
    );
    const other = others.find((text) => text !== read) ?? read;
    this.addDiagnostic(report("W0102", used.span, { read, other, mayBeFlat: this.context.dialect === "overlog" }));
  }

  #checkIntervals(links: readonly Link[], precedenceOf: typeof precedence): void {
    links.forEach((link, index) => {
      const next = links[index + 1];
      if (link.operator !== "in" || next === undefined || precedenceOf(next.operator) <= precedenceOf("in")) return;
      this.addDiagnostic(report("E0152", link.bounds.span, {}));
    });
  }

  #startsAddress(): boolean {
    return ahead.startsAddress(this.peek) || (!this.beforeColon && ahead.startsColonAddress(this.peek));
  }

  protected nameOf(token: IToken): Name {
    return { text: token.image, span: spanOf(token as Token) };
  }

  protected variableOf(token: IToken): Variable {
    return { kind: "variable", name: token.image, span: spanOf(token as Token) };
  }

  #wildcard(token: IToken): Wildcard {
    return { kind: "wildcard", span: spanOf(token as Token) };
  }

  #literalOf(token: IToken, read: (token: Token, diagnostics: DiagnosticCollector) => Constant): Constant {
    return this.ACTION(() => read(token as Token, this.context.diagnostics));
  }

  /** Returns undefined for an alternative that consists of one token. */
  protected toUndefined(_token: IToken): undefined {
    return undefined;
  }

  protected spanFrom(first: Token): Span {
    return spanOf(first, this.LA(0) as Token);
  }

  protected enterLevel(): void {
    if (this.RECORDING_PHASE) return;
    this.depth += 1;
    const { nesting } = this.context;
    if (this.depth > nesting) this.abandon(report("E0141", spanOf(this.LA(1) as Token), { depth: nesting }));
  }

  protected exitLevel(): void {
    if (!this.RECORDING_PHASE) this.depth -= 1;
  }

  /** Counts an operator against the limit, because a long chain of operators becomes a deep tree. */
  #countOperator(): void {
    this.operators += 1;
    if (this.operators <= MAX_OPERATORS || this.RECORDING_PHASE) return;
    this.abandon(report("E0142", spanOf(this.LA(1) as Token), { count: MAX_OPERATORS }));
  }

  protected abandon(diagnostic: Diagnostic): never {
    this.addDiagnostic(diagnostic);
    throw new StatementAbandoned();
  }

  protected addDiagnostic(diagnostic: Diagnostic): void {
    this.context.diagnostics.add(diagnostic);
  }
}

/** Returns the operator of a token. `<>` is another spelling of `!=`. */
function operatorOf({ image }: IToken): BinaryOperator {
  return image === "<>" ? "!=" : (image as BinaryOperator);
}
