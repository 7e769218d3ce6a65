/*
 * The text of every diagnostic. The compiler's phases call report(), which finds the message here by its code. The command
 * line prints it, and docs/errors has one page per code.
 */
import { kindPhrase } from "./kind-phrase.ts";
import { RULE_MESSAGES } from "./rule-messages.ts";
import { TEXT_MESSAGES } from "./text-messages.ts";
import { TRUST_MESSAGES } from "./trust-messages.ts";
import { brief, type Wording } from "./wording.ts";

/** Messages about programs and requests, by code. */
const PROGRAM_MESSAGES = {
  // 02 names, tables and rules
  E0201: (f: { readonly path: string; readonly reason: string; readonly help: string | undefined }): Wording => ({
    message: `cannot read \`${f.path}\`: ${f.reason}`,
    help: f.help,
  }),
  E0202: (f: { readonly path: string }): Wording => ({
    message: `cannot find \`${f.path}\``,
    help: "a path is relative to the importing file; a name without `/` may also be a shipped program",
  }),
  E0203: (f: { readonly path: string }): Wording => ({
    message: `\`${f.path}\` imports itself`,
    help: "move the shared rules to a third file",
  }),
  E0204: (f: { readonly first: string }): Wording => `this file already declares the overlay \`${f.first}\``,
  E0205: (f: { readonly overlay: string }): Wording => ({
    message: `another file already declares the overlay \`${f.overlay}\``,
    help: 'give one of them another name: `import "file.mzl" as other`',
  }),
  E0206: (f: { readonly table: string }): Wording => ({
    message: `\`${f.table}\` is declared twice with different properties`,
    help: "keep one declaration, or make them equal",
  }),
  E0207: (f: { readonly view: string }): Wording => `the view \`${f.view}\` is defined twice`,
  E0208: (f: { readonly feature: string }): Wording => `not supported yet: ${f.feature}`,
  E0209: (): Wording => ({
    message: "a timeout must be a positive number of seconds",
    help: "write it as a constant: `timeout(3)` or `timeout(200ms)`",
  }),
  E0210: (f: { readonly name: string; readonly view: string | undefined }): Wording =>
    f.view === undefined
      ? `\`${f.name}\` is private to a view and cannot be used outside one`
      : `\`${f.name}\` is private to the view \`${f.view}\` and cannot be used outside it`,
  E0211: (f: {
    readonly property: "lifetime" | "size";
    readonly variable: string | undefined;
    readonly nearest: string | undefined;
  }): Wording => ({
    message: `the ${f.property} of a table must be a positive ${f.property === "size" ? "whole number" : "number of seconds"}, or infinity`,
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
  E0215: (f: { readonly first: string; readonly second: string; readonly stored: string | undefined }): Wording => ({
    message: `a rule can have only one event, and this one has \`${f.first}\` and \`${f.second}\``,
    help:
      f.stored === undefined
        ? "write one rule for each: one of them stores its event in a table, which the other reads"
        : `store one of them in a table: \`materialize(${f.stored}, lifetime, size, keys(..)).\``,
  }),
  E0216: (f: {
    readonly variable: string;
    readonly where: string;
    readonly rule: string;
    readonly nearest: string | undefined;
  }): Wording => ({
    message: `\`${f.variable}\` has no value in rule \`${f.rule}\` but is used in ${f.where}`,
    help:
      meantHelp(f.nearest) ??
      macroHelp(f.variable) ??
      `bind it in the body: as an argument of a predicate, or with \`${f.variable} := ..\``,
  }),
  E0217: (f: { readonly table: string; readonly column: number; readonly arity: number }): Wording =>
    `\`${f.table}\` has ${counted(f.arity, "column")}, so there is no column ${f.column}`,
  E0219: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is an event, and an event cannot be negated`,
    help: `only tables can be negated: declare \`${f.name}\` with \`materialize\``,
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
    help:
      f.variable === "_"
        ? "write a value, or a variable that a literal before the call binds; only `&_` may be ignored"
        : (macroHelp(f.variable) ?? `bind \`${f.variable}\` in a literal before the call`),
  }),
  E0223: (f: { readonly token: string }): Wording => `${f.token} is allowed only in the call of a view`,
  E0224: (): Wording => ({
    message: "this rule never runs: its body has no event and no table that is not negated",
    help: "add an event, such as `periodic(_, 0, 1)`, or a table to the body",
  }),
  E0225: (f: { readonly variable: string; readonly event: string }): Wording => ({
    message: `the aggregate has one result for each \`${f.event}\`, so that event must bind \`${f.variable}\``,
    help: `add \`${f.variable}\` to the arguments of \`${f.event}\`, or aggregate in a rule over tables`,
  }),
  E0226: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no view \`${f.name}\`, so no call of it can fail`,
    help: meantHelp(f.nearest),
  }),
  E0227: (f: { readonly name: string }): Wording => `the arguments of the fact \`${f.name}\` must be constants`,
  E0228: (f: { readonly table: string; readonly cycle: string }): Wording => ({
    message: `\`${f.table}\` depends on its own negation or aggregate: ${f.cycle}`,
    help: "break the cycle: give one of these rules an event, or remove the negation or aggregate",
  }),
  E0229: (): Wording => ({
    message: "columns outside the key come from the winning row, so the head needs exactly one `min` or `max`",
    help: "add every plain column to the table's keys(..), or use `min` or `max`",
  }),
  E0230: (f: { readonly name: string; readonly nearest: string }): Wording => ({
    message: `nothing declares or raises \`${f.name}\``,
    help: `did you mean \`${f.nearest}\`? If it comes from outside the program, declare it: \`accept ${f.name}(..).\``,
  }),
  E0231: (f: { readonly name: string; readonly use: "the head of a rule" | "a fact" | "declared" }): Wording =>
    `\`${f.name}\` cannot be ${f.use}`,
  E0232: (f: { readonly name: string }): Wording => `\`${f.name}\` is not a table, so nothing can be deleted from it`,
  E0233: (f: { readonly name: string }): Wording => `\`${f.name}\` is not a view, so it cannot have a timeout`,
  E0234: (f: { readonly isDelete: boolean }): Wording =>
    f.isDelete
      ? {
          message: "`_` stands in the key of the rows to delete, so it has no value",
          help: "write a value, or a variable that the body binds; only columns outside the key may be `_`",
        }
      : {
          message: "`_` in a head has no value",
          help: "write a value, or a variable that the body binds; only in `tun(..)` and outside the key of `delete` may `_` stand",
        },
  E0235: (f: {
    readonly isCount: boolean;
    readonly variable: string | undefined;
    readonly nearest: string | undefined;
  }): Wording => ({
    message: f.isCount
      ? "the count of `periodic` must be a constant whole number and not negative"
      : "the interval, count, delay and jitter of `periodic` must be constants and not negative",
    help: meantHelp(f.nearest) ?? (f.variable === undefined ? undefined : macroHelp(f.variable)),
  }),
  E0236: (f: { readonly one: string; readonly other: string }): Wording => ({
    message: `\`${f.one}\` and \`${f.other}\` have the same identifier in datagrams`,
    help: "rename one of them",
  }),
  E0237: (): Wording => ({
    message: "an interval of 0 needs a count",
    help: "`periodic(E, 0, 1)` fires once at the start",
  }),
  E0238: (f: { readonly table: string }): Wording => ({
    message: `the derived table \`${f.table}\` has no key`,
    help: "name the columns that identify a row: `keys(1)`",
  }),

  E0240: (f: { readonly name: string }): Wording => ({
    message: `there is no type \`${f.name}\``,
    help: /^(?:int|float)$/.test(f.name)
      ? "whole numbers and fractions have one type: write `number`"
      : "the types are any null bool number string id addr bytes list tuple",
  }),
  E0241: (): Wording => ({
    message: "no event or table before this call can start the rule",
    help: "put the event of the rule, or a table whose rows start it, before the first call",
  }),
  E0243: (f: { readonly rule: string; readonly predicate: string; readonly variable: string }): Wording => ({
    message: `rule \`${f.rule}\` cannot reach the location of \`${f.predicate}\`: no literal before it binds \`${f.variable}\``,
    help: `bind \`${f.variable}\` in a literal at a location that the rule reaches before`,
  }),
  E0244: (f: { readonly rule: string }): Wording => ({
    message: `the aggregate of rule \`${f.rule}\` has one result per event, but its tables are at several locations`,
    help: "read tables at one location that the event determines, or aggregate in a rule over tables",
  }),
  E0245: (f: { readonly view: string }): Wording => ({
    message: `no literal in the body determines the invocation of \`${f.view}\``,
    help: "begin with `this.init(..)`, or with an event or table of the view that its rules derive from it",
  }),
  E0246: (f: { readonly table: string }): Wording => ({
    message: `rows of \`${f.table}\` are at a location in an overlay, but a derived table must be at a location in the IP network`,
    help: "send them by a rule with an event, or address the node as `host:port`",
  }),
  E0247: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no view \`${f.name}\` to call`,
    help:
      f.nearest === undefined
        ? 'import the file that defines it: `import "file.mzl".`'
        : `did you mean \`${f.nearest}\`?`,
  }),
  E0248: (): Wording => ({
    message: "`_` stands for any value, so it has no value in an expression",
    help: "write a variable that a literal of the body binds; `[_, X] <- [List]` takes a list apart",
  }),
  E0249: (f: { readonly variable: string; readonly value: string; readonly usesItself: boolean }): Wording => ({
    message: f.usesItself
      ? `\`${f.variable}\` has one value in a rule, so \`${f.variable} := ${brief(f.value)}\` cannot change it`
      : `\`${f.variable}\` is assigned twice, but a variable has one value in a rule`,
    help: f.usesItself
      ? `assign the new value to another variable: \`${f.variable}2 := ${brief(f.value)}\``
      : `use another variable, or compare: \`${f.variable} == ${brief(f.value)}\``,
  }),
  E0250: (f: UnraisedFacts): Wording => ({
    message: `nothing declares or raises \`${f.name}\`, so its rules never run`,
    help:
      sourceHelp(f) ??
      meantHelp(f.namesake) ??
      `for a table write \`materialize(${f.name}, infinity, infinity, keys(..)).\`, for an event a fact: \`--fact '${f.name}(..)'\``,
  }),
  E0251: (f: { readonly name: string; readonly other: "signature" | "accept" }): Wording => ({
    message:
      f.other === "signature"
        ? `\`${f.name}\` has two signatures with different types`
        : `no value has the types of both this \`accept\` and the signature of \`${f.name}\``,
    help: "keep one declaration, or make them equal",
  }),
  E0242: (f: { readonly path: string }): Wording => ({
    message: `\`${f.path}\` defines no overlay, so it cannot be imported under another name`,
    help: "remove `as`: the names of the file are shared unchanged",
  }),
  E0239: (f: {
    readonly name: string;
    readonly column: number;
    readonly declared: string;
    readonly found: string;
    readonly by: string;
  }): Wording =>
    `column ${f.column} of \`${f.name}\` is declared as ${f.declared}, but ${f.by} gives it a value of type ${f.found}`,

  E0260: (f: { readonly stage: string; readonly nearest: string | undefined }): Wording => ({
    message: `there is no stage \`${f.stage}\``,
    help: f.nearest === undefined ? "load the stage with --plugin" : `did you mean \`${f.nearest}\`?`,
  }),
  E0273: (f: { readonly path: string; readonly stage: string; readonly isRead: boolean }): Wording =>
    f.isRead
      ? `the stage \`${f.stage}\` cannot take the text of \`${f.path}\` alone`
      : {
          message: `the file \`${f.path}\` of this stage cannot be read`,
          help: "name a text file relative to this one",
        },
  E0274: (f: {
    readonly path: string;
    readonly row: number;
    readonly given: number;
    readonly output: string;
    readonly arity: number;
  }): Wording =>
    `row ${f.row} of \`${f.path}\` has ${counted(f.given, "field")}, but \`${f.output}\` has ${counted(f.arity, "column")}`,
  E0270: (f: { readonly construct: string; readonly instead: string }): Wording => ({
    message: `\`${f.construct}\` of OverLog is not supported`,
    help: f.instead,
  }),
  E0271: (): Wording => ({
    message: "`@Broadcast` sends to all neighbours, but no table of neighbours with two columns is declared",
    help: "declare `link(@Node, Neighbour, ..)`, or name another table: `#pragma neighbours TABLE`",
  }),
  E0272: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is an event, so no rows of it are inserted or deleted`,
    help: `declare \`${f.name}\` with \`materialize\`, or use \`${f.name}(..)\` itself`,
  }),
  E0262: (f: { readonly rules: number }): Wording => ({
    message: `the program has more than ${f.rules} rules`,
    help: "`--limit rules=N` raises the limit to N rules",
  }),
  E0263: (f: { readonly depth: number }): Wording => ({
    message: `files import each other through more than ${f.depth} levels`,
    help: "import the files from one file",
  }),
  E0264: (f: {
    readonly text: string;
    readonly operator: string | undefined;
    readonly kinds: readonly string[];
  }): Wording => ({
    message: `\`${brief(f.text)}\` never has a value`,
    help: f.operator === undefined ? TAIL_HELP : helpForOperator(f.operator, f.kinds),
  }),
  E0265: (f: { readonly text: string; readonly expected: string; readonly found: string }): Wording => ({
    message: `\`${brief(f.text)}\` must be of type ${f.expected}, but it is of type ${f.found}`,
    help: undefined,
  }),
  E0266: (f: { readonly text: string; readonly why: string }): Wording => ({
    message: `\`${brief(f.text)}\` is not a location: ${f.why}`,
    help: 'a location is an address with a port, such as `"10.0.0.2:10000"`',
  }),
  E0280: (f: { readonly name: string; readonly why: string }): Wording => ({
    message: `no packet can hold a tuple of \`${f.name}\`, which is ${f.why}`,
    help: "packets hold tuples of the program's own events and tables",
  }),
  E0281: (f: { readonly overlay: string }): Wording => ({
    message:
      f.overlay === "ip"
        ? "addresses of the IP network take no options"
        : `addresses of \`${f.overlay}\` take no options: its \`send\` has no argument for them`,
    help: f.overlay === "ip" ? undefined : `an overlay takes options if its rules read \`send(Node, Options, Packet)\``,
  }),
  E0282: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is reserved for the node: no overlay can have this name`,
    help: "give the overlay another name",
  }),
  E0283: (f: { readonly table: string }): Wording => ({
    message: `\`${f.table}\` is the own address of a node, so no other node can define it`,
    help: "send the address in a tuple of its own, and let a rule of the other node define its `localAddr`",
  }),
  E0284: (f: { readonly table: string; readonly rule: string }): Wording => ({
    message: `rule \`${f.rule}\` defines \`${f.table}\` from tables, so no event and no other node can change it`,
    help: "let the event fill a table, and let a rule over this table define the address",
  }),
  E0290: (): Wording => ({
    message: "`f_seal` chooses another nonce at each call, so it cannot define rows of a derived table",
    help: "seal in a rule with an event",
  }),
  E0294: (): Wording => ({
    message: "an outcome is a variable, `_` or a constant",
    help: "`outcome(Why)` is null after a return, and otherwise the reason of the failure",
  }),
  E0295: (f: { readonly name: string }): Wording => `\`${f.name}\` is not a view, so it cannot have an outcome`,
  E0296: (f: { readonly variable: string }): Wording => ({
    message: `\`${f.variable}\` has a value already, so it cannot be an output of a call with an outcome`,
    help: `give the output a new variable, which is null if the call fails, and compare it afterwards`,
  }),
  E0297: (f: { readonly view: string; readonly called: string }): Wording => ({
    message: `this rule reads failures of calls of one invocation of \`${f.view}\`, but no rule of an invocation calls \`${f.called}\``,
    help: `call \`${f.called}\` in a rule with \`this.init(..)\`, or read all failures in a rule without \`this.\``,
  }),
  W0294: (f: { readonly variable: string; readonly where: string }): Wording => ({
    message: `\`${f.variable}\` is null if the call fails, and the rule uses it as ${f.where} without a test of the outcome`,
    help: "test the outcome with `Why == null`, or write `outcome(null)`",
  }),
  W0280: (f: { readonly name: string }): Wording => ({
    message:
      f.name === "packet"
        ? "`packet` is a predicate of this program, so this rule does not send the tuple in its argument"
        : `\`${f.name}\` is a predicate of this program, which hides the ${hiddenKind(f.name)} \`${f.name}\` of the node`,
    help:
      f.name === "packet"
        ? "to send packets by `packet@To(P)`, give the predicate another name"
        : `to read the ${hiddenKind(f.name)} of the node, give the predicate another name`,
  }),
  W0221: (f: { readonly name: string; readonly nearest: string }): Wording => ({
    message: `no rule of the program raises \`${f.name}\`: only other nodes can raise it`,
    help: `did you mean \`${f.nearest}\`?`,
  }),
  W0222: (f: { readonly label: string; readonly name: string }): Wording => ({
    message: `the label \`${f.label}\` is used twice; messages call this rule \`${f.name}\``,
    help: "give each rule its own label",
  }),
  W0223: (): Wording => ({
    message: "a number is not a location, so the tuple is dropped",
    help: 'a location is an address, such as `"10.0.0.2:10000"`',
  }),
  W0224: (f: { readonly variable: string; readonly rule: string }): Wording => ({
    message: `\`${f.variable}\` is used only once in rule \`${f.rule}\``,
    help: `write \`_\` if its value is not needed`,
  }),
  W0225: (f: { readonly table: string; readonly lifetime: number; readonly seconds: number }): Wording => ({
    message: `rows of \`${f.table}\` live ${f.lifetime} s but are refreshed only every ${f.seconds} s`,
    help: "set a lifetime of several refresh intervals, so that rows survive a lost message",
  }),
  W0226: (f: {
    readonly name: string;
    readonly column: number;
    readonly kind: string;
    readonly other: string;
  }): Wording => ({
    message:
      `this rule puts ${kindPhrase(f.kind)} into column ${f.column} of \`${f.name}\`, ` +
      `but another rule puts ${kindPhrase(f.other)} there`,
    help: "if both are intended, declare the types of the columns: `p(any, ..).`",
  }),
  W0227: (f: { readonly name: string }): Wording => ({
    message: `no rule or fact fills or reads the table \`${f.name}\``,
    help: "remove the declaration, or correct its name",
  }),
  W0228: (f: { readonly name: string; readonly nearest: string }): Wording => ({
    message: `no rule subscribes to \`${f.name}\`, and no rule fills \`${f.nearest}\``,
    help: `did you mean \`${f.nearest}\`?`,
  }),
  W0229: (f: { readonly word: string; readonly meant: string }): Wording => ({
    message: `\`${f.word}\` is the string "${f.word}" here`,
    help: `did you mean \`${f.meant}\`? If not, write it in quotes: \`"${f.word}"\``,
  }),
  W0241: (f: { readonly name: string; readonly given: number; readonly arity: number }): Wording => ({
    message: `\`${f.name}\` has ${counted(f.arity, "column")}, and this matches the first ${f.given}`,
    help: "write `_` for each of the other columns",
  }),
  W0220: (f: { readonly table: string; readonly column: number; readonly arity: number }): Wording =>
    `\`${f.table}\` has ${counted(f.arity, "column")}, so the key has no column ${f.column}`,
  E0301: (f: { readonly name: string; readonly nearest: string | undefined; readonly known: string }): Wording => ({
    message: `the node has no table \`${f.name}\``,
    help: f.nearest === undefined ? f.known : `did you mean \`${f.nearest}\`?`,
  }),
  E0302: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is an event, and events are not stored`,
    help: `\`mosaic trace NODE ${f.name}\` shows it when it happens`,
  }),
  E0303: (f: { readonly expected: "a fact" | "one rule body" }): Wording => ({
    message: `this is not ${f.expected}`,
    help:
      f.expected === "a fact"
        ? 'write a predicate with constants, such as `link("a", "b", 3)`'
        : "write the name of a table, or a rule body such as `ron.RT(To, Next, Cost), Cost > 0.1`",
  }),
  E0304: (f: { readonly name: string; readonly nearest: string | undefined; readonly known: string }): Wording => ({
    message: `the node has no predicate \`${f.name}\``,
    help: f.nearest === undefined ? f.known : `did you mean \`${f.nearest}\`?`,
  }),
  E0305: (f: { readonly name: string; readonly column: number; readonly expected: string }): Wording =>
    `column ${f.column} of \`${f.name}\` must be of type ${f.expected}`,
  E0306: (f: { readonly name: string; readonly rule: string | undefined }): Wording => ({
    message:
      f.rule === undefined
        ? `\`${f.name}\` is a derived table, so only its rules insert and delete its rows`
        : `${f.rule} defines \`${f.name}\`, a derived table, so only its rules insert and delete its rows`,
    help: "insert into or delete from the tables that these rules read",
  }),
  E0307: (f: { readonly location: string; readonly overlay: string | undefined }): Wording => ({
    message:
      f.overlay === undefined
        ? `\`${f.location}\` is not a location that the node can send to`
        : `\`${f.location}\` is no own address of \`${f.overlay}\`, which cannot carry itself`,
    help: 'a location is written "10.0.0.2:10000", or ron::"10.0.0.2:10000" if the node runs the overlay',
  }),

  E0308: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` has a location, but a query reads the tables of one node`,
    help: "leave it out, or ask the other node: `mosaic query NODE ..`",
  }),

  E0255: (f: { readonly rule: string; readonly tables: number; readonly most: number }): Wording => ({
    message: `rule \`${f.rule}\` reads ${f.tables} tables; a rule of a derived table reads at most ${f.most}`,
    help: "let another derived table hold the result of a part of the body, and read that table",
  }),
  E0309: (): Wording => ({
    message: "a query cannot negate a pattern",
    help: "ask for the rows that match, without `!`",
  }),

  E0310: (f: { readonly most: number; readonly things: string }): Wording => ({
    message: `this query has more than ${f.most} ${f.things}, and the node waits while it is compiled`,
    help: "ask several queries, or add a rule to the program that derives the rows",
  }),

  W0231: (f: { readonly words: readonly string[] }): Wording => {
    const verb = f.words.length === 1 ? "is a string" : "are strings";
    const variables = quotedList(f.words.map(capitalised));
    const strings = quotedList(f.words.map((word) => `"${word}"`));
    return {
      message: `${quotedList(f.words)} ${verb} in this rule: variables begin with an upper-case letter`,
      help: `write ${variables} for a variable, or ${strings} for a string`,
    };
  },
  W0232: (f: UnraisedFacts): Wording => ({
    message:
      f.source === undefined
        ? `nothing declares or raises \`${f.name}\`: only other nodes or \`mosaic ctl\` can raise it`
        : `nothing raises \`${f.name}\``,
    help:
      sourceHelp(f) ??
      meantHelp(f.namesake) ??
      `if they do, declare it: \`accept ${f.name}(${Array.from({ length: f.arity }, () => "any").join(", ")}).\``,
  }),
  W0230: (f: { readonly table: string }): Wording => ({
    message: `\`${f.table}\` is a recursive min or max in which a better value may derive a worse one`,
    help: "such rules may never terminate; a cost that is only added to and bounded from above is safe",
  }),
  W0202: (f: { readonly overlay: string }): Wording => ({
    message: `no loaded file declares the overlay \`${f.overlay}\`: tuples sent there are dropped`,
    help: 'import the file of the overlay: `import "file.mzl".`',
  }),
  W0204: (f: { readonly overlay: string }): Wording => ({
    message: `no loaded file declares the overlay \`${f.overlay}\`, so it has no own address`,
    help: 'import the file of the overlay: `import "file.mzl".`',
  }),
  W0203: (f: { readonly name: string; readonly nearest: string | undefined }): Wording => ({
    message: `no file of the program uses \`${f.name}\`, so -D ${f.name} has no effect`,
    help: f.nearest === undefined ? undefined : `did you mean \`${f.nearest}\`?`,
  }),
  W0201: (f: { readonly name: string }): Wording => ({
    message: `no rule subscribes to \`${f.name}\`, so this fact has no effect`,
    help: `correct its name, or declare \`${f.name}\` with \`materialize\``,
  }),
};

const TAIL_HELP =
  "within the brackets of a list, `|` begins its tail, which must be a list; the operator `|` needs parentheses there";

function helpForOperator(operator: string, kinds: readonly string[]): string {
  if (kinds.length === 0) return `\`${operator}\` has no value for these values`;
  return `\`${operator}\` has no value for ${kinds.length === 1 ? "a value" : "values"} of type ${kinds.join(" and ")}`;
}

/**
 * Messages of all diagnostics by code, each a function of the facts it names. `E` codes are errors, `W` codes are warnings.
 * A code never changes its meaning, and the code of a removed diagnostic is not used again.
 *
 * 01 text and syntax (`text-messages.ts`) · 02 names, tables and rules (also `rule-messages.ts`, `trust-messages.ts`)
 * 03 requests to a running node
 */
export const MESSAGES: typeof TEXT_MESSAGES & typeof PROGRAM_MESSAGES & typeof RULE_MESSAGES & typeof TRUST_MESSAGES = {
  ...TEXT_MESSAGES,
  ...PROGRAM_MESSAGES,
  ...RULE_MESSAGES,
  ...TRUST_MESSAGES,
};

/** Facts of an event that nothing raises. */
export interface UnraisedFacts {
  readonly name: string;
  readonly arity: number;
  /** Predicate of the same name in another overlay. */
  readonly namesake: string | undefined;
  /** Table or overlay that would raise the event, if the name of the event names one. */
  readonly source: { readonly kind: "table" | "overlay" | "own overlay"; readonly name: string } | undefined;
}

/** Returns help: the declaration of the table or overlay that would raise the event. */
function sourceHelp({ name, source }: UnraisedFacts): string | undefined {
  if (source === undefined) return undefined;
  if (source.kind === "table")
    return `declare the table: \`materialize(${source.name}, infinity, infinity, keys(..)).\``;
  if (source.kind === "overlay") return `import the file of the overlay \`${source.name}\`: \`import "file.mzl".\``;
  return `derive it in a rule, as \`${name}(Packet) :- ..\``;
}

/** Returns a count with its noun, in the plural unless the count is 1. */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `a`, `b` and `c` */
function quotedList(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length === 1 ? quoted.join() : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1) ?? ""}`;
}

function meantHelp(nearest: string | undefined): string | undefined {
  return nearest === undefined ? undefined : `did you mean \`${nearest}\`?`;
}

/** Returns help for an unbound variable in capitals, which is most often an undefined macro. */
function macroHelp(variable: string): string | undefined {
  if (!/^[A-Z][A-Z0-9_]{2,}$/.test(variable)) return undefined;
  return `if \`${variable}\` is a macro, define it: \`#define ${variable} value\`, or -D ${variable}=value`;
}

/** Whether a built-in name that a predicate hides is a table or an event. */
function hiddenKind(name: string): "event" | "table" {
  return name === "rebound" || name === "tap" ? "event" : "table";
}
