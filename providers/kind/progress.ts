/** Which lines of kind tell of its progress. Pure. */

/** Advice for people at a terminal, about a kubeconfig that is removed and an environment variable that was set on purpose. */
const ADVICE = [
  /^Set kubectl context/,
  /^You can now use your cluster/,
  /^kubectl cluster-info/,
  /^Overriding docker network/,
  /^Here be dragons/,
  /^(Have a|Not sure what|Thanks for using kind)/,
];

/** The line for the status column; undefined when it is not about progress. */
export function progressOf(line: string): string | undefined {
  const step = line.trim().replace(/^WARNING: /, "");
  if (step === "" || ADVICE.some((pattern) => pattern.test(step))) return undefined;
  return step
    .replace(/^[•✓✗] /, "")
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{Sm}\p{Z}]/gu, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}
