import * as pulumi from "@pulumi/pulumi";

/** A mistake in what the caller passed. A `RunError`, so the CLI prints the message without a stack. */
export class InvalidArgsError extends pulumi.RunError {
  override readonly name = "InvalidArgsError";
}

/** Checks a value that is already plain; an `Output` or promise passes here and is the provider's to reject. */
export function plain<T>(
  value: pulumi.Input<T> | undefined,
  rule: (value: T) => string | undefined,
): string | undefined {
  if (value === undefined || pulumi.Output.isInstance(value) || value instanceof Promise) return undefined;
  return rule(value);
}

/** Throws one error that names the resource and every problem. */
export function assertValid(type: string, name: string, problems: readonly (string | undefined)[]): void {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new InvalidArgsError(`${type} "${name}": ${found.join("; ")}`);
}
