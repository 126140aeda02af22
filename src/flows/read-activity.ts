import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
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
  readonly id: string;
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
 * @param accountSlug the account that lines without one are about: an account's own export does not name it.
 */
export function readActivityLines(
  text: string,
  accountSlug: string | null,
): { events: PastEvent[]; unread: number[] } {
  const events: PastEvent[] = [];
  const unread: number[] = [];
  for (const [n, json] of text.split('\n').entries()) {
    if (json.trim() === '') continue;
    const event = readLine(json, n + 1, accountSlug);
    if (event === null) unread.push(n + 1);
    else events.push(event);
  }
  // An account's export has the newest first; what was done is done again in its order.
  return { events: events.toSorted((a, b) => a.at - b.at), unread };
}

function readLine(json: string, line: number, accountSlug: string | null): PastEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Value.Check(LINE, value)) return null;
  const at = Date.parse(value.time);
  if (Number.isNaN(at)) return null;
  const named = (given: typeof value.actor): Named | null =>
    given === null ? null : { id: given.id ?? null, email: given.email ?? null };
  const fallback = accountSlug === null ? null : { id: null, slug: accountSlug };
  return {
    line,
    // The same line gives the same id: brought back twice, it is there once.
    id: value.id ?? createHash('sha256').update(json.trim()).digest('base64url').slice(0, 22),
    at,
    kind: value.kind,
    by: value.by,
    actor: named(value.actor),
    person: named(value.person),
    account: value.account === undefined ? fallback : value.account,
    network: value.network,
    browser: value.browser,
    details: value.details,
  };
}
