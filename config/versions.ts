/** A version such as "v1.34.4" or "v1.34.4-rc.1", in parts. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** What follows a dash; empty for a release. */
  readonly suffix: string;
}

/** The parts of a version, or nothing when the text is not one. */
export function parseVersion(text: string | undefined): Version | undefined {
  const [, major, minor, patch, suffix = ""] =
    text?.match(/^v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?/) ?? [];
  return major === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor), patch: Number(patch), suffix };
}

/** Negative when `a` is older than `b`, positive when it is newer; a pre-release comes before its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (!left || !right) return 0;
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    compareSuffixes(left.suffix, right.suffix)
  );
}

function compareSuffixes(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? 1 : -1;
  return a.localeCompare(b, "en", { numeric: true });
}
