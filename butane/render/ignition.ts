import type { FilesDir } from "./files-dir.ts";
import { goJson } from "./go-json.ts";
import { renderKernelArguments, renderPasswd } from "./passwd.ts";
import { Problems, shown } from "./problems.ts";
import { butane } from "./schema.ts";
import { renderStorage } from "./storage.ts";
import { renderSystemd } from "./systemd.ts";
import { parseYaml } from "./yaml.ts";

export { type FilesDir, FilesDirError, filesDir, noFiles, type TreeEntry } from "./files-dir.ts";
export { ButaneError } from "./problems.ts";

/**
 * Renders Butane (`fcos` 1.5.0) to compact Ignition 3.4.0 JSON without a line end, as `butane --strict` would.
 *
 * Equal to Butane's in every byte but those of gzip, whose compressors differ. It knows the keys of `schema.ts` and
 * refuses every other, and what Butane refuses or warns of.
 * @throws ButaneError with all problems at once
 */
export function renderIgnition(source: string, files: FilesDir): string {
  const problems = new Problems();
  const document = parseYaml(source, problems);
  // After a mistake of syntax the rest of the document is a guess.
  problems.throwIfAny();
  const config = butane(document, "", problems) ?? {};
  if (config.variant !== "fcos") problems.add("variant", `must be fcos, got ${shown(config.variant ?? "")}`);
  if (config.version !== "1.5.0") problems.add("version", `must be 1.5.0, got ${shown(config.version ?? "")}`);
  const context = { files, problems };
  const systemd = renderSystemd(config.systemd, context);
  const rendered = {
    ignition: { version: "3.4.0" },
    kernelArguments: renderKernelArguments(config.kernel_arguments, problems),
    passwd: renderPasswd(config.passwd, context),
    storage: renderStorage(config.storage, systemd.paths, context),
    systemd: systemd.rendered,
  };
  problems.throwIfAny();
  return goJson(rendered);
}
