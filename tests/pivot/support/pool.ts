import pMap from "p-map";
import { afterAll, beforeAll } from "vitest";
import { PivotLab } from "./lab";

/** Some worlds, of which each does one piece of work at a time. */
export class LabPool {
  private readonly free: PivotLab[];
  private readonly waiting: ((lab: PivotLab) => void)[] = [];

  private constructor(private readonly labs: readonly PivotLab[]) {
    this.free = [...labs];
  }

  static async start(size: number): Promise<LabPool> {
    return new LabPool(await pMap(Array.from({ length: size }), () => PivotLab.start()));
  }

  /** Does work in the next world that is free. */
  async use<T>(work: (lab: PivotLab) => Promise<T>): Promise<T> {
    const lab = this.free.pop() ?? (await new Promise<PivotLab>((resolve) => this.waiting.push(resolve)));
    try {
      return await work(lab);
    } finally {
      const next = this.waiting.shift();
      if (next) next(lab);
      else this.free.push(lab);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.labs.map((lab) => lab.stop()));
  }
}

/** Worlds for the tests of one file, from its beginning to its end. */
export function labsOfFile(size: number) {
  let labs: LabPool;
  beforeAll(async () => {
    labs = await LabPool.start(size);
  });
  afterAll(async () => {
    await labs.stop();
  });
  const use = (work: (lab: PivotLab) => Promise<void>) => labs.use(work);
  return {
    /** Does work in the next world that is free. */
    use,
    /** A test of work in one of them. */
    inLab: (work: (lab: PivotLab) => Promise<void>) => () => use(work),
  };
}
