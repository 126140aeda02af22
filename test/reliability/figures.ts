/** What a run has counted and measured, by name. */
export type Figures = Readonly<Record<string, number | string>>;
/** A run is told how much it may do: seconds within `npm test`, or as much as the documented figures need. */
export type Mode = 'short' | 'long';
export type Report = (line: string) => void;

/** A run that has failed is looked into by its figures. */
export class NotZero extends Error {
  override readonly name = 'NotZero';
  readonly figures: Figures;

  constructor(wrong: readonly string[], figures: Figures) {
    super(`what must be zero is not: ${wrong.join(', ')}`);
    this.figures = figures;
  }
}

/** @throws NotZero naming every figure that had to be zero and is not. */
export function mustBeZero(figures: Figures, ...names: string[]): void {
  const wrong = names.filter((name) => figures[name] !== 0).map((name) => `${name} is ${figures[name]}`);
  if (wrong.length > 0) throw new NotZero(wrong, figures);
}

/** The value below which the given share of them lies (nearest rank); 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Numbers from 0 to 1 that are the same for the same seed, so that what was found can be found again (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
