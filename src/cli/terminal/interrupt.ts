/** Returns a signal that the first SIGINT or SIGTERM aborts. The second one ends the process, as it does without a handler. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const signals = ["SIGINT", "SIGTERM"] as const;
  const abort = (): void => {
    for (const signal of signals) process.off(signal, abort);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, abort);
  return controller.signal;
}
