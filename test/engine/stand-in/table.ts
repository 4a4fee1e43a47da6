/** Type of an input; `map` and `list` are not looked into. */
export type InputType = "string" | "number" | "boolean" | "list" | "map";

/** One input of a resource. */
export interface Input {
  readonly type: InputType;
  readonly required?: true;
  /** A change makes another resource. */
  readonly replaces?: true;
}

/** Plain values by name. */
export type Values = Readonly<Record<string, unknown>>;

/** What a stand-in knows of one resource type. */
export interface Table {
  /** Where these rows come from. */
  readonly source: string;
  readonly inputs: Readonly<Record<string, Input>>;
  /** What the service computes at creation, in the shape of the real thing; `serial` is another one for each. */
  readonly computed: (inputs: Values, serial: number, settings: Values) => Values;
  /** Outputs that the provider itself marks as secret. */
  readonly secrets?: readonly string[];
  /** Why the service makes none of these, in its own words; `settings` say how it stands there. */
  readonly refusal?: (inputs: Values, settings: Values) => string | undefined;
  /** What no two live resources may share. */
  readonly unique?: (inputs: Values) => string | undefined;
}

/** A function of a provider; it throws where the service would refuse. */
export type Invoke = (inputs: Values, settings: Values) => Values;

/** One plugin that stands in for a real one. */
export interface StandIn {
  readonly version: string;
  readonly resources: Readonly<Record<string, Table>>;
  readonly functions?: Readonly<Record<string, Invoke>>;
}

export const required = (type: InputType): Input => ({ type, required: true });
export const optional = (type: InputType): Input => ({ type });
/** A change of it makes another resource. */
export const forceNew = (input: Input): Input => ({ ...input, replaces: true });
