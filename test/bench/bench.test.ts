import { expect, test } from "vitest";
import { bench, figuresOf } from "./run-bench.ts";

// `nodes.long.test.ts` runs the bench `nodes`.
test.for(["strands", "compile", "views", "recursion", "explore"])(
  "%s prints figures with what they are compared with",
  (name) => {
    const figures = figuresOf(name);
    expect(figures.length).toBeGreaterThan(0);
    // All of them are rounded to four digits.
    for (const { value, reference, ratio } of figures) {
      expect(value).toBeGreaterThan(0);
      expect((ratio ?? NaN) / ((value ?? NaN) / reference)).toBeCloseTo(1, 2);
    }
  },
);

test("a bench or an option that does not exist is named, with those that do", () => {
  expect(bench("strand", "--quik")).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /--quik; there are: --json, --quick, --only=TEXT\n.*strand; there are: .*strands.*tunnel/,
    ),
  });
});
