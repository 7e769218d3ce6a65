/** Factor by which a hunt may take longer on a busy machine. */
const BUSY = 2;

/** Returns a function that is true once this thread has used `seconds` of CPU time, so that a busy machine tries as much. */
export function timeToHunt(seconds: number): () => boolean {
  const [worked, begun] = [processorSeconds(), performance.now()];
  return () => processorSeconds() - worked > seconds || performance.now() - begun > BUSY * seconds * 1_000;
}

function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
