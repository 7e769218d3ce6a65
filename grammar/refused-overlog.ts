/*
 * Constructs of P2 and RapidNet that are not supported. parser.ts asks after a syntax error whether the parser stopped at one of them, so
 * that the error names the construct (E0270).
 */
import type { Diagnostic } from "./diagnostic.ts";
import { isWord, type Peek } from "./lookahead.ts";
import { report } from "./report.ts";
import type { Dialect } from "./span.ts";
import {
  Comma,
  Directive,
  Greater,
  Implies,
  LeftBrace,
  LeftBracket,
  Less,
  Minus,
  Name,
  Question,
  spanOf,
  Star,
  type Token,
  Variable,
} from "./tokens.ts";

/** An unsupported construct: its first token, counted backwards from the failing token, its name, and what to write instead. */
interface Refusal {
  readonly from: number;
  readonly construct: string;
  readonly instead: string;
}

/** Returns the error about an unsupported construct at the failing token, `peek(1)`. */
export function refusedConstruct(peek: Peek, dialect: Dialect): Diagnostic | undefined {
  const refusal = refusalAt(peek, dialect === "mozlog");
  if (refusal === undefined) return undefined;
  const { from, construct, instead } = refusal;
  return report("E0270", spanOf(peek(1 - from), peek(1)), { construct, instead });
}

/** Returns the construct at the failing token. In Mozlog braces belong to views, so they are no vectors. */
function refusalAt(peek: Peek, isMozlog: boolean): Refusal | undefined {
  const own = isMozlog ? rowEvent(peek) : braced(peek);
  return own ?? bracketed(peek) ?? worded(peek) ?? aggregate(peek);
}

/** `delete t(..)` in a body, where the parser reads `delete` as a condition. */
function rowEvent(peek: Peek): Refusal | undefined {
  const [before, failing] = [peek(0), peek(1)];
  const isWordOfRow = before.image === "delete" || before.image === "insert";
  if (!isWordOfRow || !isName(failing) || ![Comma, Implies].includes(peek(-1).tokenType)) return undefined;
  const event = `${failing.image}_DELTA_${before.image.toUpperCase()}(..)`;
  const instead = `write \`${event}\`, which is raised for each row; a deletion is a rule \`delete ${failing.image}(..) :- body.\``;
  return { from: 1, construct: `${before.image} ${failing.image}(..) in a body`, instead };
}

function braced(peek: Peek): Refusal | undefined {
  const failing = peek(1);
  if (failing.tokenType === LeftBrace && isWord(peek, -1, "namespace")) {
    return { from: 2, construct: "namespace", instead: "write the prefix into each name: `chord_lookup(..)`" };
  }
  if (failing.tokenType === LeftBrace) {
    return { from: 0, construct: "{..}, a vector or matrix", instead: "use a list: `[1, 2]`" };
  }
  return undefined;
}

function bracketed(peek: Peek): Refusal | undefined {
  const [before, failing] = [peek(0), peek(1)];
  if (failing.tokenType === LeftBracket && before.tokenType === Variable) {
    const instead = `use a list, whose items count from 1: \`f_item(${before.image}, 1)\``;
    return { from: 1, construct: `${before.image}[..], an index`, instead };
  }
  if (failing.tokenType === Question && peek(2).tokenType === Minus) {
    return { from: 0, construct: "?-, a query", instead: "ask the running node: `mosaic query NODE 'p(X)'`" };
  }
  return undefined;
}

/** Words that begin a construct, where a name follows. */
const WORDS: Readonly<Record<string, Omit<Refusal, "from">>> = {
  refresh: {
    construct: "refresh t(..)",
    instead: "write a rule over the table, which also runs for refreshed rows of soft state",
  },
  says: { construct: "P says p(..)", instead: "nodes do not authenticate each other: write `p(..)`" },
  range: { construct: "range I in [..]", instead: "take the items of a list: `I <- [1, 2, 3]`" },
};

function isName(token: Token): boolean {
  return token.tokenType === Name || token.tokenType === Variable;
}

function worded(peek: Peek): Refusal | undefined {
  const [before, failing] = [peek(0), peek(1)];
  const first = isName(before) && isName(failing) ? WORDS[before.image] : undefined;
  if (first !== undefined && before.image !== "says") return { from: 1, ...first };
  const says = WORDS["says"];
  if (says === undefined) return undefined;
  // In a head, the parser reads `P` as the label of a rule and `says` as its predicate.
  if (isWord(peek, 0, "says") && isName(failing) && isName(peek(-1))) return { from: 2, ...says };
  return isWord(peek, 1, "says") && isName(before) ? { from: 1, ...says } : undefined;
}

/** `a_NAME<X>` or `a_NAME<*>` with an unknown aggregate. The parser reads it as a comparison. */
function aggregate(peek: Peek): Refusal | undefined {
  const isAggregate = (at: number): boolean => peek(at).tokenType === Name && peek(at).image.startsWith("a_");
  const isStar = peek(1).tokenType === Star && peek(0).tokenType === Less && isAggregate(-1);
  const isClosed = peek(0).tokenType === Greater && peek(-2).tokenType === Less && isAggregate(-3);
  if (!isStar && !isClosed) return undefined;
  const name = peek(isStar ? -1 : -3).image;
  const instead = "the aggregates are min max count countDistinct sum avg list set union";
  return { from: isStar ? 2 : 4, construct: `${name}<..>`, instead };
}

/** Returns the error about `#link(..)`, an NDlog notation in bodies, if the directive has this form. */
export function refusedLink(directive: Token, next: Token | undefined): Diagnostic | undefined {
  const isLink = directive.tokenType === Directive && next?.image === "(" && /^#[a-z]/.test(directive.image);
  if (!isLink) return undefined;
  const name = directive.image.slice(1);
  const facts = { construct: `${directive.image}(..)`, instead: `write \`${name}(..)\`, with one location` };
  return report("E0270", spanOf(directive), facts);
}
