import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { KeyRing } from '../credentials/sealed-secret.ts';
import { readSignedLine } from '../credentials/signed-line.ts';
import type { AuditEventTable } from '../store/schema.ts';

const who = Type.Union([
  Type.Null(),
  Type.Object({
    id: Type.Optional(Type.String()),
    name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
]);
/** A line of `sallyport activity export`, or of an account's export, which has neither ids nor the account. */
const LINE = Type.Object({
  id: Type.Optional(Type.String({ minLength: 1 })),
  time: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z$' }),
  kind: Type.String({ pattern: '^[a-z_]+\\.[a-z_]+$' }),
  by: Type.Union([Type.Literal('user'), Type.Literal('operator'), Type.Literal('nobody')]),
  actor: who,
  person: who,
  account: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Object({ id: Type.String(), slug: Type.Union([Type.String(), Type.Null()]) }),
    ]),
  ),
  network: Type.String(),
  browser: Type.String(),
  details: Type.Record(Type.String(), Type.Unknown()),
});

export interface Named {
  readonly id: string | null;
  readonly email: string | null;
}

/** An event as it was recorded where the copy's history ends. */
export interface PastEvent {
  /** Where it stands in the file, from 1. */
  readonly line: number;
  /** `ours`: signed by this installation. `account`: whoever handed in the export of an account says so. */
  readonly word: 'ours' | 'account';
  /** Why nobody may go by it; `null`: it may be gone by. */
  readonly refused: 'no_account' | 'unsigned' | 'not_ours' | 'not_account_export' | null;
  readonly id: string;
  /** The line names its event; else `id` is made of the line. */
  readonly hasId: boolean;
  readonly at: number;
  readonly kind: string;
  readonly by: AuditEventTable['by'];
  readonly actor: Named | null;
  readonly person: Named | null;
  /** `null`: of no account. */
  readonly account: { readonly id: string | null; readonly slug: string | null } | null;
  readonly network: string;
  readonly browser: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Reads exported JSON Lines. What cannot be understood is told by its line and never guessed at.
 * @param keys what signed the export of all accounts; any of them.
 * @param accountSlug the account whose own export this is: a customer's word, and about that account alone.
 */
export function readActivityLines(
  text: string,
  { keys, accountSlug }: { readonly keys: KeyRing; readonly accountSlug: string | null },
): { events: PastEvent[]; unread: number[] } {
  const events: PastEvent[] = [];
  const unread: number[] = [];
  for (const [n, json] of text.split('\n').entries()) {
    if (json.trim() === '') continue;
    const event = readLine(json.trim(), n + 1, keys, accountSlug);
    if (event === null) unread.push(n + 1);
    else events.push(event);
  }
  // An account's export has the newest first; what was done is done again in its order.
  return { events: events.toSorted((a, b) => a.at - b.at), unread };
}

function readLine(text: string, line: number, keys: KeyRing, accountSlug: string | null): PastEvent | null {
  const read = readSignedLine(keys, text);
  let value: unknown;
  try {
    // Of a signed line what was signed, and nothing that a second reading might find in it.
    value = JSON.parse(read.signed ? read.json : text);
  } catch {
    return null;
  }
  if (!Value.Check(LINE, value)) return null;
  const unsigned = read.signed ? null : read.bears ? 'not_ours' : 'unsigned';
  const at = Date.parse(value.time);
  if (Number.isNaN(at)) return null;
  const named = (given: typeof value.actor): Named | null =>
    given === null ? null : { id: given.id ?? null, email: given.email ?? null };
  const nameless = value.id === undefined && value.account === undefined;
  const ofAccount = accountSlug !== null;
  const refusedHere = unsigned === 'unsigned' && nameless ? 'no_account' : unsigned;
  return {
    line,
    word: ofAccount ? 'account' : 'ours',
    refused: ofAccount ? (isOfAccountExport(value, read.signed) ? null : 'not_account_export') : refusedHere,
    // The same line gives the same id: brought back twice, it is there once.
    id: value.id ?? createHash('sha256').update(text).digest('base64url').slice(0, 22),
    hasId: value.id !== undefined,
    at,
    kind: value.kind,
    by: value.by,
    actor: named(value.actor),
    person: named(value.person),
    account: ofAccount ? { id: null, slug: accountSlug } : (value.account ?? null),
    network: value.network,
    browser: value.browser,
    details: value.details,
  };
}

/** An account's own export has neither ids nor its account: a line that has says more than its author could know. */
function isOfAccountExport(value: Static<typeof LINE>, signed: boolean): boolean {
  const ids = [value.id, value.account, value.actor?.id, value.person?.id];
  return !signed && !('mac' in value) && ids.every((id) => id === undefined);
}
