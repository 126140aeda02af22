import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newKey, parseKeys, seal } from '../../../src/credentials/sealed-secret.ts';
import { putEnrollment } from '../../../src/store/authenticators.ts';
import { readMeta, sealedKeyNames, writeMeta } from '../../../src/store/meta.ts';
import { insertOutgoing } from '../../../src/store/outbox.ts';
import type { Opened } from '../conformance.ts';
import { addAuthenticator, addLogin, addUser, enrollmentRow, outboxRow } from '../rows.ts';

export function metaTests(open: () => Promise<Opened>): void {
  let opened: Opened;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());

  test('what is noted about the database is read back, and the last word holds', async () => {
    const { db } = opened;
    expect(await readMeta(db, 'demo')).toBeNull();
    await writeMeta(db, 'demo', 'made');
    await writeMeta(db, 'other', 'kept');
    await writeMeta(db, 'demo', 'made again');
    expect([await readMeta(db, 'demo'), await readMeta(db, 'other')]).toEqual(['made again', 'kept']);
  });

  test('E6: which key sealed what, counted by table; erased bodies need none', async () => {
    const { db } = opened;
    expect(await sealedKeyNames(db)).toEqual([]);
    const [old, now] = [newRing(), newRing()];
    const user = await addUser(db);
    const mine = { user_id: user.id };
    await addAuthenticator(db, { ...mine, secret_sealed: sealed(old) });
    await addAuthenticator(db, { ...mine, secret_sealed: sealed(old) });
    await addAuthenticator(db, { ...mine, secret_sealed: sealed(now) });
    const login = await addLogin(db, { ...mine, backup_codes_sealed: sealed(now) });
    await addLogin(db, mine);
    await putEnrollment(db, enrollmentRow({ ...mine, login_id: login.id, secret_sealed: sealed(now) }));
    await insertOutgoing(db, outboxRow({ message_sealed: sealed(old) }));
    await insertOutgoing(db, outboxRow({ message_sealed: null }));
    const found = await sealedKeyNames(db);
    const expected = [
      { table: 'authenticators', keyId: idOf(old), rows: 2 },
      { table: 'authenticators', keyId: idOf(now), rows: 1 },
      { table: 'enrollments', keyId: idOf(now), rows: 1 },
      { table: 'logins', keyId: idOf(now), rows: 1 },
      { table: 'outbox', keyId: idOf(old), rows: 1 },
    ];
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
  });
}

const newRing = () => parseKeys(newKey(randomBytes));
const idOf = (ring: ReturnType<typeof newRing>) => ring.keys[0]?.id;
const sealed = (ring: ReturnType<typeof newRing>) =>
  seal(ring, { table: 't', row: 'r', user: 'u' }, 'secret', randomBytes);
