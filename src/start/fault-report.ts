import { ConfigFaults } from '../config.ts';
import { NewerDatabase } from '../store/database.ts';

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is in use. Stop what uses it, or set PORT to another.',
  EACCES: 'This user may not open that port. Set PORT to 1024 or more.',
  EADDRNOTAVAIL: 'HOST is no address of this machine. Set it to 127.0.0.1, 0.0.0.0 or one of its own.',
  ENOTFOUND: 'HOST cannot be found. Set it to 127.0.0.1, 0.0.0.0 or an address of this machine.',
};

const FILE_FAULTS: Readonly<Record<string, string>> = {
  EACCES: 'This user may not read or write there.',
  EPERM: 'This user may not do that there.',
  ENOENT: 'There is no such file or folder.',
  ENOTDIR: 'What should be a folder there is none.',
  EISDIR: 'That is a folder.',
  ENOSPC: 'The disk is full.',
  EROFS: 'The disk cannot be written to.',
};

/** What did not happen: the server's start, or a command of the operator's. */
export type Undone = 'Sallyport did not start' | 'Not done';

/** A fault of the caller's is said in words, all at once; a bug keeps its stack. Ends the process with code 1. */
export function reportAndExit(error: unknown, undone: Undone = 'Sallyport did not start'): void {
  const faults = faultsOf(error);
  if (faults === null) console.error(error);
  else process.stderr.write(`${undone}:\n${faults.map((f) => `  - ${f}\n`).join('')}`);
  process.exit(1);
}

/** `null`: no fault of the caller's. */
function faultsOf(error: unknown): readonly string[] | null {
  if (error instanceof ConfigFaults) return error.faults;
  if (error instanceof NewerDatabase) return [error.message];
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  // What the file system says names a path; what `listen` says names none.
  const words = 'path' in error ? FILE_FAULTS[error.code] : LISTEN_FAULTS[error.code];
  return words === undefined ? null : [`${words} (${error.message})`];
}
