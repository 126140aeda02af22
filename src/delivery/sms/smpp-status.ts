import smpp from 'smpp';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(smpp.errors).map(([name, status]) => [status, name]),
);

/** The name of a `command_status`, or its number where SMPP has none: servers have statuses of their own. */
export function statusName(status: number): string {
  return NAMES.get(status) ?? `0x${status.toString(16).padStart(4, '0').slice(-8)}`;
}
