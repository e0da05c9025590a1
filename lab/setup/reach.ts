/** Milliseconds in which the official download site has to answer. */
const limit = 3000;

let answer: Promise<boolean> | undefined;

/**
 * Whether released artifacts can be downloaded from their projects' own sites, found out once a run by one request.
 * `METAL3_OFFLINE=1` says no without asking.
 */
export function officialDownloads(): Promise<boolean> {
  answer ??= probe();
  return answer;
}

async function probe(): Promise<boolean> {
  if (process.env["METAL3_OFFLINE"]) return false;
  try {
    const response = await fetch("https://get.pulumi.com/", {
      method: "HEAD",
      signal: AbortSignal.timeout(limit),
    });
    return response.ok;
  } catch {
    return false;
  }
}
