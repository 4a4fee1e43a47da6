import { filled, namedKeys } from "./passwd.ts";
import { refuseDuplicates, shown } from "./problems.ts";
import { type Context, readLocalText } from "./resource.ts";
import type { Systemd } from "./schema.ts";
import { parseUnitFile } from "./unit-file.ts";

const SUFFIXES = "service socket device mount automount swap target path timer snapshot slice scope".split(" ");
const UNIT_NAME = new RegExp(String.raw`^[A-Za-z0-9:_.\\@-]+\.(?:${SUFFIXES.join("|")})$`);

/** A unit or drop-in of the document. */
interface Source {
  readonly name?: string | undefined;
  readonly contents?: string | undefined;
  readonly contents_local?: string | undefined;
}

/** Ignition's `systemd`, `undefined` when it is empty, and the files that its units and drop-ins become. */
export function renderSystemd(systemd: Systemd | undefined, context: Context) {
  const { problems } = context;
  const units = (systemd?.units ?? []).map((unit, index) => {
    const at = `systemd.units[${index}]`;
    const dropins = (unit.dropins ?? []).map((dropin, number) => {
      const path = `${at}.dropins[${number}]`;
      const name = dropin.name ?? "";
      if (!/^[A-Za-z0-9:_.\\@-]+\.conf$/.test(name)) {
        problems.add(`${path}.name`, `must be a file name that ends in .conf, got ${shown(name)}`);
      }
      const contents = readContents(dropin, path, context);
      checkUnitFile(contents, path, context);
      return { contents, name };
    });
    refuseDuplicates(namedKeys(dropins, `${at}.dropins`), problems);
    const name = unit.name ?? "";
    if (!UNIT_NAME.test(name)) {
      problems.add(`${at}.name`, `must be a unit name that ends in .${SUFFIXES.join(", .")}, got ${shown(name)}`);
    }
    const contents = readContents(unit, at, context);
    const installs = checkUnitFile(contents, at, context);
    if (unit.enabled === true && contents !== undefined && contents !== "" && !installs) {
      problems.add(`${at}.contents`, "must have an [Install] section with a setting, because the unit is enabled");
    }
    return { contents, dropins: filled(dropins), enabled: unit.enabled, mask: unit.mask, name };
  });
  refuseDuplicates(namedKeys(units, "systemd.units"), problems);

  for (const [index, { name, enabled }] of units.entries()) {
    const template = /^(.[^@]*)@.+\.service$/.exec(name)?.[1];
    const contents = units.findLast((unit) => unit.name === `${template}@.service`)?.contents;
    if (enabled !== true || template === undefined || contents === undefined || contents === "") continue;
    const { problem, installs } = parseUnitFile(contents);
    if (problem === undefined && !installs) {
      const wanted = `must be disabled, or ${template}@.service must have an [Install] section with a setting`;
      problems.add(`systemd.units[${index}].enabled`, wanted);
    }
  }

  const paths = units.flatMap(({ name, contents, dropins }, index) => {
    const at = `systemd.units[${index}]`;
    const path = `/etc/systemd/system/${name}`;
    const own = contents === undefined || contents === "" ? [] : [{ at, path }];
    const below = (dropins ?? []).flatMap((dropin, number) => {
      if (dropin.contents === undefined || dropin.contents === "") return [];
      return [{ at: `${at}.dropins[${number}]`, path: `${path}.d/${dropin.name}` }];
    });
    return [...own, ...below];
  });
  return { rendered: units.length === 0 ? undefined : { units }, paths };
}

function readContents({ contents, contents_local: local }: Source, path: string, context: Context): string | undefined {
  if (local === undefined) return contents;
  if (contents !== undefined) {
    context.problems.add(path, "must have one of contents and contents_local, got both");
    return undefined;
  }
  return readLocalText(local, `${path}.contents_local`, context);
}

function checkUnitFile(contents: string | undefined, path: string, { problems }: Context): boolean {
  if (contents === undefined) return false;
  const { problem, installs } = parseUnitFile(contents);
  if (problem !== undefined) problems.add(`${path}.contents`, `must be a unit file, but ${problem}`);
  return installs;
}
