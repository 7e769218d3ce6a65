import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { Surroundings, SURROUNDINGS_NEED } from "./surroundings.ts";

const TIMEOUT_MS = 200_000;
const PROJECTS = ["normal", "namespaces", "alone"].flatMap((project) => ["--project", project]);
const TESTS = ["test/device", "test/socket", "test/native/tun", "test/native/load", "test/native/user-namespace"];

test("device and socket tests pass or say why they skip, as an ordinary user with umask 077, in Turkish, in Kathmandu, without IPv6", {
  timeout: TIMEOUT_MS,
}, ({ skip }) => {
  const reason = needs(...SURROUNDINGS_NEED);
  skip(reason !== undefined, reason);
  using surroundings = new Surroundings();
  const { status, output } = surroundings.run([...PROJECTS, ...TESTS], TIMEOUT_MS);
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(output).toMatch(/^[1-9]\d* passed, 0 failed, [1-9]\d* skipped$/m);
  expect(output).toMatch(/^skipped: test\/device\/udp\.test\.ts > .*: needs IPv6$/m);
  expect(output).toMatch(/^skipped: test\/native\/tun\.test\.ts > .*: needs root\b.*$/m);
  expect(output).not.toMatch(/no reason given/);
});
