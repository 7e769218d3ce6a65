import type { Plot, PlotContent, ThroughputSource } from "./topology.ts";
import type { HostNames, PlotDocument, TopologyDocument } from "./topology-document.ts";
import { trafficName } from "./traffic-name.ts";

/** Resolves the plots of a document without faults. */
export function resolvePlots({ plots, traffic }: TopologyDocument): readonly Plot[] {
  const names = traffic.map((_, number) => trafficName(traffic, number));
  return plots.map((plot, number) => ({
    name: plotName(plots, number),
    title: plot.title ?? defaultTitle(plot),
    content: resolveContent(plot, names),
  }));
}

/** Returns the name of a plot: by default its kind, with a number if several plots of this kind have no name. */
export function plotName(plots: readonly PlotDocument[], number: number): string {
  const plot = plots[number] ?? {};
  const isAlike = (one: PlotDocument): boolean => one.name === undefined && kindOf(one) === kindOf(plot);
  const before = plots.slice(0, number).filter(isAlike).length;
  return plot.name ?? `${kindOf(plot)}${before === 0 ? "" : `-${before + 1}`}`;
}

function kindOf({ throughput, rtt }: PlotDocument): PlotContent["kind"] {
  if (throughput !== undefined) return "throughput";
  return rtt === undefined ? "path" : "rtt";
}

function defaultTitle(plot: PlotDocument): string {
  const kind = kindOf(plot);
  if (kind === "throughput") return "Throughput";
  return kind === "rtt" ? "Round-trip time" : `Path from ${plot.path?.[0]} to ${plot.path?.[1]}`;
}

function resolveContent({ throughput, rtt, path }: PlotDocument, traffic: readonly string[]): PlotContent {
  if (throughput !== undefined)
    return { kind: "throughput", sources: listOf(throughput).map((name) => sourceOf(name, traffic)) };
  if (rtt !== undefined) return { kind: "rtt", traffic: listOf(rtt).map((name) => traffic.indexOf(name)) };
  const [from = "", to = ""] = path ?? [];
  return { kind: "path", from, to };
}

function sourceOf(name: string, traffic: readonly string[]): ThroughputSource {
  const number = traffic.indexOf(name);
  return number >= 0 ? number : interfaceNamed(name);
}

/** Returns the host and the device of `a/mosaic0`, or the host `a`. */
export function interfaceNamed(name: string): { readonly host: string; readonly device: string | undefined } {
  const [host = "", ...device] = name.split("/");
  return { host, device: device.length === 0 ? undefined : device.join("/") };
}

/** Returns names that a plot gives as one name or as a list. */
export function listOf(names: HostNames | undefined): readonly string[] {
  return [...new Set([names ?? []].flat())];
}
