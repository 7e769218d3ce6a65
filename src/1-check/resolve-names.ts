/**
 * resolve-names: the second step of `1-check`, after `read-overlog`. It links the loaded modules and qualifies names;
 * the resulting `Program` goes to `check`.
 */
import type {
  AcceptDeclaration,
  AddressExpression,
  Atom,
  Expression,
  Literal,
  Materialize,
  Rule,
  Statement,
  ViewDefinition,
} from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Unparsed } from "../../grammar/unparsed.ts";
import { report } from "../../grammar/report.ts";
import type { Name, Span } from "../../grammar/span.ts";
import { RESERVED_OVERLAYS } from "../../runtime/plan/values/location.ts";
import type { Module } from "../0-load/load.ts";
import type { LineMap } from "../program/line-map.ts";
import type { OverlayInstance, Program, ProgramFact, ProgramRule, TableDeclaration, View } from "../program/program.ts";
import { builtinNamed, HOST_ADDRESS, OVERLAYS, PACKET_HEAD, TAP, TAP_TEXT } from "../program/builtin.ts";
import { implicitOverlays } from "./implicit-overlays.ts";
import { withAddressTables } from "./address-tables.ts";
import { NODE_TABLES, ownNodeTable, withOverlaysTable } from "./own-overlays.ts";
import { withHostAddresses } from "./host-addresses.ts";
import { isPacketHead, ownsPacket } from "./own-packet.ts";
import { ownTap } from "./own-tap.ts";
import { constantNumber } from "../program/constant.ts";
import { socketViewNames, socketViewsIn } from "./socket-views.ts";
import { asPacket } from "../program/as-packet.ts";
import { ANY_SENDER, readAccept } from "./read-accept.ts";
import { declareTable } from "./declare-table.ts";
import { rewriteAtom, rewriteExpression, rewriteLiteral } from "../program/rewrite-expression.ts";

const DEFAULT_TIMEOUT = 10;

/**
 * Joins the modules into one program in which every predicate, view and overlay has its qualified name:
 * `RT` in a file with `overlay ron` becomes `ron.RT`, or `backup.RT` where the file was imported `as backup`;
 * `this.Req` in `def ping` becomes `ping.Req`.
 */
export function resolveNames(
  modules: readonly Module[],
  lines: LineMap,
): { program: Program; diagnostics: Diagnostic[] } {
  const resolver = new Resolver(modules, lines);
  for (const module of modules) resolver.module(module);
  resolver.reportPrivateNames();
  return { program: resolver.program(), diagnostics: resolver.diagnostics };
}

/** Returns the names that the text of a file defines: tables, views, heads and facts. */
function definedNames(module: Module): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of module.tree.statements) {
    const name = definedName(statement);
    if (name !== undefined) names.add(name);
  }
  return names;
}

function definedName(statement: Statement): string | undefined {
  switch (statement.kind) {
    case "rule":
      return statement.head.name.text;
    case "fact":
      return statement.atom.name.text;
    case "materialize":
    case "view":
      return statement.name.text;
    default:
      return undefined;
  }
}

/** Returns the names that a file without an overlay shares with its importers: the names that it defines and that its rules read. */
function sharedNames(module: Module): ReadonlySet<string> {
  return new Set([...definedNames(module), ...module.tree.statements.flatMap(namesRead)]);
}

function namesRead(statement: Statement): readonly string[] {
  const rules = statement.kind === "view" ? statement.body : [statement];
  return rules
    .flatMap((rule) => (rule.kind === "rule" ? rule.body : []))
    .flatMap((literal) => {
      return literal.kind === "predicate" ? [literal.atom.name.text] : [];
    });
}

class Resolver {
  readonly diagnostics: Diagnostic[] = [];
  readonly #lines: LineMap;
  readonly #defined: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #shared: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #overlays = new Map<string, OverlayInstance & { readonly file: string }>();
  readonly #tables = new Map<string, TableDeclaration>();
  readonly #rules: ProgramRule[] = [];
  readonly #ruleNames = new Map<string, number>();
  readonly #facts: ProgramFact[] = [];
  readonly #views = new Map<string, View>();
  readonly #accepts: Program["accepts"][number][] = [];
  readonly #signatures: Program["signatures"][number][] = [];
  readonly #watches: Program["watches"][number][] = [];
  readonly #unparsed = new Map<string, Unparsed>();
  readonly #ownsPacket: boolean;
  /** Whether `tap` is a predicate of the program, and not the frames of TAP devices. */
  readonly #ownsTap: boolean;
  /** Qualified names of the predicates that files define and that hide a table of the node with the same name. */
  readonly #ownTables = new Set<string>();
  /** The tables of the node that the program names, each with the place of its first use. */
  readonly #nodeTables = new Map<string, Span>();
  /** Uses of names with a dot. Such a name may be private to a view whose definition follows. */
  readonly #dotted: DottedUse[] = [];

  constructor(modules: readonly Module[], lines: LineMap) {
    this.#lines = lines;
    this.#defined = new Map(modules.map((module) => [module.file, definedNames(module)]));
    this.#ownsPacket = modules.some(ownsPacket);
    const tap = modules.map(ownTap).find((span) => span !== undefined);
    this.#ownsTap = tap !== undefined;
    if (tap !== undefined) this.diagnostics.push(report("W0280", tap, { name: TAP_TEXT }));
    for (const module of modules) for (const name of NODE_TABLES) this.#findOwnTable(name, module);
    this.#shared = new Map(modules.map((module) => [module.file, sharedNames(module)]));
  }

  #findOwnTable(name: string, module: Module): void {
    const span = ownNodeTable(name, module);
    const own = qualifiedBy(module.instance, name);
    if (span === undefined || this.#ownTables.has(own)) return;
    this.#ownTables.add(own);
    this.diagnostics.push(report("W0280", span, { name }));
  }

  program(): Program {
    const named = this.#program();
    const { program, diagnostics } = withAddressTables({
      ...named,
      overlays: [...named.overlays, ...implicitOverlays(named)],
    });
    for (const diagnostic of diagnostics) this.diagnostics.push(diagnostic);
    const hostSpan = this.#nodeTables.get(HOST_ADDRESS);
    const complete = hostSpan === undefined ? program : withHostAddresses(program, hostSpan);
    return this.#nodeTables.has(OVERLAYS) ? withOverlaysTable(complete) : complete;
  }

  #program(): Program {
    return {
      overlays: [...this.#overlays.values()],
      tables: this.#tables,
      rules: this.#rules,
      facts: this.#facts,
      views: new Map([...this.#views, ...socketViewsIn(this.#rules)]),
      accepts: this.#accepts,
      signatures: this.#signatures,
      watches: this.#watches,
      unparsed: this.#unparsed,
    };
  }

  /** Reports uses of private names: `this.Req` of a view must not be used as `ping.Req` elsewhere. */
  reportPrivateNames(): void {
    // Includes built-in views that no rule calls: a rule that raised `tcp.read.init` would read from the socket.
    const views = new Set([...this.#views.keys(), ...socketViewNames]);
    for (const { name, inside, span } of this.#dotted) {
      const view = views.has(name) ? undefined : ownerOf(name, views);
      if (view !== undefined && view !== inside) this.diagnostics.push(report("E0210", span, { name, view }));
    }
  }

  module(module: Module): void {
    const scope: Scope = { module, view: undefined, names: this.#importedNames(module) };
    for (const statement of module.tree.statements) this.#statement(statement, scope);
    for (const [name, what] of module.unparsed) this.#unparsed.set(name === "" ? name : qualify(name, scope), what);
  }

  /** Names that plain imports share with this file and that it does not define itself. These names stay unqualified. */
  #importedNames(module: Module): ReadonlySet<string> {
    const own = this.#defined.get(module.file);
    const imported = module.plainImports.flatMap((file) => [...(this.#shared.get(file) ?? [])]);
    return new Set(imported.filter((name) => !own?.has(name)));
  }

  #statement(statement: Statement, scope: Scope): void {
    switch (statement.kind) {
      case "rule":
        return this.#rule(statement, scope);
      case "fact":
        this.#facts.push({
          overlay: scope.module.instance,
          atom: this.#atom(statement.atom, scope),
          span: statement.span,
        });
        return;
      case "materialize":
        return this.#table(statement, scope);
      case "view":
        return this.#view(statement, scope);
      case "overlay":
        return this.#overlay(scope.module, statement.name);
      case "accept":
        return this.#accept(statement, scope);
      case "signature":
        this.#signatures.push({
          name: this.#name(statement.name, scope),
          types: texts(statement.types),
          span: statement.span,
        });
        return;
      case "watch":
        this.#watches.push({
          name: this.#qualify(statement.name, scope),
          modes: statement.modes ?? "idrcs",
          span: statement.span,
        });
        return;
      case "import":
        return this.#checkOverlayName(statement.as);
    }
  }

  #accept(statement: AcceptDeclaration, scope: Scope): void {
    const { name, from } = statement;
    const isTable = from !== undefined && from.text !== ANY_SENDER;
    const { accept, diagnostics } = readAccept({
      ...statement,
      name: { ...name, text: this.#name(name, scope) },
      from: isTable ? { ...from, text: this.#name(from, scope) } : from,
    });
    for (const one of diagnostics) this.diagnostics.push(one);
    this.#accepts.push(accept);
  }

  #checkOverlayName(name: Name | undefined): void {
    if (name === undefined || !RESERVED_OVERLAYS.has(name.text.toLowerCase())) return;
    this.diagnostics.push(report("E0282", name.span, { name: name.text }));
  }

  #overlay(module: Module, name: Name): void {
    this.#checkOverlayName(name);
    const instance = module.instance ?? name.text;
    const other = this.#overlays.get(instance);
    if (other === undefined) this.#overlays.set(instance, { name: instance, span: name.span, file: module.file });
    else if (other.file !== module.file) {
      const related = [{ span: other.span, message: "it is defined here" }];
      this.diagnostics.push(report("E0205", name.span, { overlay: instance }, related));
    }
  }

  #table(statement: Materialize, scope: Scope): void {
    const name = this.#name(statement.name, scope);
    const table = declareTable(name, statement, this.diagnostics);
    const known = this.#tables.get(name);
    if (known === undefined) this.#tables.set(name, table);
    else if (!isSameDeclaration(known, table)) {
      const related = [{ span: known.span, message: "the other declaration is here" }];
      this.diagnostics.push(report("E0206", statement.name.span, { table: name }, related));
    }
  }

  #view(definition: ViewDefinition, scope: Scope): void {
    const name = qualify(definition.name.text, scope);
    const known = this.#views.get(name);
    if (known !== undefined || socketViewNames.has(name)) {
      const related = known === undefined ? [] : [{ span: known.span, message: "it is defined here" }];
      this.diagnostics.push(report("E0207", definition.name.span, { view: name }, related));
      return;
    }
    const inside: Scope = { ...scope, view: name };
    this.#views.set(name, {
      name,
      location: definition.location && this.#expression(definition.location, scope),
      inputs: definition.inputs,
      outputs: definition.outputs,
      timeout: this.#timeout(definition),
      many: definition.many,
      isBuiltin: false,
      span: definition.name.span,
    });
    for (const item of definition.body) {
      if (item.kind === "rule") this.#rule(item, inside);
      else this.#table(item, inside);
    }
  }

  #timeout(definition: ViewDefinition): number {
    if (definition.timeout === undefined) return DEFAULT_TIMEOUT;
    const seconds = constantNumber(definition.timeout);
    if (seconds !== undefined && seconds > 0) return seconds;
    this.diagnostics.push(report("E0209", definition.timeout.span, {}));
    return DEFAULT_TIMEOUT;
  }

  #rule(rule: Rule, scope: Scope): void {
    const head = this.#head(rule.head, scope);
    this.#rules.push({
      name: this.#ruleName(rule, scope),
      overlay: scope.module.instance,
      view: scope.view,
      isOverlog: scope.module.dialect !== "mozlog",
      isDelete: rule.isDelete,
      head,
      body: rule.body.map((literal) => this.#literal(literal, scope)),
      span: rule.span,
    });
  }

  /** Names a rule by its label, or without a label by its head and line. A repeated name gets a number. */
  #ruleName(rule: Rule, scope: Scope): string {
    const own = rule.label?.text ?? `${ownName(rule.head.name.text, scope)}:${this.#lines.position(rule.span).line}`;
    const name = scope.module.instance === undefined ? own : `${scope.module.instance}.${own}`;
    const count = (this.#ruleNames.get(name) ?? 0) + 1;
    this.#ruleNames.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  }

  /** The head `packet@To(P)` is built in, unless the program has a predicate of this name. */
  #head(head: Atom, scope: Scope): Atom {
    if (!isPacketHead(head)) return this.#atom(head, scope);
    if (this.#ownsPacket) this.diagnostics.push(report("W0280", head.name.span, { name: "packet" }));
    return this.#atom(this.#ownsPacket ? head : { ...head, name: { ...head.name, text: PACKET_HEAD } }, scope);
  }

  #atom(atom: Atom, scope: Scope): Atom {
    const name = { ...atom.name, text: this.#name(atom.name, scope) };
    return { ...rewriteAtom(atom, (part) => this.#resolve(part, scope)), name };
  }

  #name(name: Name, scope: Scope): string {
    if (name.text.startsWith("this.") && scope.view === undefined) {
      this.diagnostics.push(report("E0210", name.span, { name: name.text, view: undefined }));
    }
    const qualifiedName = this.#qualify(name, scope);
    if (qualifiedName.includes(".")) this.#dotted.push({ name: qualifiedName, inside: scope.view, span: name.span });
    return qualifiedName;
  }

  /** `overlays` and `hostAddr` are tables of the node, unless this file, or a file that shares its names, has a predicate of that name. */
  #qualify({ text, span }: Name, scope: Scope): string {
    if (text === TAP_TEXT && !this.#ownsTap) return TAP;
    const own = qualify(text, scope);
    if (!NODE_TABLES.includes(text) || this.#ownTables.has(own) || this.#ownTables.has(text)) return own;
    if (!this.#nodeTables.has(text)) this.#nodeTables.set(text, span);
    return text;
  }

  #literal(literal: Literal, scope: Scope): Literal {
    const rewritten = rewriteLiteral(literal, (part) => this.#resolve(part, scope));
    if (rewritten.kind !== "predicate") return rewritten;
    const name = { ...rewritten.atom.name, text: this.#name(rewritten.atom.name, scope) };
    return { ...rewritten, atom: { ...rewritten.atom, name } };
  }

  #expression(expression: Expression, scope: Scope): Expression {
    return rewriteExpression(expression, (part) => this.#resolve(part, scope));
  }

  /** Qualifies the overlay of an address and the predicate of a packet. */
  #resolve(part: Expression, scope: Scope): Expression {
    const expression = asPacket(part);
    if (expression.kind === "address") return qualifyAddress(expression, scope);
    if (expression.kind !== "packet") return expression;
    return { ...expression, name: { ...expression.name, text: this.#name(expression.name, scope) } };
  }
}

/** Returns the view that the name is private to. */
function ownerOf(name: string, views: ReadonlySet<string>): string | undefined {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return undefined;
  const before = name.slice(0, dot);
  return views.has(before) ? before : ownerOf(before, views);
}

interface DottedUse {
  readonly name: string;
  /** The view whose definition contains the use. */
  readonly inside: string | undefined;
  readonly span: Span;
}

interface Scope {
  readonly module: Module;
  readonly view: string | undefined;
  readonly names: ReadonlySet<string>;
}

function texts(names: readonly Name[]): readonly string[] {
  return names.map((name) => name.text);
}

function qualify(name: string, scope: Scope): string {
  const { module } = scope;
  const dot = name.indexOf(".");
  if (dot >= 0) return qualifyDotted(name.slice(0, dot), name.slice(dot), scope);
  if (builtinNamed(name) !== undefined || module.instance === undefined || scope.names.has(name)) return name;
  return qualifiedBy(module.instance, name);
}

/** Name of a predicate without the overlay of its file: `send` for `foo.send` in a file with `overlay foo`. */
function ownName(name: string, { module: { declared, instance } }: Scope): string {
  const isOwn = instance !== undefined && declared !== undefined && name.startsWith(`${declared}.`);
  return isOwn ? name.slice(declared.length + 1) : name;
}

function qualifiedBy(instance: string | undefined, name: string): string {
  return instance === undefined ? name : `${instance}.${name}`;
}

function qualifyDotted(first: string, rest: string, scope: Scope): string {
  if (first === "this") return `${scope.view ?? "this"}${rest}`;
  return `${instanceOf(first, scope)}${rest}`;
}

function qualifyAddress(expression: AddressExpression, scope: Scope): Expression {
  return { ...expression, overlay: { ...expression.overlay, text: instanceOf(expression.overlay.text, scope) } };
}

function instanceOf(overlay: string, { module }: Scope): string {
  if (overlay === module.declared) return module.instance ?? overlay;
  return module.aliases.get(overlay) ?? overlay;
}

function isSameDeclaration(one: TableDeclaration, other: TableDeclaration): boolean {
  return (
    one.lifetime === other.lifetime &&
    one.size === other.size &&
    one.keys.join() === other.keys.join() &&
    JSON.stringify(one.evict) === JSON.stringify(other.evict)
  );
}
