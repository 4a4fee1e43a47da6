import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

const pin = z.strictObject({
  /** Name with registry and tag. */
  image: z.string().regex(/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+:[\w.-]+$/),
  /** What the tag meant when it was resolved; null until then. */
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .nullable(),
});
const pins = z.record(z.string(), z.record(z.string(), pin));

/** A base image: its tag, and the digest that a build uses. */
export type Pin = z.output<typeof pin>;
/** Base images by image of ours, then by argument of its Containerfile. */
export type Pins = z.output<typeof pins>;

/** Reads pins.json; says in one line what is wrong with it. */
export function readPins(file: string): Pins {
  const parsed = pins.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(`${file}: ${places.join("; ")}`);
}

/** Writes pins.json, whole or not at all. */
export function writePins(file: string, content: Pins): void {
  const images = Object.entries(content).map(([name, bases]) => {
    const lines = Object.entries(bases).map(
      ([argument, { image, digest }]) => `    "${argument}": ${inline({ image, digest })}`,
    );
    return `  "${name}": {\n${lines.join(",\n")}\n  }`;
  });
  writeFileSync(`${file}.new`, `{\n${images.join(",\n")}\n}\n`);
  renameSync(`${file}.new`, file);
}

function inline(values: Pin): string {
  return `{ ${Object.entries(values)
    .map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
    .join(", ")} }`;
}

/** The reference that a build is given: by digest alone, because older Podman takes no tag beside it. */
export function reference({ image, digest }: Pin): string {
  return `${repository(image)}@${digest}`;
}

/** An image's name without its tag. */
export function repository(image: string): string {
  return image.slice(0, image.lastIndexOf(":"));
}
