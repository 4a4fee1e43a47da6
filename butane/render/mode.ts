import type { Problems } from "./problems.ts";

/** Notes a mode that Ignition 3.4 refuses, or one that was meant to be octal. */
export function checkMode(
  mode: number | undefined,
  kind: "file" | "directory",
  path: string,
  problems: Problems,
): void {
  if (mode === undefined) return;
  const meant = decimalDigitsAsOctal(mode);
  const typical = (value: number) => isTypical(value, kind === "directory");
  if (meant !== undefined && !typical(mode) && typical(meant)) {
    problems.add(path, `must be octal, got ${mode} in decimal: write 0${mode}`);
  } else if (mode < 0 || mode > 0o777) {
    // Set-uid, set-gid and sticky bits do not work before Ignition 3.6.
    problems.add(path, `must be 0 to 0777 in octal, got ${mode} in decimal`);
  }
}

function decimalDigitsAsOctal(mode: number): number | undefined {
  return /^[0-7]{1,4}$/.test(String(mode)) ? Number(`0o${mode}`) : undefined;
}

/**
 * Whether a mode is one that people use, by Butane's rules: others have no right that the group lacks, nor the group one that the user lacks.
 * https://github.com/coreos/butane/blob/v0.29.0/base/util/file.go
 */
function isTypical(mode: number, directory: boolean): boolean {
  if (mode === 0) return true;
  if (mode < 0 || mode > 0o777) return false;
  let seen = 0;
  for (const rights of [mode & 7, (mode >> 3) & 7, mode >> 6]) {
    if ((seen & ~rights) !== 0) return false;
    if ((rights & 1) !== 0 && (seen & 5) === 4) return false;
    if ((rights & 3) !== 0 && (rights & 4) === 0) return false;
    seen |= rights;
  }
  return (seen & 4) !== 0 && (!directory || (seen & 1) !== 0);
}
