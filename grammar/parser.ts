import {
  EmbeddedActionsParser,
  EOF,
  type IParserConfig,
  isRecognitionException,
  type ParserMethod,
  tokenMatcher,
} from "chevrotain";
import { aggregateNamed } from "./aggregate-names.ts";
import type {
  AcceptDeclaration,
  AddressExpression,
  Aggregate,
  Argument,
  Atom,
  BinaryOperator,
  Constant,
  Evict,
  Expression,
  Fact,
  FunctionCall,
  ImportDeclaration,
  KeyColumn,
  ListExpression,
  Literal,
  Materialize,
  OverlayDeclaration,
  PredicateLiteral,
  Rule,
  Signature,
  Statement,
  UnaryOperator,
  Variable,
  ViewDefinition,
  Watch,
} from "./ast.ts";
import type { Complaints } from "./complaints.ts";
import * as ahead from "./lookahead.ts";
import * as literals from "./literals.ts";
import { type Bounds, flat, grouped, type Link, precedence, shiftMixes, shiftsFirst, type Stretch } from "./operators.ts";
import { printGrouped } from "./print.ts";
import { report } from "./report.ts";
import type { Dialect, Name, Span } from "./span.ts";
import { expectations, syntaxError } from "./syntax-error.ts";
import * as t from "./tokens.ts";
import { type Token, spanOf } from "./tokens.ts";
import { isTypeName } from "./type-names.ts";

const DEEPEST = 200;
const MOST_OPERATORS = 1000;

/** What the parser needs to know besides the tokens. */
export interface Reading {
  readonly dialect: Dialect;
  readonly complaints: Complaints;
  textOf(span: Span): string;
}

let parser: Parser | undefined;

/** The statements of a program. One that cannot be read is complained of and left out. */
export function parseTokens(tokens: readonly Token[], reading: Reading): readonly Statement[] {
  parser ??= new Parser();
  return parser.read([...tokens], reading);
}

/** Where an atom stands: aggregates belong in heads, returned values in bodies. */
type Place = "head" | "body";

interface PlacedArgument {
  readonly argument: Argument;
  readonly isLocation: boolean;
}

interface Node {
  readonly node: Expression;
  readonly options: readonly Expression[];
}

interface Header {
  readonly name: Name;
  readonly location: Expression | undefined;
  readonly inputs: Variable[];
  readonly outputs: Variable[];
  timeout: Expression | undefined;
  many: boolean;
}

/** A statement breaks a limit and is given up. */
class Refusal extends Error {}

// The grammar is LL(1), and what is not is told by gates that look further, so that building the parser is quick.
const CONFIG: IParserConfig = { maxLookahead: 1, skipValidations: true, errorMessageProvider: expectations };

class Parser extends EmbeddedActionsParser {
  #reading: Reading | undefined;
  #depth = 0;
  #operators = 0;
  /** Between `?` and `:`, where a colon after a name begins no address. */
  #beforeColon = false;
  readonly #peek: ahead.Peek = (at) => this.LA(at) as Token;

  constructor() {
    super([...t.TOKEN_TYPES], CONFIG);
    this.performSelfAnalysis();
  }

  read(tokens: Token[], reading: Reading): readonly Statement[] {
    this.#reading = reading;
    this.input = tokens;
    const statements = this.#program();
    this.input = [];
    this.#reading = undefined;
    return statements;
  }

  readonly #program: ParserMethod<[], Statement[]> = this.RULE("program", () => this.#statements(undefined));

  readonly #statement: ParserMethod<[], Statement | undefined> = this.RULE("statement", () => {
    this.#enter();
    const statement = this.OR<Statement | undefined>([
      { GATE: () => ahead.startsMaterialize(this.#peek), ALT: () => this.SUBRULE(this.#materialize) },
      { GATE: () => ahead.startsWatch(this.#peek), ALT: () => this.SUBRULE(this.#watch) },
      { GATE: () => ahead.startsTrace(this.#peek), ALT: () => this.SUBRULE(this.#trace) },
      { GATE: () => ahead.startsOverlay(this.#peek), ALT: () => this.SUBRULE(this.#overlay) },
      { GATE: () => ahead.startsImport(this.#peek), ALT: () => this.SUBRULE(this.#import) },
      { GATE: () => ahead.startsAccept(this.#peek), ALT: () => this.SUBRULE(this.#accept) },
      { GATE: () => ahead.startsView(this.#peek), ALT: () => this.SUBRULE(this.#view) },
      { ALT: () => this.SUBRULE(this.#rule) },
    ]);
    this.#depth -= 1;
    return statement;
  });

  readonly #materialize: ParserMethod<[], Materialize> = this.RULE("materialize", () => {
    const first = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.LeftParen);
    const name = this.#name(this.CONSUME1(t.Name));
    this.CONSUME(t.Comma);
    const lifetime = this.SUBRULE(this.#expression);
    this.CONSUME1(t.Comma);
    const size = this.SUBRULE1(this.#expression);
    const keys = this.OPTION({
      GATE: () => !ahead.isWord(this.#peek, 2, "evict"),
      DEF: () => this.SUBRULE(this.#keys),
    });
    const evict = this.OPTION1(() => this.SUBRULE(this.#evict));
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Dot);
    return { kind: "materialize", name, lifetime, size, keys: keys ?? [], evict, span: this.#spanFrom(first) };
  });

  readonly #keys: ParserMethod<[], KeyColumn[]> = this.RULE("keys", () => {
    const columns: KeyColumn[] = [];
    this.CONSUME(t.Comma);
    this.#word("keys", "`keys(..)`");
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.#keyColumn)) });
    this.CONSUME(t.RightParen);
    return columns;
  });

  readonly #keyColumn: ParserMethod<[], KeyColumn> = this.RULE("keyColumn", () => {
    const column = this.#column(this.CONSUME(t.NumberLiteral));
    // The type that older OverLog writes behind a column is inferred like all others.
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.CONSUME(t.Name);
    });
    return column;
  });

  readonly #evict: ParserMethod<[], Evict> = this.RULE("evict", () => {
    this.CONSUME(t.Comma);
    const first = this.#word("evict", "`evict`");
    const policy = this.#word(["max", "min", "fifo"], "`max(column)`, `min(column)` or `fifo`").image;
    if (policy === "fifo") return { policy, span: this.#spanFrom(first) };
    this.CONSUME(t.LeftParen);
    const { column } = this.#column(this.CONSUME(t.NumberLiteral));
    this.CONSUME(t.RightParen);
    return { policy: policy === "max" ? "max" : "min", column, span: this.#spanFrom(first) };
  });

  readonly #watch: ParserMethod<[], Watch> = this.RULE("watch", () => {
    const first = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.LeftParen);
    const name = this.#name(this.CONSUME1(t.Name, { ERR_MSG: "a predicate's name" }));
    const modes = this.OPTION(() => {
      this.CONSUME(t.Comma);
      return this.#unquoted(this.CONSUME(t.StringLiteral));
    });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Dot);
    return { kind: "watch", name, modes, span: this.#spanFrom(first) };
  });

  /** `trace(..)` asked an older system to log; it declares nothing. */
  readonly #trace: ParserMethod<[], undefined> = this.RULE("trace", () => {
    this.SUBRULE(this.#atom, { ARGS: ["head"] });
    this.CONSUME(t.Dot);
    return undefined;
  });

  readonly #overlay: ParserMethod<[], OverlayDeclaration> = this.RULE("overlay", () => {
    const first = this.CONSUME(t.Name) as Token;
    const name = this.#name(this.CONSUME1(t.Name, { ERR_MSG: "a name in lower case" }));
    this.OPTION(() => this.CONSUME(t.Dot));
    return { kind: "overlay", name, span: this.#spanFrom(first) };
  });

  readonly #import: ParserMethod<[], ImportDeclaration> = this.RULE("import", () => {
    const first = this.CONSUME(t.Name) as Token;
    const path = this.CONSUME(t.StringLiteral) as Token;
    const as = this.OPTION({
      GATE: () => ahead.isWord(this.#peek, 1, "as"),
      DEF: () => {
        this.CONSUME1(t.Name);
        return this.#name(this.CONSUME2(t.Name, { ERR_MSG: "a name in lower case" }));
      },
    });
    this.OPTION1(() => this.CONSUME(t.Dot));
    const name = { text: this.#unquoted(path), span: spanOf(path) };
    return { kind: "import", path: name, as, span: this.#spanFrom(first) };
  });

  readonly #accept: ParserMethod<[], AcceptDeclaration> = this.RULE("accept", () => {
    const first = this.CONSUME(t.Name) as Token;
    const name = this.#name(this.CONSUME1(t.Name));
    const types = this.SUBRULE(this.#types);
    const right = this.OPTION(() => this.#word(["insert", "delete"], "`insert`, `delete` or `.`").image);
    this.CONSUME(t.Dot, { ERR_MSG: right === undefined ? "`insert`, `delete` or `.`" : "`.`" });
    const [insert, remove] = [right !== "delete", right !== "insert"];
    return { kind: "accept", name, types, insert, remove, span: this.#spanFrom(first) };
  });

  readonly #types: ParserMethod<[], Name[]> = this.RULE("types", () => {
    const types: Name[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => types.push(this.#name(this.CONSUME(t.Name))) });
    this.CONSUME(t.RightParen);
    return types;
  });

  readonly #view: ParserMethod<[], ViewDefinition> = this.RULE("view", () => {
    const first = this.CONSUME(t.Name) as Token;
    const { name, location, inputs, outputs, timeout, many } = this.SUBRULE(this.#header);
    this.CONSUME(t.LeftBrace);
    const body = this.#statements(first).filter((statement) => this.#belongsInView(statement));
    this.CONSUME(t.RightBrace, { ERR_MSG: "`}`" });
    this.OPTION(() => this.CONSUME(t.Dot));
    return { kind: "view", name, location, inputs, outputs, timeout, many, body, span: this.#spanFrom(first) };
  });

  readonly #header: ParserMethod<[], Header> = this.RULE("header", () => {
    const name = this.#name(this.CONSUME(t.Name, { ERR_MSG: "the view's name" }));
    const location = this.OPTION(() => this.SUBRULE(this.#at));
    const header: Header = { name, location, inputs: [], outputs: [], timeout: undefined, many: false };
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.#viewArgument, { ARGS: [header] }) });
    this.CONSUME(t.RightParen);
    this.MANY(() => this.SUBRULE(this.#viewOption, { ARGS: [header] }));
    return header;
  });

  readonly #viewArgument: ParserMethod<[Header?], void> = this.RULE("viewArgument", (header?: Header) => {
    const isOutput = this.OPTION(() => this.CONSUME(t.Ampersand)) !== undefined;
    const token = this.CONSUME(t.Variable, { ERR_MSG: "a variable, or `&` and a variable" }) as Token;
    this.ACTION(() => {
      if (header === undefined) return;
      if (!isOutput && header.outputs.length > 0) this.#complain(report("E0150", spanOf(token), { name: token.image }));
      (isOutput ? header.outputs : header.inputs).push(this.#variable(token));
    });
  });

  readonly #viewOption: ParserMethod<[Header?], void> = this.RULE("viewOption", (header?: Header) => {
    const word = this.#word(["timeout", "many"], "`timeout(seconds)`, `many` or `{`");
    const timeout = this.OPTION({
      GATE: () => word.image === "timeout",
      DEF: () => this.SUBRULE(this.#seconds),
    });
    this.ACTION(() => {
      if (header === undefined) return;
      const isRepeated = word.image === "many" ? header.many : header.timeout !== undefined;
      if (isRepeated) this.#complain(report("E0151", spanOf(word), { word: word.image }));
      header.timeout ??= timeout;
      header.many ||= word.image === "many";
    });
  });

  readonly #seconds: ParserMethod<[], Expression> = this.RULE("seconds", () => {
    this.CONSUME(t.LeftParen);
    const seconds = this.SUBRULE(this.#expression);
    this.CONSUME(t.RightParen);
    return seconds;
  });

  readonly #rule: ParserMethod<[], Rule | Fact | Signature> = this.RULE("rule", () => {
    const first = this.LA(1) as Token;
    const label = this.OPTION({
      GATE: () => ahead.startsLabel(this.#peek),
      DEF: () => this.SUBRULE(this.#label),
    });
    const isDelete = this.OPTION1({ GATE: () => ahead.startsDelete(this.#peek), DEF: () => this.CONSUME(t.Name) });
    const head = this.SUBRULE(this.#atom, { ARGS: ["head"] });
    const body = this.SUBRULE(this.#ending, { ARGS: [isDelete !== undefined] });
    const span = this.#spanFrom(first);
    return this.ACTION(() =>
      body === undefined
        ? statementOfAtom(label, head, span)
        : { kind: "rule", label, isDelete: isDelete !== undefined, head, body, span },
    );
  });

  readonly #label: ParserMethod<[], Name> = this.RULE("label", () => {
    const token = this.SUBRULE(this.#anyName);
    this.OPTION(() => this.CONSUME(t.Colon));
    return this.#name(token);
  });

  readonly #ending: ParserMethod<[boolean?], Literal[] | undefined> = this.RULE("ending", (isDelete?: boolean) =>
    this.OR<Literal[] | undefined>([
      { ALT: () => this.SUBRULE(this.#body) },
      {
        GATE: () => isDelete !== true,
        ALT: () => {
          this.CONSUME(t.Dot);
          return undefined;
        },
      },
    ]),
  );

  readonly #body: ParserMethod<[], Literal[]> = this.RULE("body", () => {
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

  readonly #literal: ParserMethod<[], Literal> = this.RULE("literal", () =>
    this.OR<Literal>([
      { GATE: () => ahead.startsNegation(this.#peek), ALT: () => this.SUBRULE(this.#negation) },
      { GATE: () => ahead.startsFailure(this.#peek), ALT: () => this.SUBRULE(this.#failure) },
      { GATE: () => ahead.isPredicate(this.#peek, 1), ALT: () => this.SUBRULE(this.#predicate) },
      { ALT: () => this.SUBRULE(this.#statementOfValues) },
    ]),
  );

  readonly #negation: ParserMethod<[], PredicateLiteral> = this.RULE("negation", () => {
    const first = this.LA(1) as Token;
    this.OR([{ ALT: () => this.CONSUME(t.Bang) }, { ALT: () => this.CONSUME(t.Name) }]);
    const atom = this.SUBRULE(this.#atom, { ARGS: ["body"] });
    return this.#predicateLiteral(first, atom, { negated: true });
  });

  readonly #failure: ParserMethod<[], PredicateLiteral> = this.RULE("failure", () => {
    const name = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.Bang);
    this.#word("fail", "`fail`");
    const args = this.SUBRULE(this.#arguments, { ARGS: ["body"] });
    const atom = this.#atomOf(name, undefined, args);
    return this.#predicateLiteral(name, atom, { isFailure: true });
  });

  readonly #predicate: ParserMethod<[], PredicateLiteral> = this.RULE("predicate", () => {
    const first = this.LA(1) as Token;
    const atom = this.SUBRULE(this.#atom, { ARGS: ["body"] });
    const timeout = this.OPTION({
      GATE: () => ahead.isWord(this.#peek, 1, "timeout") && ahead.startsCall(this.#peek),
      DEF: () => {
        this.CONSUME(t.Name);
        return this.SUBRULE(this.#seconds);
      },
    });
    return this.#predicateLiteral(first, atom, { timeout });
  });

  /** `Var := value`, `X <- List`, or a condition. */
  readonly #statementOfValues: ParserMethod<[], Literal> = this.RULE("values", () => {
    const first = this.LA(1) as Token;
    const left = this.SUBRULE(this.#expression);
    const assigned = this.OPTION({
      GATE: () => left.kind === "variable",
      DEF: () => {
        this.CONSUME(t.Assign);
        return this.SUBRULE1(this.#expression);
      },
    });
    const list = this.OPTION1(() => {
      this.CONSUME(t.LeftArrow);
      return this.SUBRULE2(this.#expression);
    });
    const span = this.#spanFrom(first);
    return this.ACTION(() => {
      if (assigned !== undefined && left.kind === "variable") return { kind: "assign", target: left, value: assigned, span };
      if (list === undefined) return { kind: "condition", test: this.#checkedCondition(left), span };
      return { kind: "member", pattern: this.#checkedPattern(left), list, span };
    });
  });

  readonly #atom: ParserMethod<[Place?], Atom> = this.RULE("atom", (place?: Place) => {
    const name = this.CONSUME(t.Name) as Token;
    const location = this.OPTION(() => this.SUBRULE(this.#at));
    const args = this.SUBRULE(this.#arguments, { ARGS: [place] });
    return this.#atomOf(name, location, args);
  });

  readonly #arguments: ParserMethod<[Place?], PlacedArgument[]> = this.RULE("arguments", (place?: Place) => {
    const args: PlacedArgument[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.#argument, { ARGS: [place] })) });
    this.CONSUME(t.RightParen);
    return args;
  });

  readonly #argument: ParserMethod<[Place?], PlacedArgument> = this.RULE("argument", (place?: Place) =>
    this.OR<PlacedArgument>([
      { ALT: () => ({ argument: this.SUBRULE(this.#at), isLocation: true }) },
      { ALT: () => this.SUBRULE(this.#returned, { ARGS: [place] }) },
      {
        GATE: () => ahead.startsAggregate(this.#peek, place === "head"),
        ALT: () => this.SUBRULE(this.#aggregate, { ARGS: [place] }),
      },
      { ALT: () => ({ argument: this.SUBRULE(this.#expression), isLocation: false }) },
    ]),
  );

  readonly #returned: ParserMethod<[Place?], PlacedArgument> = this.RULE("returned", (place?: Place) => {
    const first = this.CONSUME(t.Ampersand) as Token;
    const name = this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.Variable).image },
        {
          ALT: () => {
            this.CONSUME(t.Wildcard);
            return undefined;
          },
        },
      ],
      ERR_MSG: "a variable or `_`",
    });
    const span = this.#spanFrom(first);
    if (place === "head") this.#complain(report("E0145", span, { argument: `&${name ?? "_"}` }));
    return { argument: { kind: "return", name, span }, isLocation: false };
  });

  readonly #aggregate: ParserMethod<[Place?], PlacedArgument> = this.RULE("aggregate", (place?: Place) => {
    const name = this.SUBRULE(this.#anyName);
    this.CONSUME(t.Less);
    let isLocation = false;
    const operand = this.OR<Expression | undefined>([
      {
        ALT: () => {
          this.CONSUME(t.Star);
          return undefined;
        },
      },
      {
        ALT: () => {
          isLocation = true;
          return this.SUBRULE(this.#at);
        },
      },
      { ALT: () => this.SUBRULE(this.#operation, { ARGS: [precedence("+")] }) },
    ]);
    this.CONSUME(t.Greater);
    const span = this.#spanFrom(name);
    return this.ACTION(() => {
      if (place === "body") this.#complain(report("E0144", span, { aggregate: name.image }));
      const argument: Aggregate = { kind: "aggregate", function: aggregateNamed(name.image) ?? "min", operand, span };
      return { argument, isLocation };
    });
  });

  readonly #at: ParserMethod<[], Expression> = this.RULE("at", () => {
    this.CONSUME(t.At);
    return this.SUBRULE(this.#place);
  });

  readonly #place: ParserMethod<[], Expression> = this.RULE("place", () =>
    this.OR<Expression>([
      { GATE: () => this.#startsAddress(), ALT: () => this.SUBRULE(this.#address, { ARGS: [true] }) },
      { ALT: () => this.SUBRULE(this.#simple) },
    ]),
  );

  readonly #expression: ParserMethod<[], Expression> = this.RULE("expression", () => {
    this.#enter();
    const test = this.SUBRULE(this.#operation);
    const branches = this.OPTION(() => this.SUBRULE(this.#branches));
    this.#depth -= 1;
    if (branches === undefined) return test;
    return this.ACTION(() => ({ kind: "conditional", test, ...branches, span: joined(test, branches.no) }));
  });

  readonly #branches: ParserMethod<[], { yes: Expression; no: Expression }> = this.RULE("branches", () => {
    this.CONSUME(t.Question);
    const outside = this.#beforeColon;
    this.#beforeColon = true;
    const yes = this.SUBRULE(this.#expression);
    this.#beforeColon = outside;
    this.CONSUME(t.Colon);
    return { yes, no: this.SUBRULE1(this.#expression) };
  });

  /** Operands between binary operators, of those that bind at least as tightly as `loosest`. */
  readonly #operation: ParserMethod<[number?], Expression> = this.RULE("operation", (loosest?: number) => {
    const first = this.SUBRULE(this.#unary);
    const links: Link[] = [];
    this.MANY({
      GATE: () => this.#goesOn(loosest ?? 0),
      DEF: () => links.push(this.SUBRULE(this.#link)),
    });
    if (links.length === 0) return first;
    return this.ACTION(() => this.#grouped(first, links));
  });

  readonly #link: ParserMethod<[], Link> = this.RULE("link", () => {
    this.#countOperator();
    return this.OR<Link>([
      {
        ALT: () => {
          const operator = this.CONSUME(t.BinaryOperator).image;
          const right = this.SUBRULE(this.#unary);
          return { operator: (operator === "<>" ? "!=" : operator) as BinaryOperator, right };
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Name);
          return { operator: "in", bounds: this.SUBRULE(this.#bounds) };
        },
      },
    ]);
  });

  readonly #bounds: ParserMethod<[], Bounds> = this.RULE("bounds", () => {
    const first = this.LA(1) as Token;
    const includesLow = this.SUBRULE(this.#opening);
    const low = this.SUBRULE(this.#expression);
    this.CONSUME(t.Comma);
    const high = this.SUBRULE1(this.#expression);
    const includesHigh = this.SUBRULE(this.#closing);
    return { low, high, includesLow, includesHigh, span: this.#spanFrom(first) };
  });

  readonly #opening: ParserMethod<[], boolean> = this.RULE(
    "opening",
    () =>
      this.OR([{ ALT: () => this.CONSUME(t.LeftBracket) }, { ALT: () => this.CONSUME(t.LeftParen) }]).tokenType ===
      t.LeftBracket,
  );

  readonly #closing: ParserMethod<[], boolean> = this.RULE(
    "closing",
    () =>
      this.OR([{ ALT: () => this.CONSUME(t.RightBracket) }, { ALT: () => this.CONSUME(t.RightParen) }]).tokenType ===
      t.RightBracket,
  );

  readonly #unary: ParserMethod<[], Expression> = this.RULE("unary", () =>
    this.OR<Expression>([
      { ALT: () => this.SUBRULE(this.#prefixed) },
      { ALT: () => this.SUBRULE(this.#primary) },
    ]),
  );

  readonly #prefixed: ParserMethod<[], Expression> = this.RULE("prefixed", () => {
    this.#enter();
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Minus) },
      { ALT: () => this.CONSUME(t.Bang) },
      { ALT: () => this.CONSUME(t.Tilde) },
    ]) as Token;
    const operand = this.SUBRULE(this.#unary);
    this.#depth -= 1;
    const span = this.#spanFrom(token);
    return this.ACTION(() => {
      const operator = token.image as UnaryOperator;
      if (operator === "-" && literals.isNumber(operand)) return literals.negated(token, operand);
      return { kind: "unary", operator, operand, span };
    });
  });

  readonly #primary: ParserMethod<[], Expression> = this.RULE("primary", () =>
    this.OR<Expression>([
      { GATE: () => this.#startsAddress(), ALT: () => this.SUBRULE(this.#address, { ARGS: [false] }) },
      { GATE: () => ahead.startsCall(this.#peek), ALT: () => this.SUBRULE(this.#call) },
      { ALT: () => this.SUBRULE(this.#simple) },
      { ALT: () => this.SUBRULE(this.#list) },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen);
          const inner = this.SUBRULE(this.#expression);
          this.CONSUME(t.RightParen);
          return inner;
        },
      },
    ]),
  );

  readonly #call: ParserMethod<[], FunctionCall> = this.RULE("call", () => {
    const name = this.CONSUME(t.Name) as Token;
    const args: Expression[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.#expression)) });
    this.CONSUME(t.RightParen);
    return { kind: "call", name: this.#name(name), args, span: this.#spanFrom(name) };
  });

  readonly #list: ParserMethod<[], ListExpression> = this.RULE("list", () => {
    const first = this.CONSUME(t.LeftBracket) as Token;
    const items: Expression[] = [];
    this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.#expression)) });
    this.CONSUME(t.RightBracket);
    return { kind: "list", items, span: this.#spanFrom(first) };
  });

  /** In a location a bracket after a name begins the predicate's arguments, not those of a call. */
  readonly #address: ParserMethod<[boolean?], AddressExpression> = this.RULE("address", (inLocation?: boolean) => {
    this.#enter();
    const overlay = this.SUBRULE(this.#anyName);
    const isOld = this.OR([
      {
        ALT: () => {
          this.CONSUME(t.DoubleColon);
          return false;
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Colon);
          return true;
        },
      },
    ]);
    const { node, options } = this.SUBRULE(this.#node, { ARGS: [inLocation] });
    this.#depth -= 1;
    const name = { text: overlay.image.toLowerCase(), span: spanOf(overlay) };
    if (isOld) this.#complain(report("W0105", name.span, { overlay: name.text }));
    return { kind: "address", overlay: name, node, options, span: this.#spanFrom(overlay) };
  });

  readonly #node: ParserMethod<[boolean?], Node> = this.RULE("node", (inLocation?: boolean) =>
    this.OR<Node>([
      {
        GATE: () => this.#startsAddress(),
        ALT: () => ({ node: this.SUBRULE(this.#address, { ARGS: [inLocation] }), options: [] }),
      },
      {
        GATE: () => inLocation !== true && ahead.startsCall(this.#peek),
        ALT: () => ({ node: this.SUBRULE(this.#call), options: [] }),
      },
      { ALT: () => ({ node: this.SUBRULE(this.#simple), options: [] }) },
      { ALT: () => ({ node: this.SUBRULE(this.#list), options: [] }) },
      { ALT: () => this.SUBRULE(this.#nodeWithOptions) },
    ]),
  );

  readonly #nodeWithOptions: ParserMethod<[], Node> = this.RULE("nodeWithOptions", () => {
    const options: Expression[] = [];
    this.CONSUME(t.LeftParen);
    const node = this.SUBRULE(this.#expression);
    this.MANY(() => {
      this.CONSUME(t.Comma);
      options.push(this.SUBRULE1(this.#expression));
    });
    this.CONSUME(t.RightParen);
    return { node, options };
  });

  /** One token that is a value. */
  readonly #simple: ParserMethod<[], Expression> = this.RULE("simple", () =>
    this.OR<Expression>([
      { ALT: () => this.#variable(this.CONSUME(t.Variable)) },
      { ALT: () => ({ kind: "wildcard", span: spanOf(this.CONSUME(t.Wildcard) as Token) }) },
      { ALT: () => this.#literalOf(this.CONSUME(t.NumberLiteral), literals.readNumber) },
      { ALT: () => this.#literalOf(this.CONSUME(t.StringLiteral), literals.readString) },
      { ALT: () => this.#literalOf(this.CONSUME(t.BytesLiteral), literals.readBytes) },
      { ALT: () => literals.readWord(this.CONSUME(t.Name) as Token) },
    ]),
  );

  readonly #anyName: ParserMethod<[], Token> = this.RULE(
    "anyName",
    () => this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Variable) }]) as Token,
  );

  /** The statements up to the end of the text, or, of the view that `def` begins, up to its `}`. */
  #statements(def: Token | undefined): Statement[] {
    const statements: Statement[] = [];
    if (this.RECORDING_PHASE) {
      this.MANY(() => this.SUBRULE(this.#statement));
      return statements;
    }
    while (!this.#atEnd(def) && !this.#complaintsFull()) {
      const statement = this.#statementOrNothing(def);
      if (statement !== undefined) statements.push(statement);
    }
    return statements;
  }

  #atEnd(def: Token | undefined): boolean {
    const next = this.LA(1) as Token;
    if (next.tokenType === EOF) return true;
    if (def === undefined) return false;
    // What can stand in no view, and is not indented more than the view: its `}` was forgotten.
    return (
      next.tokenType === t.RightBrace ||
      (next.opensLine && next.column <= def.column && ahead.startsTopStatement(this.#peek))
    );
  }

  #statementOrNothing(def: Token | undefined): Statement | undefined {
    const first = this.LA(1) as Token;
    const depth = this.#depth;
    try {
      return this.SUBRULE(this.#statement);
    } catch (error: unknown) {
      this.#explain(error);
      this.#depth = depth;
      this.#beforeColon = false;
      this.#skipStatement(first, def !== undefined);
      return undefined;
    }
  }

  #explain(error: unknown): void {
    if (error instanceof Refusal) return;
    if (!(error instanceof Error) || !isRecognitionException(error)) throw error;
    // A token that can stand nowhere was complained of when it was read.
    if (tokenMatcher(this.LA(1), t.Bad)) return;
    const textOf = (span: Span): string => this.#reading?.textOf(span) ?? "";
    this.#complain(syntaxError({ expected: error.message, peek: this.#peek, textOf }));
  }

  /** Goes on behind the statement's `.`, or before what looks like the beginning of the next one. */
  #skipStatement(first: Token, inView: boolean): void {
    let depth = 0;
    if (this.LA(1) === first && (first.tokenType !== t.RightBrace || !inView)) depth = this.#skipToken(depth);
    for (;;) {
      const { tokenType } = this.LA(1);
      if (tokenType === EOF || (depth === 0 && this.#startsAnew(first))) return;
      if (inView && depth === 0 && tokenType === t.RightBrace) return;
      depth = this.#skipToken(depth);
      if (depth === 0 && (tokenType === t.Dot || tokenType === t.RightBrace)) return;
    }
  }

  /** Returns the depth of the braces behind the token. */
  #skipToken(depth: number): number {
    const { tokenType } = this.LA(1);
    this.consumeToken();
    if (tokenType === t.LeftBrace) return depth + 1;
    return tokenType === t.RightBrace ? Math.max(0, depth - 1) : depth;
  }

  /** Whether a statement begins here, although the one that began with `first` has not ended with `.`. */
  #startsAnew(first: Token): boolean {
    const [before, next] = [this.LA(0), this.LA(1) as Token];
    if (!next.opensLine || (next.tokenType !== t.Name && next.tokenType !== t.Variable)) return false;
    if (before.tokenType === t.Comma || before.tokenType === t.Implies) return false;
    return next.column <= first.column || ahead.startsRule(this.#peek);
  }

  #belongsInView(statement: Statement): statement is Rule | Materialize {
    if (statement.kind === "rule" || statement.kind === "materialize") return true;
    this.#complain(report("E0143", statement.span, { what: DESCRIPTIONS[statement.kind] }));
    return false;
  }

  #goesOn(loosest: number): boolean {
    const next = this.LA(1);
    if (ahead.isWord(this.#peek, 1, "in")) return loosest <= precedence("in");
    return tokenMatcher(next, t.BinaryOperator) && precedence(next.image === "<>" ? "!=" : next.image) >= loosest;
  }

  #grouped(first: Expression, links: readonly Link[]): Expression {
    const isFlat = this.#reading?.dialect === "overlog-flat";
    const binds = isFlat ? flat : precedence;
    for (const stretch of shiftMixes(first, links)) this.#warnOfShift(stretch, binds);
    if (!isFlat) this.#checkIntervals(links);
    return grouped(first, links, binds);
  }

  #warnOfShift({ first, links }: Stretch, binds: typeof precedence): void {
    const used = grouped(first, links, binds);
    const read = printGrouped(used);
    const others = [precedence, shiftsFirst].map((other) => printGrouped(grouped(first, links, other)));
    const other = others.find((text) => text !== read) ?? read;
    this.#complain(report("W0102", used.span, { read, other }));
  }

  #checkIntervals(links: readonly Link[]): void {
    links.forEach((link, index) => {
      const next = links[index + 1];
      if (link.operator !== "in" || next === undefined || precedence(next.operator) <= precedence("in")) return;
      this.#complain(report("E0152", link.bounds.span, {}));
    });
  }

  #checkedCondition(test: Expression): Expression {
    if (test.kind === "constant" && typeof test.value === "string" && test.text === test.value) {
      this.#complain(report("E0147", test.span, { name: test.text }));
    }
    return test;
  }

  #checkedPattern(pattern: Expression): Expression {
    if (!isPattern(pattern)) this.#complain(report("E0148", pattern.span, {}));
    return pattern;
  }

  #atomOf(name: Token, location: Expression | undefined, args: readonly PlacedArgument[]): Atom {
    const span = this.#spanFrom(name);
    return this.ACTION(() => {
      const located = args.findIndex((argument) => argument.isLocation);
      const count = args.filter((argument) => argument.isLocation).length + (location === undefined ? 0 : 1);
      if (count > 1) this.#complain(report("E0146", spanOf(name), { name: name.image }));
      return {
        name: this.#name(name),
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
    { negated = false, isFailure = false, timeout = undefined as Expression | undefined },
  ): PredicateLiteral {
    return { kind: "predicate", negated, isFailure, atom, timeout, span: this.#spanFrom(first) };
  }

  #startsAddress(): boolean {
    return ahead.startsAddress(this.#peek) || (!this.#beforeColon && ahead.startsOldAddress(this.#peek));
  }

  /** Takes a name that must be the word, or one of the words. */
  #word(word: string | readonly string[], expected: string): Token {
    const next = this.LA(1);
    const isIt = typeof word === "string" ? next.image === word : word.includes(next.image);
    if (!isIt && !this.RECORDING_PHASE) throw new MismatchedTokenException(expected, next, this.LA(0));
    return this.CONSUME9(t.Name, { ERR_MSG: expected }) as Token;
  }

  #column(token: IToken): KeyColumn {
    return this.ACTION(() => {
      const placed = token as Token;
      return { column: literals.readColumn(placed, this.#complaints()), span: spanOf(placed) };
    });
  }

  #name(token: IToken): Name {
    return { text: token.image, span: spanOf(token as Token) };
  }

  #variable(token: IToken): Variable {
    return { kind: "variable", name: token.image, span: spanOf(token as Token) };
  }

  #literalOf(token: IToken, read: (token: Token, complaints: Complaints) => Constant): Constant {
    return this.ACTION(() => read(token as Token, this.#complaints()));
  }

  #unquoted(token: IToken): string {
    return this.ACTION(() => literals.unquote(token as Token, this.#complaints()));
  }

  #spanFrom(first: Token): Span {
    return spanOf(first, this.LA(0) as Token);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth === 1 || this.RECORDING_PHASE) this.#operators = 0;
    if (this.#depth > DEEPEST && !this.RECORDING_PHASE) this.#refuse(report("E0141", this.#spanHere(), { depth: DEEPEST }));
  }
}
