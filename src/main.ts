#!/usr/bin/env node
import { reportAndExit } from './start/fault-report.ts';
import { run } from './start/run.ts';

if (import.meta.main) run(process.argv.slice(2)).catch((error: unknown) => reportAndExit(error));
