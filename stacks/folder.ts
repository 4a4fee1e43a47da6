import { join } from "node:path";

/** Where Pulumi.yaml says the stack files are. */
export const STACK_FOLDER = join(import.meta.dirname, "config");
