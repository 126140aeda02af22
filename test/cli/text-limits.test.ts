/** S09: the operator sets what one account may send and spend by text message, and sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PastEvent } from '../../src/flows/read-activity.ts';
import { REDO } from '../../src/flows/redo-events.ts';
import { type Door, openDoor, submit } from '../support/door.ts';
import { operate } from '../support/operator-words.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
  const account = await door.addAccount({ name: 'Meridian', mandates: ['sms'] });
  await door.addAccount({ name: 'Harbour', mandates: ['sms'] });
  const theo = await door.addPerson({
    email: 'theo@meridian.example',
    method: 'sms',
    phone: '+14155550132',
    in: [{ account }],
  });
  await submit(door.browser(), '/login', { email: theo.email, password: theo.password });
});
afterAll(() => door.close());

const sallyport = (...args: string[]) => operate(door.ctx, args);
const limitsOf = async (slug: string) => {
  const { texts_per_day: perDay, text_spend_per_day: spend } = await door.account(slug);
  return { perDay, spend };
};

describe('account limits', () => {
  it('sets both, one of them, and back to what holds for everybody; shows what is used', async () => {
    const both = await sallyport(
      ...['account', 'limits', 'meridian', '--texts-per-day', '500', '--text-spend-per-day', '25.5'],
    );
    expect(both.code).toBe(0);
    expect(both.said).toMatch(/account\/day +1 of 500 +of its own +until /);
    expect(both.said).toMatch(/account\/spend +0\.05 of 25\.5 +of its own/);
    expect(await limitsOf('meridian')).toEqual({ perDay: 500, spend: 255_000 });
    await sallyport('account', 'limits', 'meridian', '--texts-per-day', 'default');
    expect(await limitsOf('meridian')).toEqual({ perDay: null, spend: 255_000 });
    const shown = await sallyport('account', 'limits', 'meridian');
    expect(shown.said).toMatch(/account\/day +1 of 200 +as everybody/);
    const again = await sallyport('account', 'limits', 'meridian', '--text-spend-per-day', '25.5', '--json');
    expect(JSON.parse(again.said)).toMatchObject({ result: 'unchanged' });
  });

  it('sms status lists the accounts that have some, and no others', async () => {
    await sallyport('account', 'limits', 'meridian', '--texts-per-day', '50');
    const { said } = await sallyport('sms', 'status');
    expect(said).toMatch(/Accounts with limits of their own:\n +meridian +account\/day +1 of 50 +of its own/);
    expect(said).not.toContain('harbour');
    const { said: json } = await sallyport('sms', 'status', '--json');
    expect(JSON.parse(json).accounts).toMatchObject([{ slug: 'meridian', own: { perDay: 50 } }]);
  });

  it('refuses what is no limit, in words, and changes nothing', async () => {
    const before = await limitsOf('meridian');
    for (const [option, value] of [
      ['--texts-per-day', '-1'],
      ['--texts-per-day', 'many'],
      ['--text-spend-per-day', '1.2.3'],
    ] as const) {
      const { code, said } = await sallyport('account', 'limits', 'meridian', `${option}=${value}`);
      expect(code).toBe(2);
      expect(said).toContain(`${option} is "${value}". Write `);
    }
    expect(await limitsOf('meridian')).toEqual(before);
    const nobody = await sallyport('account', 'limits', 'nowhere', '--texts-per-day', '5');
    expect(nobody).toMatchObject({ code: 1, said: expect.stringContaining('no account with that slug') });
    expect((await sallyport('account', 'limits', 'nowhere')).code).toBe(1);
  });
});

describe('T35: set since a copy was made, they are set again in it', () => {
  const redo = async (details: Record<string, unknown>) => {
    // Of a line of the history only these are looked at here.
    const event = { kind: 'sms.limits_changed', details, word: 'operator' } as unknown as PastEvent;
    const account = await door.account('harbour');
    const subject = { user: null, actorId: null, account };
    return REDO['sms.limits_changed']?.(door.ctx, { name: 'tester' }, event, subject);
  };
  it('as they were recorded', async () => {
    expect(await redo({ perDay: 30, spend: 2.5 })).toBeNull();
    expect(await limitsOf('harbour')).toEqual({ perDay: 30, spend: 25_000 });
    expect(await redo({ perDay: null, spend: null })).toBeNull();
    expect(await limitsOf('harbour')).toEqual({ perDay: null, spend: null });
  });
  it('and not where the record says something else', async () => {
    expect(await redo({ perDay: '30', spend: null })).toBe('no_details');
    expect(await redo({ perDay: 30 })).toBe('no_details');
    expect(await redo({ perDay: -1, spend: null })).toBe('no_details');
    expect(await limitsOf('harbour')).toEqual({ perDay: null, spend: null });
  });
});
