import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newKey, parseKeys, seal } from '../../../src/credentials/sealed-secret.ts';
import { putEnrollment } from '../../../src/store/authenticators.ts';
import {
  clearSetBack,
  noteMoment,
  noteSaidRight,
  noteSetBack,
  readClockNotes,
} from '../../../src/store/clock-notes.ts';
import { inTransaction } from '../../../src/store/database.ts';
import { readMeta, sealedKeyNames, writeMeta } from '../../../src/store/meta.ts';
import { insertOutgoing } from '../../../src/store/outbox.ts';
import {
  claimEndedPasses,
  endPassesGrantedUntil,
  endRightsGrantedUntil,
  findPass,
} from '../../../src/store/passes.ts';
import type { Opened } from '../conformance.ts';
import {
  addAuthenticator,
  addLogin,
  addMember,
  addPass,
  addUser,
  enrollmentRow,
  NOW,
  newId,
  outboxRow,
} from '../rows.ts';

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

  test('T25: of moments noted at once the latest stays, and one that is done goes only if none came since', async () => {
    const { db } = opened;
    expect(await readClockNotes(db)).toEqual({ newest: null, setBackBefore: null, saidRight: null });
    // As numbers: as texts the shorter one would be the greater.
    const moments = [9, 10, NOW, NOW - 1, NOW + 1];
    await Promise.all(moments.map((at) => noteMoment(db, at)));
    await Promise.all(moments.map((at) => noteSetBack(db, at)));
    expect(await readClockNotes(db)).toEqual({
      newest: NOW + 1,
      setBackBefore: NOW + 1,
      saidRight: null,
    });
    await clearSetBack(db, NOW);
    expect((await readClockNotes(db)).setBackBefore).toBe(NOW + 1);
    await clearSetBack(db, NOW + 1);
    expect(await readClockNotes(db)).toEqual({ newest: NOW + 1, setBackBefore: null, saidRight: null });
    // T25: the operator's word is the only one that lowers it.
    const saidRight = { at: NOW - 9, until: NOW + 5 };
    await inTransaction(db, (tx) => noteSaidRight(tx, saidRight));
    expect(await readClockNotes(db)).toEqual({ newest: NOW - 9, setBackBefore: NOW + 5, saidRight });
  });

  test('Q9: what was granted up to a moment ends, so many at a time, with every set-up right; the rest stays', async () => {
    const { db } = opened;
    const member = await addMember(db);
    const right = { activated_at: NOW, cookie_hash: newId(), right_until: NOW + 9 };
    const active = await addPass(db, member, right);
    const unused = await addPass(db, member, { code_hash: 'hash' });
    const over = await addPass(db, member, { ...right, cookie_hash: newId(), ends_at: NOW });
    const kept = [
      await addPass(db, member, { granted_at: NOW + 1, code_hash: 'hash' }),
      await addPass(db, member, { ended_at: NOW - 1, ended_by: 'revoked' }),
      await addPass(db, member, { ...right, cookie_hash: newId(), ends_at: NOW, right_spent_at: NOW }),
    ];
    const p = { until: NOW, now: NOW, most: 1 };
    const rounds = [];
    for (let n = 0; n < 3; n++) rounds.push(await inTransaction(db, (tx) => endPassesGrantedUntil(tx, p)));
    expect(rounds.map((ended) => ended.length)).toEqual([1, 1, 0]);
    expect(
      rounds
        .flat()
        .map((pass) => pass.id)
        .toSorted(),
    ).toEqual([active.id, unused.id].toSorted());
    const rights = await inTransaction(db, (tx) => endRightsGrantedUntil(tx, p));
    expect(rights.map((pass) => pass.id)).toEqual([over.id]);
    expect(await inTransaction(db, (tx) => endRightsGrantedUntil(tx, p))).toEqual([]);
    const end = { ended_at: NOW, ended_by: 'clock_set_back', code_hash: null, right_until: null };
    expect(await findPass(db, active.id)).toEqual({ ...active, ...end });
    expect(await findPass(db, unused.id)).toEqual({ ...unused, ...end });
    expect(await findPass(db, over.id)).toEqual({
      ...over,
      ...end,
      code_hash: over.code_hash,
      end_told_at: null,
    });
    for (const pass of kept) expect(await findPass(db, pass.id)).toEqual(pass);
    // E7: whoever was only told a code hears of it as well.
    const told = await inTransaction(db, (tx) => claimEndedPasses(tx, NOW, 9));
    expect(told.map((pass) => pass.id)).toEqual(expect.arrayContaining([unused.id, over.id]));
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
