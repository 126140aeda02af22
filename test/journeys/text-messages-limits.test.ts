/** T28, S09, S10: limits on text messages over real HTTP, and who is told. Counts of the rules are in src/rules. */
import { afterEach, describe, expect, it } from 'vitest';
import { sweep } from '../../src/flows/sweep.ts';
import { askForText } from '../../src/flows/text-messages.ts';
import { watchTexts } from '../../src/flows/text-messages-watch.ts';
import type { AccountRow } from '../../src/store/accounts.ts';
import { inTransaction } from '../../src/store/database.ts';
import type { TextMessageRow } from '../../src/store/text-messages.ts';
import { days, minutes } from '../support/clock.ts';
import { type Door, openDoor, type Person, submit } from '../support/door.ts';
import { type SmsGateway, smsGateway } from '../support/sms-gateway.ts';

let gateway: SmsGateway;
let door: Door;
let account: AccountRow;
afterEach(async () => {
  await door?.close();
  await gateway?.close();
});

async function openWith(limits = '', env: Record<string, string> = {}): Promise<void> {
  gateway = await smsGateway(() => door.clock.now());
  const sms = { SMS_URL: gateway.address, SMS_COUNTRIES: 'US,DE', SMS_LIMITS: limits };
  door = await openDoor({ proxied: true, env: { ...sms, ...env } });
  account = await door.addAccount({ name: 'Meridian', mandates: ['sms', 'totp'] });
}

let people = 0;
/** Somebody new, whose number is known to them alone unless another is given. */
function person(phone = `+1415555${String(1000 + 37 * ++people)}`, at = account): Promise<Person> {
  people += 1;
  return door.addPerson({ email: `p${people}@people.example`, method: 'sms', phone, in: [{ account: at }] });
}
const from = (n: number) => door.browser({ 'x-forwarded-for': `198.51.100.${n}` });
let networks = 0;
/** One who asks from a network of their own. */
const ask = async (who: Person) => (await door.password(from(++networks % 250), who)).text;

const SENT = 'We sent a code by text message to';
const LIMIT = 'Too many text messages have been asked for';
const messages = () => door.rows<TextMessageRow>('select * from text_messages order by at, id');
/** The reason of each ask that was blocked; those of one hour stand in one row. */
const blockedBy = async () =>
  (await messages()).flatMap((m) =>
    m.state === 'blocked' ? Array<string | null>(m.asks).fill(m.reason) : [],
  );

it('number: three in ten minutes over all persons, however the number is held', async () => {
  await openWith();
  const shared = '+14155550132';
  for (let n = 0; n < 3; n++) expect(await ask(await person(shared))).toContain(SENT);
  const late = await person(shared);
  expect(await ask(late)).toContain(LIMIT);
  expect(gateway.taken).toHaveLength(3);
  expect(await blockedBy()).toEqual(['number/10min']);
  door.clock.advance(minutes(10));
  expect(await ask(late)).toContain(SENT);
});

it('person: five an hour, over all their numbers and networks; a recovery code still lets them in', async () => {
  await openWith('number/10min=100,number/hour=100');
  const theo = await person();
  for (let n = 0; n < 5; n++) expect(await ask(theo)).toContain(SENT);
  const browser = from(7);
  expect((await door.password(browser, theo)).text).toContain(LIMIT);
  expect(await blockedBy()).toEqual(['person/hour']);
  const recovered = await submit(browser, '/login/recovery-code', { code: theo.codes[0] ?? '' });
  expect(recovered.path).toBe('/login/recovered');
});

it('F20: network: ten an hour for an IPv6 /64, whoever asks', async () => {
  await openWith('prefix/hour=100');
  const asked = async (n: number, address: string) =>
    (
      await door.password(
        door.browser({ 'x-forwarded-for': address }),
        await person(`+141555${20_000 + 13 * n}`),
      )
    ).text;
  for (let n = 0; n < 10; n++) expect(await asked(n, `2001:db8:1:2::${n + 1}`)).toContain(SENT);
  expect(await asked(10, '2001:db8:1:2:ffff::1')).toContain(LIMIT);
  expect(await blockedBy()).toEqual(['network/hour']);
  expect(await asked(11, '2001:db8:1:3::1')).toContain(SENT);
});

it('a code that was used gives its place back: a busy person and a busy office go on, the caps do not', async () => {
  await openWith('account/day=14,prefix/hour=100');
  const theo = await person();
  for (let n = 0; n < 14; n++) {
    const browser = from(1);
    expect((await door.password(browser, theo)).text, `login ${n + 1}`).toContain(SENT);
    const home = await submit(browser, '/login/code', { code: gateway.code(theo.phone ?? '') });
    expect(home.path).toBe('/');
    door.clock.advance(minutes(1));
  }
  expect((await door.password(from(1), theo)).text).toContain(LIMIT);
  expect(await blockedBy()).toEqual(['account/day']);
});

it('T28: whoever answers every code still has an end, on their number and in all', async () => {
  await openWith('number/day-in-all=4,prefix/hour=100');
  const theo = await person();
  for (let n = 0; n < 4; n++) {
    const browser = from(1);
    expect((await door.password(browser, theo)).text, `login ${n + 1}`).toContain(SENT);
    await submit(browser, '/login/code', { code: gateway.code(theo.phone ?? '') });
    door.clock.advance(minutes(1));
  }
  expect((await door.password(from(1), theo)).text).toContain(LIMIT);
  expect(await blockedBy()).toEqual(['number/day-in-all']);
});

it('T30: strangers who begin set-ups with a number, and with those beside it, keep nobody out', async () => {
  await openWith('number/10min=2,prefix/hour=3');
  const theo = await person('+14155550132');
  const beginSetUp = async (n: number, to: string) => {
    const stranger = await door.addPerson({ email: `s${n}@stranger.example` });
    const by = { userId: stranger.id, accountId: null, network: `203.0.113.${n}` };
    const { ctx } = door;
    return inTransaction(ctx.db, (tx) =>
      askForText(ctx, tx, { id: `set-up-${n}`, to, purpose: 'enroll', ...by }),
    );
  };
  expect(await beginSetUp(1, '+14155550132')).toBe('go');
  expect(await beginSetUp(2, '+14155550132')).toBe('go');
  expect(await beginSetUp(3, '+14155550132')).toBe('limit');
  expect(await beginSetUp(4, '+14155550131')).toBe('go');
  expect(await beginSetUp(5, '+14155550133')).toBe('limit');
  expect(await ask(theo)).toContain(SENT);
});

describe('S10 signals', () => {
  it('prefix: ten go, the eleventh only if a fifth of the codes is used', async () => {
    await openWith('numbers/run=20');
    const askers: Person[] = [];
    for (let n = 0; n < 11; n++) askers.push(await person(`+14155550${100 + 7 * n}`));
    for (const one of askers.slice(0, 10)) expect(await ask(one)).toContain(SENT);
    const [eleventh] = askers.slice(10);
    expect(await ask(eleventh as Person)).toContain(LIMIT);
    expect(await blockedBy()).toEqual(['prefix/hour']);
    expect(
      await door.count('help@sallyport.example', /Text messages to some numbers in US were stopped/),
    ).toBe(1);
    // Two of them type their codes: people, after all.
    for (const one of askers.slice(0, 2)) {
      const browser = from(240);
      door.clock.advance(minutes(1));
      await door.password(browser, one);
      await submit(browser, '/login/code', { code: gateway.code(one.phone ?? '') });
    }
    expect(await blockedBy()).toHaveLength(3);
  });

  it('neighbouring numbers: five in a row that nobody answered, the sixth is not written to', async () => {
    await openWith();
    for (let n = 0; n < 5; n++) expect(await ask(await person(`+1415555010${n}`))).toContain(SENT);
    expect(await ask(await person('+14155550105'))).toContain(LIMIT);
    expect(await blockedBy()).toEqual(['run']);
    expect(await ask(await person('+14155550150'))).toContain(SENT);
    expect(await door.count('help@sallyport.example', /neighbouring numbers in US were stopped/)).toBe(1);
  });

  it('an office whose people answer is no run', async () => {
    await openWith();
    for (let n = 0; n < 9; n++) {
      const who = await person(`+1415555010${n}`);
      const browser = from(n + 1);
      expect((await door.password(browser, who)).text).toContain(SENT);
      expect((await submit(browser, '/login/code', { code: gateway.code(who.phone ?? '') })).path).toBe('/');
    }
    expect(await blockedBy()).toEqual([]);
  });

  it('a country whose codes nobody uses is told once a day, and goes on', async () => {
    await openWith('prefix/hour=100,numbers/run=20');
    for (let n = 0; n < 20; n++) await ask(await person(`+1415555${2000 + 41 * n}`));
    await watchTexts(door.ctx);
    const told = () => door.count('help@sallyport.example', /Few codes sent to US are used/);
    expect(await told()).toBe(0);
    door.clock.advance(minutes(6));
    await watchTexts(door.ctx);
    await watchTexts(door.ctx);
    expect(await told()).toBe(1);
    expect(await ask(await person('+14155559001'))).toContain(SENT);
  });
});

describe('S09 caps', () => {
  it('account: its admins are told at 50, 80 and 100 %, once; another account goes on', async () => {
    await openWith('account/day=10,prefix/hour=1000');
    const olivia = await door.addPerson({ email: 'olivia@people.example', in: [{ account, role: 'owner' }] });
    for (let n = 0; n < 12; n++) await ask(await person(`+1415555${3000 + 41 * n}`));
    expect(gateway.taken).toHaveLength(10);
    expect(await blockedBy()).toEqual(['account/day', 'account/day']);
    for (const percent of [50, 80, 100]) {
      const subject = new RegExp(`^${percent} % of the text messages of Meridian are used up$`);
      expect(await door.count(olivia.email, subject), `${percent} %`).toBe(1);
    }
    expect((await door.newest(olivia.email)).text).toContain(`/accounts/meridian/security`);
    expect(await door.count('help@sallyport.example')).toBe(0);
    const events = await door.rows<{ data: string; account_id: string }>(
      "select data, account_id from audit_events where kind = 'sms.alert' order by at, id",
    );
    expect(events.map(({ data }) => JSON.parse(data).percent).toSorted()).toEqual([100, 50, 80]);
    expect(new Set(events.map((e) => e.account_id))).toEqual(new Set([account.id]));
    const other = await door.addAccount({ name: 'Other', mandates: ['sms'] });
    expect(await ask(await person('+14155559999', other))).toContain(SENT);
    door.clock.advance(days(1));
    expect(await ask(await person('+14155559888'))).toContain(SENT);
  });

  it('instance: a day’s money is not outspent, whatever a message costs, and the operator is told', async () => {
    await openWith('instance/spend=0.5,prefix/hour=1000', { SMS_PRICES: 'US:0.09', SMS_COUNTRIES: 'US' });
    for (let n = 0; n < 8; n++) await ask(await person(`+1415555${4000 + 41 * n}`));
    // Five at 0.09 are 0.45; a sixth would be 0.54.
    expect(gateway.taken).toHaveLength(5);
    expect(new Set(await blockedBy())).toEqual(new Set(['instance/spend']));
    for (const percent of [50, 80, 100])
      expect(await door.count('help@sallyport.example', new RegExp(`^${percent} %`))).toBe(1);
  });

  it('T28: fifty at once are never more than the cap', async () => {
    await openWith('account/day=7,prefix/hour=1000,numbers/run=20');
    const askers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => person(`+1415555${5000 + 41 * n}`)),
    );
    const pages = await Promise.all(askers.map(ask));
    await door.sent();
    expect(pages.filter((page) => page.includes(SENT))).toHaveLength(7);
    expect(gateway.handed).toHaveLength(7);
    expect(new Set(gateway.handed.map(({ id }) => id)).size).toBe(7);
  });
});

it('what is kept of a text message goes after 90 days', async () => {
  await openWith();
  await ask(await person());
  door.clock.advance(days(90));
  await sweep(door.ctx);
  expect(await messages()).toHaveLength(1);
  door.clock.advance(1);
  await sweep(door.ctx);
  expect(await messages()).toEqual([]);
});
