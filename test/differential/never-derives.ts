/** Errors about rules that never derive anything. Random rules have them now and then; the hunts leave such programs out. */
const CODES: ReadonlySet<string> = new Set(["E0252", "E0253", "E0254"]);

export function neverDerives(code: string): boolean {
  return CODES.has(code);
}
