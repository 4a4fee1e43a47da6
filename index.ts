import * as pulumi from "@pulumi/pulumi";

/** One program per cloud; a stack is `<program>.<environment>`, such as `vultr.prod`. */
const programs = new Map<string, () => Promise<{ main(): Promise<object> }>>([
  ["vultr", () => import("./stacks/vultr.ts")],
]);

// A function, because Pulumi runs only a default export that is one; the look-up inside, because one process may
// evaluate several stacks.
export default async (): Promise<object> => {
  const stack = pulumi.getStack();
  const [program = "", ...environment] = stack.split(".");
  const load = programs.get(program);
  if (load === undefined || environment.length === 0 || environment.includes("")) {
    // Never fall through: an empty program asks Pulumi to delete everything in the stack.
    throw new pulumi.RunError(
      `stack "${stack}" names no program: use <program>.<environment>, with <program> one of ${[...programs.keys()].join(", ")}`,
    );
  }
  return (await load()).main();
};
