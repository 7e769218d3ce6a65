/** A message in one sentence, and what to write instead where there is an answer. */
export type Wording = string | { readonly message: string; readonly help: string | undefined };

const MAX_QUOTE_LENGTH = 40;

/**
 * Every diagnostic of the compiler: its code, and its words as a function of the facts. `E` codes are errors, `W` codes
 * warnings. A code keeps its meaning for ever; one that is given up is not used again.
 *
 * 01 the text and its syntax · 02 names, tables and rules · 03 what is asked of a running node
 */
export const MESSAGES = {
  E0101: (f: { readonly text: string }): Wording => ({
    message: `\`${brief(f.text)}\` means nothing here`,
    help: f.text === ";" ? "literals are separated by `,`, and a rule ends with `.`" : undefined,
  }),
  E0102: (): Wording => ({ message: "this string is not closed on its line", help: 'end it with `"`' }),
  E0103: (): Wording => ({ message: "this comment is never closed", help: "end it with `*/`" }),
  E0104: (): Wording => ({ message: "strings stand in double quotes", help: 'write `"..."`' }),
  E0105: (f: { readonly name: string }): Wording => ({
    message: `\`${brief(f.name)}\` is no name: variables begin with an upper-case letter, predicates with a lower-case one`,
    help: "`_` alone is a value that does not matter",
  }),
  E0106: (f: { readonly text: string; readonly units: string }): Wording => ({
    message: `\`${brief(f.text)}\` is no number`,
    help: /^[0-9]+(?:\.[0-9]+){3}$/.test(f.text)
      ? `an IP address is a string: \`"${f.text}"\``
      : `a number may end with one of ${f.units}, an id with \`I\``,
  }),
  E0107: (f: { readonly text: string; readonly isInteger: boolean }): Wording => ({
    message: `\`${brief(f.text)}\` is more than a number can hold`,
    help: f.isInteger ? `whole numbers are exact up to 2^53; write \`${brief(f.text)}I\` for a 160-bit id` : undefined,
  }),
  E0108: (f: { readonly text: string }): Wording => `\`${brief(f.text)}\` is wider than the 160 bits of an id`,
  E0109: (f: { readonly escape: string }): Wording => ({
    message: `\`${f.escape}\` is no escape in a string`,
    help: '\\n \\t \\r \\f \\" \\\\ and \\xHH are',
  }),
  E0110: (f: { readonly text: string }): Wording => ({
    message: `\`${brief(f.text)}\` is not made of pairs of hexadecimal digits`,
    help: 'bytes are written `b"0aff"`',
  }),
  E0111: (f: { readonly mebibytes: number }): Wording => ({
    message: `a program text of more than ${f.mebibytes} MiB is not read`,
    help: "`--limit source=N` raises the limit to N MiB",
  }),
  E0112: (f: { readonly what: string }): Wording => ({
    message: `this file is not UTF-8 text: it contains ${f.what}`,
    help: undefined,
  }),

  E0120: (f: { readonly directive: string; readonly known: readonly string[] }): Wording => ({
    message: `\`${f.directive}\` is no directive`,
    help: `the directives are ${f.known.join(" ")}; a comment begins with //`,
  }),
  E0121: (f: { readonly directive: string; readonly form: string }): Wording => ({
    message: `this \`${f.directive}\` cannot be read`,
    help: `write \`${f.form}\``,
  }),
  E0122: (f: { readonly directive: string }): Wording => `\`${f.directive}\` must be the first thing on its line`,
  E0123: (f: { readonly directive: string }): Wording => `\`${f.directive}\` belongs to no \`#if\` of this file`,
  E0124: (f: { readonly directive: string }): Wording => ({
    message: `\`${f.directive}\` is never closed`,
    help: "end it with `#endif`",
  }),
  E0125: (f: { readonly path: string }): Wording => `there is no file "${f.path}"`,
  E0126: (f: { readonly chain: readonly string[] }): Wording =>
    `the file includes itself: ${f.chain.map((file) => `"${file}"`).join(" includes ")}`,
  E0127: (f: { readonly text: string }): Wording => f.text || "`#error`",
  E0128: (f: { readonly name: string }): Wording => ({
    message: `the macro \`${f.name}\` has parameters, which macros cannot have`,
    help: `put a space after \`${f.name}\` if the bracket belongs to its text`,
  }),
  E0129: (f: { readonly what: string }): Wording => ({
    message: f.what,
    help: f.what.endsWith("files") ? undefined : "`--limit source=N` raises the limit with that of the source",
  }),
  E0130: (f: { readonly name: string; readonly depth: number }): Wording =>
    `the macro \`${f.name}\` leads through more than ${f.depth} others`,
  E0131: (f: { readonly name: string; readonly dialects: readonly string[] }): Wording => ({
    message: `\`${f.name}\` is no dialect`,
    help: `the dialects are ${f.dialects.join(", ")}`,
  }),

  E0140: (f: SyntaxFacts): Wording => ({
    message: `expected ${f.expected}${f.after === undefined ? "" : ` after ${f.after}`}, found ${f.found}`,
    help: f.help,
  }),
  E0141: (f: { readonly depth: number }): Wording => ({
    message: `this nests deeper than ${f.depth} levels`,
    help: "`--limit nesting=N` raises the limit to N levels",
  }),
  E0142: (f: { readonly count: number }): Wording => `an expression has at most ${f.count} operators`,
  E0143: (f: { readonly what: string }): Wording => ({
    message: `${f.what} cannot stand in a view`,
    help: "a view holds rules and `materialize`; is a `}` missing before this?",
  }),
  E0144: (f: { readonly aggregate: string; readonly text: string }): Wording => ({
    message: `the aggregate \`${f.aggregate}\` stands in a body`,
    help: `aggregates stand in the heads of rules: \`head(.., ${brief(f.text)}) :- body.\``,
  }),
  E0145: (f: { readonly argument: string }): Wording => ({
    message: `\`${f.argument}\` stands in a head`,
    help: "`&` marks what a view call in a body returns",
  }),
  E0146: (f: { readonly name: string }): Wording => `\`${f.name}\` has two locations`,
  E0147: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` alone says nothing`,
    help: `a predicate has brackets: \`${f.name}(...)\``,
  }),
  E0148: (): Wording => ({
    message: "only a variable, or a list of them, can stand before `<-`",
    help: "write `X <- List` or `[A, B] <- List`; for a comparison with a negative number put a space: `X < -1`",
  }),
  E0149: (f: { readonly text: string }): Wording => `\`${f.text}\` is no column: columns are counted 1, 2, ...`,
  E0150: (f: { readonly name: string }): Wording => ({
    message: `the input \`${f.name}\` stands after what the view returns`,
    help: "inputs come first, then the arguments with `&`",
  }),
  E0151: (f: { readonly word: string }): Wording => `\`${f.word}\` is said twice`,
  E0152: (): Wording => ({
    message: "an interval has no value to calculate with",
    help: "put the comparison in brackets: `(X in (A,B])`",
  }),
  E0190: (f: { readonly count: number }): Wording => `more than ${f.count} errors; the rest of the text was not read`,

  // 02 names, tables and rules
  E0201: (f: { readonly path: string; readonly reason: string; readonly help: string | undefined }): Wording => ({
    message: `cannot read \`${f.path}\`: ${f.reason}`,
    help: f.help,
  }),
  E0202: (f: { readonly path: string }): Wording => ({
    message: `cannot find \`${f.path}\``,
    help: "a path is taken from the importing file; a bare name may also be a shipped program",
  }),
  E0203: (f: { readonly path: string }): Wording => `\`${f.path}\` imports itself`,
  E0204: (f: { readonly first: string }): Wording => `the file is already that of the overlay \`${f.first}\``,
  E0205: (f: { readonly overlay: string }): Wording => ({
    message: `another file defines the overlay \`${f.overlay}\` too`,
    help: 'give one of them another name: `import "file.mzl" as other`',
  }),
  E0206: (f: { readonly table: string }): Wording => `\`${f.table}\` is declared twice, and differently`,
  E0207: (f: { readonly view: string }): Wording => `the view \`${f.view}\` is defined twice`,
  E0208: (f: { readonly what: string }): Wording => `${f.what} is not supported yet`,
  E0209: (): Wording => ({
    message: "a timeout is a positive number of seconds",
    help: "write it as a constant: `timeout(3)` or `timeout(200ms)`",
  }),
  E0210: (f: { readonly name: string; readonly view: string | undefined }): Wording =>
    f.view === undefined
      ? `\`${f.name}\` is private to a view, and this is outside of one`
      : `\`${f.name}\` is private to the view \`${f.view}\`, and this is outside of it`,
  E0211: (f: {
    readonly what: "lifetime" | "size";
    readonly variable: string | undefined;
    readonly nearest: string | undefined;
  }): Wording => ({
    message: `the ${f.what} of a table is a positive ${f.what === "size" ? "whole number" : "number of seconds"}, or infinity`,
    help: meantHelp(f.nearest) ?? (f.variable === undefined ? undefined : macroHelp(f.variable)),
  }),
  E0212: (f: {
    readonly name: string;
    readonly given: number;
    readonly usual: number;
    readonly form: string | undefined;
  }): Wording => ({
    message: `\`${f.name}\` has ${counted(f.given, "argument")} here and ${f.usual} elsewhere`,
    help: f.form === undefined ? undefined : `elsewhere it is \`${f.form}\``,
  }),
  E0213: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no function \`${f.name}\``,
    help: f.nearest === undefined ? undefined : `did you mean \`${f.nearest}\`?`,
  }),
  E0214: (f: { readonly name: string; readonly expected: string; readonly given: number }): Wording =>
    `\`${f.name}\` takes ${f.expected} argument${f.expected === "1" ? "" : "s"}, not ${f.given}`,
  E0215: (f: { readonly first: string; readonly second: string }): Wording => ({
    message: `a rule has one event, and this one has \`${f.first}\` and \`${f.second}\``,
    help: `keep one of them in a table: \`materialize(${f.second}, lifetime, size, keys(..)).\``,
  }),
  E0216: (f: {
    readonly variable: string;
    readonly where: string;
    readonly rule: string;
    readonly nearest: string | undefined;
  }): Wording => ({
    message: `nothing in rule \`${f.rule}\` gives \`${f.variable}\` a value, and ${f.where} needs one`,
    help:
      meantHelp(f.nearest) ??
      macroHelp(f.variable) ??
      `bind it in the body: as an argument of a predicate, or with \`${f.variable} := ..\``,
  }),
  E0217: (f: { readonly table: string; readonly column: number; readonly arity: number }): Wording =>
    `\`${f.table}\` has ${counted(f.arity, "column")}, so there is no column ${f.column}`,
  E0219: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is an event, and the absence of an event means nothing`,
    help: "only tables can be negated",
  }),
  E0220: (f: { readonly view: string; readonly where: string }): Wording =>
    `the view \`${f.view}\` cannot be called ${f.where}`,
  E0221: (f: {
    readonly name: string;
    readonly expected: string;
    readonly given: number;
    readonly form?: string;
  }): Wording => ({
    message: `\`${f.name}\` takes ${f.expected}, not ${counted(f.given, "argument")}`,
    help: f.form === undefined ? undefined : `call it as \`${f.form}\``,
  }),
  E0222: (f: {
    readonly rule: string;
    readonly view: string;
    readonly argument: string;
    readonly variable: string;
  }): Wording => ({
    message:
      `in rule \`${f.rule}\` the input \`${f.argument}\` of \`${f.view}\` is unbound: ` +
      `\`${f.variable}\` has no value before the call`,
    help: macroHelp(f.variable) ?? `bind \`${f.variable}\` by a literal that stands before the call`,
  }),
  E0223: (f: { readonly what: string }): Wording => `${f.what} cannot stand here`,
  E0224: (): Wording => "nothing can make this rule run: its body has no predicate that is not negated",
  E0225: (f: { readonly variable: string; readonly event: string }): Wording => ({
    message: `the aggregate has one result for each \`${f.event}\`, so \`${f.variable}\` must come from that event`,
    help: `carry \`${f.variable}\` in \`${f.event}\`, or aggregate in a rule over tables`,
  }),
  E0226: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no view \`${f.name}\` that could fail`,
    help: meantHelp(f.nearest),
  }),
  E0227: (f: { readonly name: string }): Wording => `a fact of \`${f.name}\` has constant arguments only`,
  E0228: (f: { readonly table: string; readonly cycle: string }): Wording => ({
    message: `what is in \`${f.table}\` would depend on what is not in it: ${f.cycle}`,
    help: "break the circle: let one of these rules be run by an event, or take the negation or aggregate out of it",
  }),
  E0229: (): Wording => ({
    message: "the columns outside the key come from the winning row, so the head needs exactly one `min` or `max`",
    help: "name every plain column in the table's keys(..), or use `min` or `max`",
  }),
  E0230: (f: { readonly name: string; readonly nearest: string }): Wording => ({
    message: `nothing declares or raises \`${f.name}\``,
    help: `did you mean \`${f.nearest}\`? If it comes from outside, say so: \`accept ${f.name}(..).\``,
  }),
  E0231: (f: { readonly name: string }): Wording => `\`${f.name}\` cannot be the head of a rule`,
  E0232: (f: { readonly name: string }): Wording => `\`${f.name}\` is no table, so nothing can be deleted from it`,
  E0233: (f: { readonly name: string }): Wording => `\`${f.name}\` is no view, so it has no timeout`,
  E0234: (): Wording => ({
    message: "`_` in a head has no value",
    help: "only `tun` leaves a field alone that is `_`",
  }),
  E0235: (f: { readonly variable: string | undefined; readonly nearest: string | undefined }): Wording => ({
    message: "the interval, count, delay and jitter of `periodic` are constants, and not negative",
    help: meantHelp(f.nearest) ?? (f.variable === undefined ? undefined : macroHelp(f.variable)),
  }),
  E0236: (f: { readonly one: string; readonly other: string }): Wording => ({
    message: `\`${f.one}\` and \`${f.other}\` would look alike in a datagram`,
    help: "rename one of them",
  }),
  E0237: (): Wording => ({
    message: "an interval of 0 needs a count",
    help: "`periodic(E, 0, 1)` fires once at the start",
  }),
  E0238: (f: { readonly table: string }): Wording => ({
    message: `rules define \`${f.table}\`, and its rows have no key`,
    help: "name the columns that identify a row: `keys(1)`",
  }),

  E0240: (f: { readonly name: string }): Wording => ({
    message: `there is no type \`${f.name}\``,
    help: "the types are any null bool number string id addr bytes list tuple",
  }),
  E0241: (): Wording => ({
    message: "nothing before this call can make the rule run",
    help: "the event of a rule, or a table whose rows start it, stands before the first call",
  }),
  E0243: (f: { readonly rule: string; readonly predicate: string; readonly variable: string }): Wording => ({
    message: `rule \`${f.rule}\` cannot go where \`${f.predicate}\` is: nothing before it gives \`${f.variable}\` a value`,
    help: `bind \`${f.variable}\` by a literal at a place that the rule has been to`,
  }),
  E0244: (f: { readonly rule: string }): Wording => ({
    message: `the aggregate of rule \`${f.rule}\` has one result an event, and what it is over lies at several places`,
    help: "go to one place with the event alone, or aggregate in a rule over tables",
  }),
  E0245: (f: { readonly view: string }): Wording => ({
    message: `nothing in the body says which invocation of \`${f.view}\` this is for`,
    help: "begin with `this.init(..)`, or with what rules of the view make of it",
  }),
  E0246: (f: { readonly table: string }): Wording => ({
    message: `the rows of \`${f.table}\` are for a place in an overlay, and what a rule defines is kept at places of the IP network only`,
    help: "send them by a rule with an event, or name the node by `host:port`",
  }),
  E0247: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no view \`${f.name}\` to call`,
    help:
      f.nearest === undefined
        ? 'import the file that defines it: `import "file.mzl".`'
        : `did you mean \`${f.nearest}\`?`,
  }),
  E0242: (f: { readonly path: string }): Wording => ({
    message: `\`${f.path}\` defines no overlay, so it cannot be imported under another name`,
    help: "leave out `as`: its names are shared as they are",
  }),
  E0239: (f: {
    readonly name: string;
    readonly column: number;
    readonly declared: string;
    readonly found: string;
  }): Wording =>
    `column ${f.column} of \`${f.name}\` is declared ${f.declared}, and the program puts a ${f.found} there`,

  E0260: (f: { readonly stage: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no stage \`${f.stage}\``,
    help: f.nearest === undefined ? "stages come with --plugin" : `did you mean \`${f.nearest}\`?`,
  }),
  E0261: (f: { readonly predicate: string }): Wording => ({
    message: `no rule of this file names \`${f.predicate}\`, so nothing says how many arguments it has`,
    help: undefined,
  }),
  E0262: (f: { readonly rules: number }): Wording => ({
    message: `a program of more than ${f.rules} rules is not read`,
    help: "`--limit rules=N` raises the limit to N rules",
  }),
  W0221: (f: { readonly name: string; readonly nearest: string }): Wording => ({
    message: `only the network can raise \`${f.name}\`: nothing here does`,
    help: `did you mean \`${f.nearest}\`?`,
  }),
  W0222: (f: { readonly label: string; readonly name: string }): Wording => ({
    message: `the label \`${f.label}\` is used again; messages call this rule \`${f.name}\``,
    help: "give each rule a label of its own",
  }),
  W0223: (): Wording => ({
    message: "a number is no place, so nothing ever arrives there",
    help: 'a place is an address, as `"10.0.0.2:10000"`',
  }),
  W0224: (f: { readonly variable: string; readonly rule: string }): Wording => ({
    message: `\`${f.variable}\` stands once in rule \`${f.rule}\``,
    help: `write \`_\` if its value does not matter`,
  }),
  W0225: (f: { readonly table: string; readonly lifetime: number; readonly seconds: number }): Wording => ({
    message: `rows of \`${f.table}\` live ${f.lifetime} s, and are said again every ${f.seconds} s only`,
    help: "let them live for several rounds, so that one lost message does not end them",
  }),
  W0226: (f: {
    readonly name: string;
    readonly column: number;
    readonly kind: string;
    readonly other: string;
  }): Wording => ({
    message: `this puts a ${f.kind} into column ${f.column} of \`${f.name}\`, another rule a ${f.other}`,
    help: "if both are meant, declare the types of its columns: `p(any, ..).`",
  }),
  W0227: (f: { readonly name: string }): Wording => `no rule or fact speaks of the table \`${f.name}\``,
  W0228: (f: { readonly name: string; readonly nearest: string }): Wording => ({
    message: `nothing hears \`${f.name}\`, and nothing fills \`${f.nearest}\``,
    help: `did you mean \`${f.nearest}\`?`,
  }),
  W0229: (f: { readonly word: string; readonly meant: string }): Wording => ({
    message: `\`${f.word}\` is the text "${f.word}" here`,
    help: `did you mean \`${f.meant}\`? If not, write it in quotes: \`"${f.word}"\``,
  }),
  W0220: (f: { readonly table: string; readonly column: number; readonly arity: number }): Wording =>
    `\`${f.table}\` has ${counted(f.arity, "column")}, so the key has no column ${f.column}`,
  E0301: (f: { readonly name: string; readonly nearest: string | undefined; readonly known: string }): Wording => ({
    message: `the node has no table \`${f.name}\``,
    help: f.nearest === undefined ? f.known : `did you mean \`${f.nearest}\`?`,
  }),
  E0302: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is an event: nothing of it stays to be asked for`,
    help: `\`mosaic trace NODE ${f.name}\` shows it when it happens`,
  }),
  E0303: (f: { readonly what: string }): Wording => ({
    message: `this is not ${f.what}`,
    help: "a name is a table's; a rule body is as `ron.RT(To, Next, Cost), Cost > 0.1`",
  }),
  E0304: (f: { readonly name: string; readonly nearest: string | undefined; readonly known: string }): Wording => ({
    message: `the node knows no \`${f.name}\``,
    help: f.nearest === undefined ? f.known : `did you mean \`${f.nearest}\`?`,
  }),
  E0305: (f: { readonly name: string; readonly column: number; readonly expected: string }): Wording =>
    `column ${f.column} of \`${f.name}\` holds ${f.expected}`,
  E0306: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` holds what its rules derive, nothing else`,
    help: "insert or delete what the rules derive it from",
  }),
  E0307: (f: { readonly location: string }): Wording => ({
    message: `nothing can be sent to \`${f.location}\``,
    help: 'a place is as "10.0.0.2:10000", or as ron::"10.0.0.2:10000" where the node runs the overlay',
  }),

  W0230: (f: { readonly table: string }): Wording => ({
    message: `\`${f.table}\` is a min or max over itself, and a better value may lead to a worse one`,
    help: "such rules can go round without end; a cost that is only added to and bounded from above is safe",
  }),
  W0202: (f: { readonly overlay: string }): Wording =>
    `no loaded file defines the overlay \`${f.overlay}\`: what is sent there is dropped`,
  W0203: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `no file of the program speaks of \`${f.name}\`, so -D ${f.name} has no effect`,
    help: f.nearest === undefined ? undefined : `did you mean \`${f.nearest}\`?`,
  }),
  W0201: (f: { readonly name: string }): Wording => `nothing hears \`${f.name}\`, so this fact has no effect`,

  W0101: (): Wording => ({
    message: "this comment contains another `/*`: what stands between them is a comment too",
    help: "comments do not nest; close the first one with `*/` before the second begins",
  }),
  W0102: (f: { readonly read: string; readonly other: string }): Wording => ({
    message: `a shift is mixed with + or - here; this is read as \`${f.read}\`, not as \`${f.other}\``,
    help: "put brackets around the part that is meant to come first",
  }),
  W0103: (f: { readonly name: string }): Wording => `\`${f.name}\` is defined again, with another text`,
  W0104: (f: { readonly text: string }): Wording => ({
    message: `the pragma \`${f.text}\` is not known and has no effect`,
    help: "`#pragma dialect NAME` is",
  }),
  W0105: (f: { readonly overlay: string }): Wording => ({
    message: `an address is written with \`::\`; this is read as \`${f.overlay}::[...]\``,
    help: undefined,
  }),
};

/** What the parser wanted at a place, what it found there, and after what. */
interface SyntaxFacts {
  readonly expected: string;
  readonly after: string | undefined;
  readonly found: string;
  readonly help: string | undefined;
}

/** What the user wrote may be of any length. */
function brief(text: string): string {
  return text.length > MAX_QUOTE_LENGTH ? `${text.slice(0, MAX_QUOTE_LENGTH - 2)}..` : text;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function meantHelp(nearest: string | undefined): string | undefined {
  return nearest === undefined ? undefined : `did you mean \`${nearest}\`?`;
}

/** Names in all capitals are most often macros that nobody has defined. */
function macroHelp(variable: string): string | undefined {
  if (!/^[A-Z][A-Z0-9_]{2,}$/.test(variable)) return undefined;
  return `if \`${variable}\` is a macro, define it: \`#define ${variable} value\`, or -D ${variable}=value`;
}
