import { expect, it } from 'vitest';
import { run } from './q3-one-code.ts';

it('Q3: of fifty at once exactly one is let through, by each of ten things, on SQLite and on three nodes', async () => {
  const figures = await run('short', () => {});
  for (const where of ['sqlite', 'nodes']) {
    expect(figures[`${where}.rounds`]).toBe(10);
    expect(figures[`${where}.admitted`]).toBe(10);
    expect(figures[`${where}.notOne`]).toBe(0);
    expect(figures[`${where}.faults`]).toBe(0);
    const counts = ['refusedWith4xx', 'ledElsewhere', 'busy'].map((what) =>
      Number(figures[`${where}.${what}`]),
    );
    expect(counts.reduce((a, b) => a + b)).toBe(500);
  }
}, 120_000);
