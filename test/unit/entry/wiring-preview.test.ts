import { expect, onTestFinished, test, vi } from "vitest";
import { evaluate } from "../../../tools/preview/evaluate.ts";
import type * as recorder from "../../../tools/record.ts";
import { record } from "../../../tools/record.ts";
import { config } from "../stacks/fixture.ts";

// Here and not beside the other tests of preview: a mock of a module needs a module graph of its own.
vi.mock("../../../tools/record.ts", { spy: true });

const file = {
  stack: "vultr.test",
  raw: config(),
  problems: [],
  warnings: [],
  hidden: [],
  unreadable: false,
};

test("a preview runs the program with known values, and once more with unknown ones", async () => {
  onTestFinished(() => void vi.mocked(record).mockClear());
  const { preview } = await evaluate(file);
  expect(preview.problems).toEqual([]);
  expect(vi.mocked(record).mock.calls.map(([, options]) => options.preview)).toEqual([false, true]);
});

test("what only fails while values are unknown is a problem, and says so", async () => {
  const { record: run } = await vi.importActual<typeof recorder>("../../../tools/record.ts");
  vi.mocked(record).mockImplementation(async (program, options) => {
    const recorded = await run(program, options);
    return options.preview === true ? { ...recorded, errors: [new Error("needs a known value")] } : recorded;
  });
  onTestFinished(() => void vi.mocked(record).mockReset());
  const { preview, artifacts } = await evaluate(file);
  expect(preview.problems).toEqual(["while values are still unknown: needs a known value"]);
  expect(artifacts).toEqual([]);
});
