import type { Mode } from './figures.ts';

/**
 * How much a run does. A long run may be cut to a share of itself, to see that it works before the machine is left
 * alone with it: `RELIABILITY_SHARE=0.2 npm run reliability -- --long q6`.
 * @param counted which numbers a share is taken of; the others stay as they are.
 */
export function sizeOf<Size extends Readonly<Record<string, number>>>(
  sizes: Readonly<Record<Mode, Size>>,
  mode: Mode,
  counted: readonly (keyof Size)[],
): Size {
  const size = sizes[mode];
  const share = mode === 'long' ? Number(process.env.RELIABILITY_SHARE ?? 1) : 1;
  if (!(share > 0 && share <= 1)) throw new Error('RELIABILITY_SHARE is above 0 and at most 1');
  const cut = counted.map((key) => [key, Math.ceil((size[key] as number) * share)]);
  return { ...size, ...Object.fromEntries(cut) };
}
