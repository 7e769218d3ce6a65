/** Limit of elapsed time, as a multiple of the CPU time. A hunt reaches it on a busy machine. */
const BUSY_FACTOR = 2;

/** Returns a function that is true once this thread has used `seconds` of CPU time, so that a busy machine tries as much. */
export function timeToHunt(seconds: number): () => boolean {
  const [startCpu, startTime] = [processorSeconds(), performance.now()];
  return () => processorSeconds() - startCpu > seconds || performance.now() - startTime > BUSY_FACTOR * seconds * 1_000;
}

function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
