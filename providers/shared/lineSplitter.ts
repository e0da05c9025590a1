/** Cuts output that comes in pieces into lines. */
import { StringDecoder } from "node:string_decoder";

/** Collects pieces of one stream of text; gives out whole lines, without their line ends, of any length. */
export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private readonly pending: string[] = [];

  constructor(private readonly onLine: (line: string) => void) {}

  write(chunk: Buffer): void {
    const [first = "", ...rest] = this.decoder.write(chunk).split("\n");
    this.pending.push(first);
    for (const next of rest) {
      this.emit();
      this.pending.push(next);
    }
  }

  /** Gives out what is left after the last line end. */
  end(): void {
    this.pending.push(this.decoder.end());
    if (this.pending.some((piece) => piece !== "")) this.emit();
  }

  private emit(): void {
    const line = this.pending.splice(0).join("");
    this.onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
