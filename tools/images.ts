/**
 * Builds roost's images with the user's Podman or Docker and pushes them; `images/README.md` says what is in them.
 *
 * Exit codes: 0 all done, 1 something refused (one line says what; images before it are done), 2 wrong usage.
 */
import { join } from "node:path";
import { images } from "./images/command.ts";

process.exitCode = images(process.argv.slice(2), {
  folder: join(import.meta.dirname, "../images"),
  environment: process.env,
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
});
