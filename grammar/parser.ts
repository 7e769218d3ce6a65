/*
 * Last part of the parser: declarations, views, and the loop over statements with its error recovery. parse.ts calls
 * parseTokens() with the preprocessed tokens and gets the statements of the syntax tree. RuleParser reads rules, and
 * ExpressionParser reads expressions.
 *
 * Recovery from a syntax error reports it (syntax-error.ts), notes the name that the statement seems to define (unparsed.ts),
 * and skips to the next statement.
 */
import { EOF, type IOrAlt, isRecognitionException, type IToken, tokenMatcher } from "chevrotain";
import type {
  AcceptDeclaration,
  AcceptedType,
  Evict,
  Expression,
  ImportDeclaration,
  KeyColumn,
  Materialize,
  OverlayDeclaration,
  Rule,
  Statement,
  ViewDefinition,
  Watch,
} from "./ast.ts";
import { EMPTY_CONTEXT, type ParserContext, StatementAbandoned } from "./expression-parser.ts";
import * as literals from "./literals.ts";
import * as ahead from "./lookahead.ts";
import { refusedConstruct } from "./refused-overlog.ts";
import { report } from "./report.ts";
import { RuleParser } from "./rule-parser.ts";
import type { Name } from "./span.ts";
import type { Header } from "./statement-shape.ts";
import * as shape from "./statement-shape.ts";
import { syntaxError } from "./syntax-error.ts";
import * as t from "./tokens.ts";
import { spanOf, type Token } from "./tokens.ts";
import { unparsedStatement } from "./unparsed.ts";

type Without<Type, Keys extends string> = Type extends unknown ? Omit<Type, Keys> : never;

/** The part of a type behind its name. */
type TypeForm = Without<AcceptedType, "name" | "span">;

let parser: Parser | undefined;

/** Parses the statements of a program. A statement with a syntax error is reported and left out. */
export function parseTokens(tokens: readonly Token[], context: ParserContext): readonly Statement[] {
  parser ??= new Parser();
  return parser.read([...tokens], context);
}

class Parser extends RuleParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  read(tokens: Token[], context: ParserContext): readonly Statement[] {
    this.context = context;
    this.input = tokens;
    const statements = this.#program();
    this.input = [];
    this.context = EMPTY_CONTEXT;
    return statements;
  }

  readonly #program = this.RULE("program", (): Statement[] => this.#statements(undefined));

  /** Name that the current declaration declares; undefined until the parser has read the name. */
  #declaredName: string | undefined;

  readonly #kinds: IOrAlt<Statement | undefined>[] = [
    { GATE: () => ahead.startsMaterialize(this.peek), ALT: () => this.SUBRULE(this.#materialize) },
    { GATE: () => ahead.startsWatch(this.peek), ALT: () => this.SUBRULE(this.#watch) },
    { GATE: () => ahead.startsTrace(this.peek), ALT: () => this.SUBRULE(this.#trace) },
    { GATE: () => ahead.startsOverlay(this.peek), ALT: () => this.SUBRULE(this.#overlay) },
    { GATE: () => ahead.startsImport(this.peek), ALT: () => this.SUBRULE(this.#import) },
    { GATE: () => ahead.startsAccept(this.peek), ALT: () => this.SUBRULE(this.#accept) },
    { GATE: () => ahead.startsView(this.peek), ALT: () => this.SUBRULE(this.#view) },
    { ALT: () => this.SUBRULE(this.rule) },
  ];
  readonly #statement = this.RULE("statement", (): Statement | undefined => {
    this.enterLevel();
    this.operators = 0;
    this.#declaredName = undefined;
    const statement = this.OR(this.#kinds);
    this.exitLevel();
    return statement;
  });

  readonly #materialize = this.RULE("materialize", (): Materialize => {
    const first = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.LeftParen);
    const name = this.nameOf(this.SUBRULE(this.predicateName));
    this.#declaredName = name.text;
    this.CONSUME(t.Comma);
    const lifetime = this.SUBRULE(this.expression);
    this.CONSUME1(t.Comma);
    const size = this.SUBRULE1(this.expression);
    const keys = this.SUBRULE(this.#keys);
    const evict = this.OPTION(() => this.SUBRULE(this.#evict));
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Dot);
    return { kind: "materialize", name, lifetime, size, keys, evict, span: this.spanFrom(first) };
  });

  readonly #keys = this.RULE("keys", (): KeyColumn[] => {
    const columns: KeyColumn[] = [];
    this.CONSUME(t.Comma);
    this.keyword("keys", "`keys(..)`");
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.#keyColumn)) });
    this.CONSUME(t.RightParen);
    return columns;
  });

  readonly #keyColumn = this.RULE("keyColumn", (): KeyColumn => {
    const column = this.#column(this.CONSUME(t.NumberLiteral));
    // Older OverLog writes a type after a column. It is ignored, because all types are inferred.
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.CONSUME(t.Name);
    });
    return column;
  });

  readonly #evict = this.RULE("evict", (): Evict => {
    this.CONSUME(t.Comma);
    const first = this.keyword("evict", "`evict`");
    const policy = this.keyword(["max", "min", "fifo"], "`max(column)`, `min(column)` or `fifo`", 9).image;
    if (policy === "fifo") return { policy, span: this.spanFrom(first) };
    const column = this.SUBRULE(this.#evictColumn);
    return { policy: policy === "max" ? "max" : "min", column: column.column, span: this.spanFrom(first) };
  });

  readonly #evictColumn = this.RULE("evictColumn", (): KeyColumn => {
    this.CONSUME(t.LeftParen);
    const column = this.#column(this.CONSUME(t.NumberLiteral));
    this.CONSUME(t.RightParen);
    return column;
  });

  readonly #watch = this.RULE("watch", (): Watch => {
    const first = this.CONSUME(t.Name) as Token;
    this.CONSUME(t.LeftParen);
    const name = this.nameOf(this.SUBRULE(this.predicateName));
    const modes = this.OPTION(() => {
      this.CONSUME(t.Comma);
      return this.#unquoted(this.CONSUME(t.StringLiteral));
    });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Dot);
    return { kind: "watch", name, modes, span: this.spanFrom(first) };
  });

  /** `trace(..)`, by which programs of an older system ask it to log tuples. It is read and ignored. */
  readonly #trace = this.RULE("trace", (): undefined => {
    this.SUBRULE(this.atom, { ARGS: ["head"] });
    this.CONSUME(t.Dot);
    return undefined;
  });

  readonly #overlay = this.RULE("overlay", (): OverlayDeclaration => {
    const first = this.CONSUME(t.Name) as Token;
    const name = this.#overlayName(this.CONSUME1(t.Name, { ERR_MSG: "a name in lower case" }));
    this.OPTION(() => this.CONSUME(t.Dot));
    return { kind: "overlay", name, span: this.spanFrom(first) };
  });

  /** The name of an overlay, which must be in lower case, because addresses may write it in any case. */
  #overlayName(token: IToken): Name {
    const name = this.nameOf(token);
    return this.ACTION(() => {
      if (/[A-Z]/.test(name.text)) this.addDiagnostic(shape.capitalOverlay(name));
      return name;
    });
  }

  readonly #import = this.RULE("import", (): ImportDeclaration => {
    const first = this.CONSUME(t.Name) as Token;
    const path = this.CONSUME(t.StringLiteral) as Token;
    const as = this.OPTION({
      GATE: () => ahead.isWord(this.peek, 1, "as"),
      DEF: () => {
        this.CONSUME1(t.Name);
        return this.#overlayName(this.CONSUME2(t.Name, { ERR_MSG: "a name in lower case" }));
      },
    });
    this.OPTION1(() => this.CONSUME(t.Dot));
    const name = { text: this.#unquoted(path), span: spanOf(path) };
    return { kind: "import", path: name, as, span: this.spanFrom(first) };
  });

  readonly #accept = this.RULE("accept", (): AcceptDeclaration => {
    const first = this.CONSUME(t.Name) as Token;
    const name = this.nameOf(this.SUBRULE(this.predicateName));
    const types = this.SUBRULE(this.#types);
    const right = this.OPTION(() => this.keyword(["insert", "delete"], "`insert`, `delete` or `.`").image);
    const from = this.OPTION1({
      GATE: () => ahead.isWord(this.peek, 1, "from"),
      DEF: () => {
        this.CONSUME1(t.Name);
        return this.nameOf(this.SUBRULE1(this.predicateName));
      },
    });
    const rate = this.OPTION2({
      GATE: () => ahead.isWord(this.peek, 1, "rate"),
      DEF: () => this.SUBRULE(this.#acceptLimit),
    });
    const rows = this.OPTION3({
      GATE: () => ahead.isWord(this.peek, 1, "rows"),
      DEF: () => this.SUBRULE1(this.#acceptLimit),
    });
    const limits = rows === undefined ? "`from`, `rate`, `rows` or `.`" : "`.`";
    this.CONSUME(t.Dot, { ERR_MSG: right === undefined ? "`insert`, `delete` or `.`" : limits });
    const [insert, remove] = [right !== "delete", right !== "insert"];
    return { kind: "accept", name, types, insert, remove, from, rate, rows, span: this.spanFrom(first) };
  });

  readonly #types = this.RULE("types", (): AcceptedType[] => {
    const types: AcceptedType[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => types.push(this.SUBRULE(this.#type)) });
    this.CONSUME(t.RightParen);
    return types;
  });

  readonly #type = this.RULE("type", (): AcceptedType => {
    this.enterLevel();
    const first = this.CONSUME(t.Name, { ERR_MSG: "a type" }) as Token;
    const isList = first.image === "list";
    const form = this.OPTION({
      GATE: () => isList || this.LA(1).tokenType === t.LeftParen,
      DEF: () =>
        this.OR([
          { GATE: () => isList, ALT: () => this.SUBRULE(this.#itemType) },
          { ALT: () => this.SUBRULE(this.#typeBounds) },
          { ALT: () => this.SUBRULE(this.#itemTypes) },
        ]),
    });
    this.exitLevel();
    const span = this.spanFrom(first);
    return this.ACTION(() => ({ name: this.nameOf(first), span, ...(form ?? { kind: "named" }) }));
  });

  readonly #itemType = this.RULE("itemType", (): TypeForm => {
    this.CONSUME(t.LeftParen);
    const item = this.SUBRULE(this.#type);
    this.CONSUME(t.RightParen);
    return { kind: "list", item };
  });

  readonly #itemTypes = this.RULE("itemTypes", (): TypeForm => {
    const items: AcceptedType[] = [];
    this.CONSUME(t.LeftBracket);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.#type)) });
    this.CONSUME(t.RightBracket);
    return { kind: "items", items };
  });

  readonly #typeBounds = this.RULE("typeBounds", (): TypeForm => {
    const bounds: Expression[] = [];
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => bounds.push(this.SUBRULE(this.expression)) });
    this.CONSUME(t.RightParen);
    return { kind: "bounded", bounds };
  });

  /** `rate 10` or `rows 100`. */
  readonly #acceptLimit = this.RULE("acceptLimit", (): Expression => {
    this.CONSUME(t.Name);
    return this.SUBRULE(this.expression);
  });

  readonly #view = this.RULE("view", (): ViewDefinition => {
    const first = this.CONSUME(t.Name) as Token;
    const { name, location, inputs, outputs, timeout, many } = this.SUBRULE(this.#header);
    this.CONSUME(t.LeftBrace);
    const body = this.#statements(first).filter((statement) => this.#belongsInView(statement));
    this.CONSUME(t.RightBrace, { ERR_MSG: "`}`" });
    this.OPTION(() => this.CONSUME(t.Dot));
    return { kind: "view", name, location, inputs, outputs, timeout, many, body, span: this.spanFrom(first) };
  });

  readonly #header = this.RULE("header", (): Header => {
    const name = this.nameOf(this.CONSUME(t.Name, { ERR_MSG: "the view's name" }));
    this.#declaredName = name.text;
    const location = this.OPTION(() => this.SUBRULE(this.location));
    const header: Header = { name, location, inputs: [], outputs: [], timeout: undefined, many: false };
    this.CONSUME(t.LeftParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.#viewArgument, { ARGS: [header] }) });
    this.CONSUME(t.RightParen);
    this.MANY(() => this.SUBRULE(this.#viewOption, { ARGS: [header] }));
    return header;
  });

  readonly #viewArgument = this.RULE("viewArgument", (header?: Header): void => {
    const isOutput = this.OPTION(() => this.CONSUME(t.Ampersand)) !== undefined;
    const token = this.CONSUME(t.Variable, { ERR_MSG: "a variable, or `&` and a variable" }) as Token;
    this.ACTION(() => {
      if (header === undefined) return;
      if (!isOutput && header.outputs.length > 0)
        this.addDiagnostic(report("E0150", spanOf(token), { name: token.image }));
      (isOutput ? header.outputs : header.inputs).push(this.variableOf(token));
    });
  });

  readonly #viewOption = this.RULE("viewOption", (header?: Header): void => {
    const word = this.keyword(["timeout", "many"], "`timeout(seconds)`, `many` or `{`");
    const takesSeconds = word.image === "timeout" || this.RECORDING_PHASE;
    const timeout = takesSeconds ? this.SUBRULE(this.inParentheses) : undefined;
    this.ACTION(() => {
      if (header === undefined) return;
      const isRepeated = word.image === "many" ? header.many : header.timeout !== undefined;
      if (isRepeated) this.addDiagnostic(report("E0151", spanOf(word), { word: word.image }));
      header.timeout ??= timeout;
      header.many ||= word.image === "many";
    });
  });

  /** Reads statements up to the end of the text, or up to the `}` of the view that begins with the token `def`. */
  #statements(def: Token | undefined): Statement[] {
    const statements: Statement[] = [];
    if (this.RECORDING_PHASE) {
      this.MANY(() => this.SUBRULE(this.#statement));
      return statements;
    }
    while (!this.#atEnd(def) && !this.context.diagnostics.isFull) {
      const statement = this.#statementOrRecover(def);
      if (statement !== undefined) statements.push(statement);
    }
    return statements;
  }

  #atEnd(def: Token | undefined): boolean {
    const next = this.LA(1) as Token;
    if (next.tokenType === EOF) return true;
    if (def === undefined) return false;
    // If a statement that is not allowed in a view is indented no more than the view, the `}` of the view is missing.
    return (
      next.tokenType === t.RightBrace ||
      (next.isFirstOnLine && next.column <= def.column && ahead.startsTopStatement(this.peek))
    );
  }

  #statementOrRecover(def: Token | undefined): Statement | undefined {
    const first = this.LA(1) as Token;
    const depth = this.depth;
    try {
      if (def !== undefined && ahead.startsView(this.peek)) this.abandon(shape.notAllowedInView("view", spanOf(first)));
      return this.SUBRULE(this.#statement);
    } catch (error: unknown) {
      this.#reportFailure(error, first);
      this.#noteUnparsed(first);
      this.depth = depth;
      this.beforeColon = false;
      this.barBeginsTail = false;
      this.inHead = false;
      this.#skipStatement(first, def !== undefined);
      return undefined;
    }
  }

  #reportFailure(error: unknown, first: Token): void {
    if (error instanceof StatementAbandoned) return;
    // The call stack overflowed before the nesting limit was reached.
    if (error instanceof RangeError) return this.addDiagnostic(report("E0141", spanOf(first), { depth: this.depth }));
    if (!(error instanceof Error) || !isRecognitionException(error)) throw error;
    // The preprocessor has already reported an invalid token.
    if (tokenMatcher(this.LA(1), t.Bad)) return;
    const refused = refusedConstruct(this.peek, this.context.dialect);
    if (refused !== undefined) return this.addDiagnostic(refused);
    this.addDiagnostic(syntaxError({ expected: error.message, peek: this.peek, textOf: this.context.textOf }));
  }

  /** Skips to the end of the statement: after its `.`, or before a likely beginning of the next one. */
  #skipStatement(first: Token, inView: boolean): void {
    let depth = 0;
    if (this.LA(1) === first && (first.tokenType !== t.RightBrace || !inView)) depth = this.#skipToken(depth);
    for (;;) {
      const { tokenType } = this.LA(1);
      if (tokenType === EOF || (depth === 0 && ahead.startsNextStatement(this.peek, first))) return;
      if (inView && depth === 0 && tokenType === t.RightBrace) return;
      depth = this.#skipToken(depth);
      // A brace inside an argument, as in `p({1, 2}, X)`, does not end the statement.
      if (tokenType === t.RightBrace && [t.Comma, t.RightParen].includes(this.LA(1).tokenType)) continue;
      if (depth === 0 && (tokenType === t.RightBrace || (tokenType === t.Dot && ahead.canResume(this.peek, first))))
        return;
    }
  }

  /** Notes the name that the abandoned statement seems to declare or derive. */
  #noteUnparsed(first: Token): void {
    const [name, role] = unparsedStatement(this.peek, first, this.#declaredName);
    if (role !== undefined) this.context.unparsed.set(name, role);
  }

  /** Skips one token and returns the depth of braces after it. */
  #skipToken(depth: number): number {
    const { tokenType } = this.LA(1);
    this.SKIP_TOKEN();
    if (tokenType === t.LeftBrace) return depth + 1;
    return tokenType === t.RightBrace ? Math.max(0, depth - 1) : depth;
  }

  #belongsInView(statement: Statement): statement is Rule | Materialize {
    if (statement.kind === "rule" || statement.kind === "materialize") return true;
    this.addDiagnostic(shape.notAllowedInView(statement.kind, statement.span));
    return false;
  }

  #column(token: IToken): KeyColumn {
    return this.ACTION(() => {
      const column = token as Token;
      return { column: literals.readColumn(column, this.context.diagnostics), span: spanOf(column) };
    });
  }

  #unquoted(token: IToken): string {
    return this.ACTION(() => literals.unquote(token as Token, this.context.diagnostics));
  }
}
