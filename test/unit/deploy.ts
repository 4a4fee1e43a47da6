import * as pulumi from "@pulumi/pulumi";
import { onTestFinished } from "vitest";
import { answer, computedValues } from "../../tools/preview/computed.ts";
import { type Recorded, type RecordOptions, type Registered, record } from "../../tools/record.ts";

/** A program's run in a test: what it registered, looked up by what a test knows. */
export interface Deployed<T> extends Recorded<T> {
  readonly result: T;
  /** The only resource of a type. */
  readonly one: (type: string) => Registered;
  /** The resource with a name. */
  readonly named: (name: string) => Registered;
}

/** Runs a program against mocks; throws what the program throws, and refuses what the engine would refuse. */
export async function deploy<T>(
  program: () => T | Promise<T>,
  options: Partial<RecordOptions> = {},
): Promise<Deployed<T>> {
  onTestFinished(() => pulumi.runtime.disconnect());
  const recorded = await record(program, { computed: computedValues, call: answer, ...options });
  const [error] = recorded.errors;
  if (error !== undefined) throw error;
  refuseDuplicates(recorded.resources);
  refuseOutputsInText(recorded.resources);
  return {
    ...recorded,
    result: recorded.result as T, // there, because nothing was thrown
    one: (type) => only(recorded.resources, `of type ${type}`, (resource) => resource.type === type),
    named: (name) => only(recorded.resources, `named ${name}`, (resource) => resource.name === name),
  };
}

function refuseDuplicates(resources: readonly Registered[]): void {
  const urns = resources.map(({ urn }) => urn);
  const twice = urns.find((urn, index) => urns.indexOf(urn) !== index);
  if (twice !== undefined) throw new Error(`registered twice: ${twice}`);
}

function refuseOutputsInText(resources: readonly Registered[]): void {
  for (const { name, inputs } of resources) {
    if (JSON.stringify(inputs).includes("Calling [toString]")) throw new Error(`${name} has an Output inside a text`);
  }
}

function only(resources: readonly Registered[], what: string, matches: (resource: Registered) => boolean): Registered {
  const found = resources.filter(matches);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(
      `expected one resource ${what}, found ${found.length} among ${resources.map(({ name }) => name).join(", ")}`,
    );
  }
  return first;
}
