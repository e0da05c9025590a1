/** Settings of a sweep, from the environment; see pivotKills.test.ts. */

/** Which faults are tried. */
export const faults = (process.env.PIVOT_FAULTS ?? "kills,twice,outages,lost,back").split(",");

const [first = 1, last = Infinity] = (process.env.PIVOT_WRITES ?? "1-")
  .split("-")
  .map((n) => Number(n || Infinity));

/** Every how many-th write is killed. */
export const step = Number(process.env.PIVOT_STEP ?? 1);

/** Of what is chosen at random. */
export const seed = Number(process.env.PIVOT_SEED ?? 20);

/** Worlds side by side. */
export const worlds = Number(process.env.PIVOT_LABS ?? 3);

/** Numbers of the writes after which a run is killed, out of those of a whole one. */
export function chosenWrites(writesOfAll: number): number[] {
  return Array.from({ length: writesOfAll }, (_, index) => index + 1).filter(
    (n) => n >= first && n <= last && (n - first) % step === 0,
  );
}
