/** Typos in shipped programs: `one-typo.test.ts` tests some of each program, `one-typo.long.test.ts` many. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { lex } from "../../grammar/lex.ts";
import type { Token } from "../../grammar/tokens.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const SEED = 1;
/** Generous, for a loaded machine. */
const TIMEOUT_MS = 60_000;
const PROGRAMS = new URL("../../programs/", import.meta.url);

const random = xoroshiro128plus(SEED);
const below = (limit: number): number => uniformInt(random, 0, limit - 1);
const oneOf = <T>(things: readonly T[]): T => things[below(things.length)] as T;

/** Returns the text with one token removed, doubled, swapped with the next, misspelt, or replaced by another token. */
function withTypo(text: string, tokens: readonly Token[]): string {
  const at = below(tokens.length - 1);
  const [token, next] = [tokens[at] as Token, tokens[at + 1] as Token];
  const replaced = (by: string, end = token.end): string => text.slice(0, token.startOffset) + by + text.slice(end);
  const between = text.slice(token.end, next.startOffset);
  return oneOf([
    () => replaced(""),
    () => replaced(`${token.image} ${token.image}`),
    () => replaced(next.image + between + token.image, next.end),
    () => replaced(`${token.image.slice(0, 1)}q${token.image.slice(1)}`),
    () => replaced(oneOf(tokens).image),
  ])();
}

function diagnose(name: string, text: string): readonly Diagnostic[] {
  const library = new FileLibrary();
  library.addText(name, text);
  const isOverlog = name.endsWith(".olg");
  const defines = new Map(isOverlog ? [["LANDMARK", '"10.0.0.1:1"']] : []);
  return compile([name], library, { defines, dialect: isOverlog ? "overlog" : undefined }).diagnostics;
}

/** Returns whether a diagnostic has no span, or a span outside the text. */
function hasNoPosition({ span }: Diagnostic, name: string, text: string): boolean {
  if (span === undefined) return true;
  return span.file === name && !(span.start >= 0 && span.start <= span.end && span.end <= text.length);
}

const programs = ["", "overlog/"].flatMap((folder) =>
  readdirSync(new URL(folder, PROGRAMS))
    .filter((file) => /\.(?:mzl|olg)$/.test(file))
    .map((file) => `${folder}${file}`),
);

/** Declares the test of each shipped program, with so many typos. */
export function testTypos(typos: number): void {
  test.for(programs)(
    "a typo in %s gives an error with a position, and rarely more than two",
    { timeout: TIMEOUT_MS },
    (name) => {
      const text = readFileSync(new URL(name, PROGRAMS), "utf8");
      const { tokens } = lex({ file: name, text, dialect: "mozlog" });
      let verbose = 0;
      for (let count = 0; count < typos; count++) {
        const typo = withTypo(text, tokens);
        let found: readonly Diagnostic[];
        try {
          found = diagnose(name, typo);
        } catch (cause: unknown) {
          throw new Error(`failed on\n${typo}`, { cause });
        }
        // W0203 concerns an option, not the text.
        const inText = found.filter(({ code }) => code !== "W0203");
        expect([typo, inText.filter((one) => hasNoPosition(one, name, typo))]).toEqual([typo, []]);
        if (inText.filter(({ severity }) => severity === "error").length > 2) verbose += 1;
      }
      expect(verbose).toBeLessThanOrEqual(typos / 10);
    },
  );
}
