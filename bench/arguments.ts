import { InvalidArgumentError } from "commander";

/** A number of a command line: whole, from 1 on. @throws InvalidArgumentError */
export function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("must be a number from 1 on");
  return number;
}

/** One more number of a list, for an argument that may be given many times. @throws InvalidArgumentError */
export function collect(text: string, earlier: readonly number[]): number[] {
  return [...earlier, positive(text)];
}
