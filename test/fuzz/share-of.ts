/** Shares of programs whose tuples cost more than those of others: routing protocols that compute paths. The others have share 1. */
const SHARES: Readonly<Record<string, number>> = {
  "dv.mzl": 0.3,
  "ls.mzl": 0.3,
  "pv.mzl": 0.3,
  "overlog/path-vector.olg": 0.1,
};

/** Returns the number of tuples for one program, of `tuples` for all `programs` together. */
export function shareOf(program: string, programs: readonly string[], tuples: number): number {
  const sum = programs.reduce((total, name) => total + (SHARES[name] ?? 1), 0);
  return Math.ceil((tuples * (SHARES[program] ?? 1)) / sum);
}
