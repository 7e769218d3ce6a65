import { readdirSync, statSync } from "node:fs";
import { type MetricFamily, NO_LABELS } from "../../../runtime/observe/exposition.ts";

/** Resources that the process uses, under the names of the Prometheus client libraries. */
export function processMetrics(): readonly MetricFamily[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const descriptors = countDescriptors();
  return [
    metric("counter", "process_cpu_seconds_total", "Processor time of the process.", (user + system) / 1e6),
    metric(
      "gauge",
      "process_start_time_seconds",
      "Start time of the process, in seconds since 1970.",
      performance.timeOrigin / 1e3,
    ),
    metric("gauge", "process_resident_memory_bytes", "Resident memory of the process.", rss),
    ...(descriptors === undefined ? [] : [metric("gauge", "process_open_fds", "Open file descriptors.", descriptors)]),
    metric(
      "gauge",
      "nodejs_heap_size_used_bytes",
      "Memory of objects in the heap, including garbage not yet collected.",
      heapUsed,
    ),
    metric("gauge", "nodejs_heap_size_total_bytes", "Size of the heap.", heapTotal),
    metric("gauge", "nodejs_external_memory_bytes", "Memory outside the heap, such as buffers of packets.", external),
  ];
}

const DESCRIPTORS = "/proc/self/fd";

/**
 * Returns the number of open file descriptors. Since Linux 6.2 this is the size of the folder. Older kernels report the size 0, so the
 * entries are counted. Reading the folder needs a free descriptor; without one the result is undefined.
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
