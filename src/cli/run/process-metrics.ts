import { readdirSync, statSync } from "node:fs";
import { type MetricFamily, NO_LABELS } from "../../../runtime/observe/exposition.ts";

/** What the process has of the machine, under the names that Prometheus' own clients give it. */
export function processMetrics(): readonly MetricFamily[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const descriptors = countDescriptors();
  return [
    metric("counter", "process_cpu_seconds_total", "Processor time of the process.", (user + system) / 1e6),
    metric("gauge", "process_start_time_seconds", "When the process began, since 1970.", performance.timeOrigin / 1e3),
    metric("gauge", "process_resident_memory_bytes", "Memory of the machine that the process has.", rss),
    ...(descriptors === undefined ? [] : [metric("gauge", "process_open_fds", "Open file descriptors.", descriptors)]),
    metric("gauge", "nodejs_heap_size_used_bytes", "Of the heap: objects, with garbage not yet collected.", heapUsed),
    metric("gauge", "nodejs_heap_size_total_bytes", "The heap.", heapTotal),
    metric("gauge", "nodejs_external_memory_bytes", "Memory beside the heap: packets, and the addon's.", external),
  ];
}

const DESCRIPTORS = "/proc/self/fd";

/**
 * The system's own count. Since Linux 6.2 that is the size of the folder; before, its entries are counted, which takes a
 * descriptor itself: undefined when all are in use.
 */
function countDescriptors(): number | undefined {
  try {
    return statSync(DESCRIPTORS).size || readdirSync(DESCRIPTORS).length;
  } catch {
    return undefined;
  }
}

function metric(type: MetricFamily["type"], name: string, help: string, value: number): MetricFamily {
  return { name, help, type, samples: [{ labels: NO_LABELS, value }] };
}
