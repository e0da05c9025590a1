/** Longest line in characters. */
const LONGEST = 8_000;

/**
 * The text with long lines cut. Pulumi's command plugin stops reading at a line of 64 KiB: the program behind it would
 * then hang in its next write.
 */
export function shortLines(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      line.length <= LONGEST
        ? line
        : `${line.slice(0, LONGEST)} … (${line.length - LONGEST} characters left out)`,
    )
    .join("\n");
}
