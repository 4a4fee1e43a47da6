// Measures the real nanobot of the example stack with and without the launcher, in turns, and prints the medians.
//
// Usage: npm run bench:agents     as root, after `npm run test:agents` has made the image's tree
import { Agent, ALICE } from "./launcher/agent.ts";
import { nanobotImage, withoutLauncher } from "./launcher/image.ts";
import type { Image } from "./support/container.ts";

const RUNS = 3;
const FIGURES = [
  "start to health, s",
  "first reply, s",
  "next reply, s",
  "idle, MiB",
  "after a chat, MiB",
  "SIGTERM when idle, s",
] as const;

const runs: number[][][] = [[], []];
for (let run = 0; run < RUNS; run += 1) {
  for (const [index, image] of [nanobotImage(), withoutLauncher()].entries()) runs[index]?.push(await figures(image));
}
const medians = runs.map((taken) => FIGURES.map((_, at) => median(taken.map((all) => all[at] ?? 0))));
row(`nanobot (median of ${RUNS})`, "launcher", "without", "difference, aim 5 %");
for (const [at, name] of FIGURES.entries()) {
  const [here = 0, there = 0] = medians.map((all) => all[at]);
  row(name, here.toFixed(2), there.toFixed(2), `${(((here - there) / there) * 100).toFixed(1)} %`);
}

async function figures(image: Image): Promise<number[]> {
  const agent = await Agent.start({}, image);
  try {
    await agent.container.stop();
    // The second start: the first one lays out the workspace.
    const health = await agent.container.start();
    const idle = memory(agent);
    const first = await seconds(() => agent.telegram.say(ALICE, "hello ECHO(awake)", "FAKE-REPLY: awake"));
    const next = await seconds(() => agent.telegram.say(ALICE, "hello ECHO(one)", "FAKE-REPLY: one"));
    for (const word of ["two", "three", "four"]) {
      await agent.telegram.say(ALICE, `hello ECHO(${word})`, `FAKE-REPLY: ${word}`);
    }
    const after = memory(agent);
    const { seconds: stop } = await agent.container.stop();
    return [health, first, next, idle, after, stop];
  } finally {
    agent.close();
  }
}

function memory({ container }: Agent): number {
  return container.memoryMib().reduce((sum, size) => sum + size, 0);
}

async function seconds(action: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await action();
  return (performance.now() - begin) / 1000;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function row(...cells: readonly [string, string, string, string]): void {
  console.log(
    cells.map((cell, index) => (index === 0 ? cell.padEnd(26) : cell.padStart(index === 3 ? 20 : 10))).join(" "),
  );
}
