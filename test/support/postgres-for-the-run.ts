import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The PostgreSQL server that the run's doors stand over; empty where they stand over SQLite. */
    postgres: string;
  }
}

/** One server for all test files of the run over PostgreSQL; each door has a database of its own on it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide('postgres', server.admin);
  return () => server.stop();
}
