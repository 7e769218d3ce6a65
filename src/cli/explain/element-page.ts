import { elementSpecs } from "../../../runtime/elements/element-specs.ts";
import { nearest } from "../../program/nearest.ts";
import { wrongUsage } from "../terminal/failure.ts";
import { FUSED_ELEMENTS } from "./fused-elements.ts";

/** Returns the manual of an element. The name is that of the drawing (`Tun::Rx`) or of the code (`TunRx`), in upper or lower case. */
export function elementPage(name: string): string {
  const wanted = plain(name);
  const spec = [...elementSpecs.values()].find((one) => plain(one.name) === wanted);
  if (spec !== undefined) return spec.manual.trim();
  const fused = [...FUSED_ELEMENTS].find(([one]) => plain(one) === wanted);
  if (fused !== undefined) return `${fused[0]}\n\n${fused[1]}`;
  const names = [...elementSpecs.keys(), ...FUSED_ELEMENTS.keys()];
  const near = nearest(name, names);
  const hint = near === undefined ? `the elements are ${names.join(" ")}` : `did you mean ${near}?`;
  throw wrongUsage("--element", `there is no element \`${name}\`; ${hint}`);
}

function plain(name: string): string {
  return name.replaceAll(/\W/g, "").toLowerCase();
}
