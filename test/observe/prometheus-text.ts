/** Sample as a scraper reads it. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Parses the text format of Prometheus, version 0.0.4, strictly: HELP and TYPE once, before the samples of their name, all
 * samples of a name together, no sample twice. Throws at the first invalid line.
 */
export function readPrometheusText(text: string): readonly ReadSample[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: ReadSample[] = [];
  const seen = new Set<string>();
  const finished = new Set<string>();
  let family = "";
  for (const line of text.split("\n").slice(0, -1)) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (/\\(?![\\n])/.test(rest)) throw new Error(`bad escape: ${line}`);
        finished.add(family);
        if (finished.has(name)) throw new Error(`told twice: ${line}`);
        family = name;
      } else if (name !== family || !/^(?:counter|gauge|histogram|summary|untyped)$/.test(rest)) {
        throw new Error(`bad type: ${line}`);
      }
      continue;
    }
    const sample = readSample(line);
    if (sample.name !== family) throw new Error(`a sample outside its family: ${line}`);
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).map(String).toSorted()]);
    if (seen.has(identity)) throw new Error(`a sample twice: ${line}`);
    seen.add(identity);
    samples.push(sample);
  }
  return samples;
}

function readSample(line: string): ReadSample {
  const parts = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN|[+-]Inf)$/s.exec(line);
  if (parts === null) throw new Error(`no sample: ${line}`);
  const [, name = "", labels, value = ""] = parts;
  return { name, labels: readLabels(labels ?? ""), value: Number(value.replace("Inf", "Infinity")) };
}

function readLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/sy;
  for (let at = 0; at < text.length; at = label.lastIndex) {
    label.lastIndex = at;
    const [, name = "", value = ""] = label.exec(text) ?? [];
    if (name === "" || name.startsWith("__") || name in labels) throw new Error(`bad labels: ${text.slice(at)}`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}
