import { expect, test } from 'vitest';
import {
  type AuditEventRow,
  findAuditEvents,
  insertAuditEvent,
  lastEventOf,
} from '../../../src/store/audit.ts';
import { type Db, inTransaction } from '../../../src/store/database.ts';
import { addAuditEvent, addUser, NOW, newId } from '../rows.ts';

const EVERYTHING = { search: '', kind: '', from: null, until: null };

export function auditTests(db: () => Db): void {
  const addEvent = () => addAuditEvent(db(), { actor_id: newId() });
  const find = (id: string) => db().selectFrom('audit_events').selectAll().where('id', '=', id).execute();

  test('R66: an event is kept as it was written', async () => {
    const row = await addEvent();
    expect(await find(row.id)).toEqual([row]);
  });

  test('R66: an event can be neither changed nor taken away', async () => {
    const row = await addEvent();
    const refusal = /audit events are append-only/;
    const change = db()
      .updateTable('audit_events')
      .set({ kind: 'nothing.happened' })
      .where('id', '=', row.id);
    await expect(change.execute()).rejects.toThrow(refusal);
    await expect(db().deleteFrom('audit_events').where('id', '=', row.id).execute()).rejects.toThrow(refusal);
    await expect(db().deleteFrom('audit_events').execute()).rejects.toThrow(refusal);
    expect(await find(row.id)).toEqual([row]);
  });

  test('R66: nor by putting another in its place', async () => {
    const row = await addEvent();
    await expect(insertAuditEvent(db(), { ...row, kind: 'nothing.happened' })).rejects.toThrow();
    const upsert = db()
      .insertInto('audit_events')
      .values(row)
      .onConflict((c) => c.column('id').doUpdateSet({ kind: 'nothing.happened' }));
    await expect(upsert.execute()).rejects.toThrow(/audit events are append-only/);
    expect(await find(row.id)).toEqual([row]);
  });

  test('the event of a deed that was taken back is taken back with it', async () => {
    const row = { ...(await addEvent()), id: newId() };
    const deed = inTransaction(db(), async (tx) => {
      await insertAuditEvent(tx, row);
      throw new Error('taken back');
    });
    await expect(deed).rejects.toThrow('taken back');
    expect(await find(row.id)).toEqual([]);
  });

  /** The ids found, newest first. */
  const ask = async (
    accountId: string,
    over: Partial<typeof EVERYTHING> | { from: number; until: number } = {},
  ) =>
    (await findAuditEvents(db(), { accountId, ...EVERYTHING, ...over }, { limit: 99, before: null })).map(
      (e) => e.id,
    );

  test('T3, T32: an account sees what names it, newest first, with the people’s names, and nothing else', async () => {
    const [actor, person, account_id] = [await addUser(db()), await addUser(db()), newId()];
    const older = await addAuditEvent(db(), { account_id, actor_id: actor.id, user_id: person.id });
    const newer = await addAuditEvent(db(), { account_id, at: NOW + 1 });
    await addAuditEvent(db(), { account_id: newId(), actor_id: actor.id, user_id: person.id });
    await addAuditEvent(db(), { account_id: null, actor_id: actor.id, user_id: person.id });
    const page = { limit: 9, before: null };
    expect(await findAuditEvents(db(), { accountId: account_id, ...EVERYTHING }, page)).toEqual([
      { ...newer, actor_name: null, actor_email: null, person_name: null, person_email: null },
      {
        ...older,
        actor_name: actor.name,
        actor_email: actor.email,
        person_name: person.name,
        person_email: person.email,
      },
    ]);
  });

  test('pages follow one another without a gap or a repeat, also within one millisecond', async () => {
    const account_id = newId();
    for (const n of [0, 1, 1, 1, 2, 3]) await addAuditEvent(db(), { account_id, at: NOW + n });
    const whole = await ask(account_id);
    const seen: string[] = [];
    let before: { at: number; id: string } | null = null;
    for (;;) {
      const page: { at: number; id: string }[] = await findAuditEvents(
        db(),
        { accountId: account_id, ...EVERYTHING },
        { limit: 2, before },
      );
      if (page.length === 0) break;
      seen.push(...page.map((e) => e.id));
      before = page.at(-1) ?? null;
    }
    expect(seen).toEqual(whole);
    expect(seen).toHaveLength(6);
  });

  test('the newest event of one kind that happened to somebody, in whatever account', async () => {
    const [user, other] = [await addUser(db()), await addUser(db())];
    const add = (over: Partial<AuditEventRow>) =>
      addAuditEvent(db(), { user_id: user.id, kind: 'mail.bounced', ...over });
    await add({ at: NOW + 1 });
    const newest = await add({ at: NOW + 2, account_id: newId() });
    await add({ at: NOW + 3, kind: 'user.email_changed' });
    await add({ at: NOW + 3, user_id: other.id });
    expect(await lastEventOf(db(), user.id, 'mail.bounced')).toEqual(newest);
    expect(await lastEventOf(db(), newId(), 'mail.bounced')).toBeNull();
  });

  test('from one moment until another: the first counts, the last does not', async () => {
    const account_id = newId();
    const [, second, third] = [
      await addAuditEvent(db(), { account_id, at: NOW }),
      await addAuditEvent(db(), { account_id, at: NOW + 1 }),
      await addAuditEvent(db(), { account_id, at: NOW + 2 }),
    ];
    expect(await ask(account_id, { from: NOW + 1, until: NOW + 2 })).toEqual([second.id]);
    expect(await ask(account_id, { from: NOW + 1 } as never)).toEqual([third.id, second.id]);
  });

  test.each([
    ['login.completed', ['login.completed']],
    ['login', ['login.completed', 'login.refused']],
    ['backup_code', ['backup_code.used']],
    ['log', []],
    ['login_', []],
    ['%', []],
  ])('events of the kind "%s"', async (kind, found) => {
    const account_id = newId();
    const kinds = ['backup_code.used', 'backup_codes.saved', 'login.completed', 'login.refused', 'loginx.y'];
    const ids = new Map<string, string>();
    for (const each of kinds) ids.set((await addAuditEvent(db(), { account_id, kind: each })).id, each);
    expect((await ask(account_id, { kind })).map((id) => ids.get(id)).sort()).toEqual(found);
  });

  test.each([
    ['part of a name', 'lindq', true],
    ['a name in other case', 'THEO', true],
    ['a name with letters beyond ASCII, as it is', 'Åsa', true],
    ['the same in small letters', 'åsa', true],
    ['part of an address', 'theo.L', true],
    ['a sign that SQL would take for any letter', '_heo', false],
    ['a sign that SQL would take for anything', '%', false],
    ['a backslash', '\\', false],
    ['a quote', "'", false],
    ['somebody else', 'nina', false],
  ])('a search for %s', async (_what, search, found) => {
    const account_id = newId();
    const email = `theo.l${newId()}@example.com`;
    const theo = await addUser(db(), { name: 'Theo Åsa Lindqvist', email });
    const did = await addAuditEvent(db(), { account_id, actor_id: theo.id });
    const was = await addAuditEvent(db(), { account_id, user_id: theo.id });
    await addAuditEvent(db(), { account_id, user_id: (await addUser(db())).id });
    expect((await ask(account_id, { search })).sort()).toEqual(found ? [did.id, was.id].sort() : []);
  });
}
