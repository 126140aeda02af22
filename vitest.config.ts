import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';

/** They put something in the place of a module, which only a process can do that has not loaded it yet. */
const ALONE = ['src/start/**/*.test.ts'];

const everywhere = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  unstubEnvs: true,
};

export default defineConfig({
  test: {
    pool: 'forks',
    // Vitest leaves one core free by default; of two that is half of them.
    maxWorkers: Math.max(2, availableParallelism()),
    // Starting a process for each file, and loading everything there anew, would be a third of the work.
    isolate: false,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: { ...everywhere, name: 'alone', isolate: true, include: ALONE, provide: { postgres: '' } },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: 'sqlite',
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'test/**/*.test.ts'],
          exclude: ALONE,
          provide: { postgres: '' },
        },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: 'postgres',
          // The same stories over the other database: whatever goes through a door.
          include: [
            'test/{journeys,account,races,capacity}/**/*.test.ts',
            'test/keys/rotate.test.ts',
            'test/backup/restore.test.ts',
            'test/outbox-nodes.test.ts',
          ],
          // How long a hash takes, and what stands in headers and in the table of routes, is the same over any database.
          exclude: ['test/journeys/{timing,headers,route-table}.test.ts'],
          globalSetup: './test/support/postgres-for-the-run.ts',
        },
      },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
