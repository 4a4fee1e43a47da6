import type { CheckFailure, CreateResult, ReadResult, UpdateResult } from "@pulumi/pulumi/provider/index.js";
import type { z } from "zod";
import type { Client } from "./client.ts";
import type { Warn } from "./engine-log.ts";
import type { Properties } from "./properties.ts";

/** What every resource type works with. */
export interface Context {
  readonly client: Client;
  readonly warn: Warn;
}

/** One kind of thing in B2, and what Pulumi's engine may ask about it. */
export interface ResourceType {
  /** Its arguments; whatever else comes is refused. */
  readonly inputs: z.ZodObject;
  /** The arguments whose change makes another one; all others are changed in place. */
  readonly replacedBy: readonly string[];
  /** Arguments that `diff` leaves out, because another one stands for them. */
  readonly notCompared?: readonly string[];
  /** Lists whose order says nothing. */
  readonly unordered?: readonly string[];
  /** What only several arguments show, or the old ones beside the new; values that are not known yet are missing. */
  readonly check?: (olds: Properties, news: Properties) => CheckFailure[];
  /** Hears of what is in the state, whenever the engine compares it. */
  readonly meet?: (id: string, olds: Properties) => void;
  readonly create: (urn: string, news: Properties) => Promise<CreateResult>;
  /** `{ id: "" }` when it is gone; without `olds` it is an import. */
  readonly read: (id: string, olds: Properties) => Promise<ReadResult>;
  /** Missing where every change replaces. */
  readonly update?: (id: string, urn: string, olds: Properties, news: Properties) => Promise<UpdateResult>;
  readonly delete: (id: string, urn: string, olds: Properties) => Promise<void>;
}

/** What Pulumi's engine takes for "it is gone". */
export const GONE: ReadResult = { id: "", props: {} };

/** Does what may fail without taking back what has just succeeded: its failure is a warning, which `otherwise` begins. */
export async function afterwards(
  context: Context,
  urn: string,
  otherwise: string,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    await context.warn(urn, `${otherwise}: ${error instanceof Error ? error.message : "unknown failure"}`);
  }
}
