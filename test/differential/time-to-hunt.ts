/** How much longer a hunt may take on a machine that has other things to do. */
const BUSY = 2;

/** True once this thread has had so many seconds of a processor: as much is tried beside other tests as alone. */
export function timeToHunt(seconds: number): () => boolean {
  const [worked, begun] = [processorSeconds(), performance.now()];
  return () => processorSeconds() - worked > seconds || performance.now() - begun > BUSY * seconds * 1_000;
}

function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
