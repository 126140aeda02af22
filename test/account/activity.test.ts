/** What is left of every deed: audit events, the activity page and its exports, mails; and no secret in any of them. */
import { describe, expect, it } from 'vitest';
import { disableUser, enableUser } from '../../src/flows/disable-user.ts';
import { tellEndedPasses } from '../../src/flows/tell-ended-passes.ts';
import { finish, proveMailbox, STRONG, setUpApp } from '../journeys/steps.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { type Door, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import {
  addMember,
  ask,
  type Cast,
  goOnWithPass,
  grantRequest,
  handOver,
  loggedIn,
  memberOf,
  onPass,
  openCast,
  operatorPass,
  passesOf,
  passwordInto,
  typePassCode,
  wrongNumber,
} from './steps.ts';

interface Event {
  kind: string;
  at: number;
  by: string;
  actor_id: string | null;
  user_id: string | null;
  account_id: string | null;
  network: string;
  browser: string;
  data: string;
}

const newest = async (door: Door, kind: string) =>
  (
    await door.rows<Event>(`select * from audit_events where kind = '${kind}' order by rowid desc limit 1`)
  )[0];

const post = (by: HttpBrowser, path: string, fields: Record<string, string> = {}): Promise<Answer> =>
  by.post(`/accounts/meridian/${path}`, fields);

/** Each deed of an account: the event it leaves, and on whom. */
const DEEDS: Record<
  string,
  { kind: string; deed: (cast: Cast, by: HttpBrowser) => Promise<unknown>; on?: 'sam' }
> = {
  'an invitation': {
    kind: 'invitation.made',
    deed: (_c, by) => post(by, 'people/invite', { emails: 'i@new.example', role: 'member' }),
  },
  'an invitation withdrawn': {
    kind: 'invitation.withdrawn',
    deed: async ({ door, meridian }, by) => {
      await door.invite(meridian, 'w@new.example');
      const [row] = await door.rows<{ id: string }>('select id from invitations');
      await post(by, `invitations/${row?.id}/withdraw`);
    },
  },
  'a role': {
    kind: 'membership.role_changed',
    on: 'sam',
    deed: async ({ door, sam }, by) =>
      post(by, `people/${await memberOf(door, sam)}/role`, { role: 'admin' }),
  },
  'sessions ended': {
    kind: 'membership.sessions_ended',
    on: 'sam',
    deed: async ({ door, sam }, by) => post(by, `people/${await memberOf(door, sam)}/end-sessions`),
  },
  removal: {
    kind: 'membership.removed',
    on: 'sam',
    deed: async ({ door, sam }, by) => post(by, `people/${await memberOf(door, sam)}/remove`),
  },
  'a pass handed over': {
    kind: 'pass.granted',
    on: 'sam',
    deed: ({ door, sam }, by) => handOver(door, by, sam),
  },
  'a pass asked for and granted': {
    kind: 'pass.granted',
    on: 'sam',
    deed: async ({ door, sam }, by) => grantRequest(by, await ask(door, sam)),
  },
  'a request denied': {
    kind: 'pass.request_denied',
    on: 'sam',
    deed: async ({ door, sam }, by) =>
      post(by, `passes/requests/${(await ask(door, sam)).id}`, { action: 'deny' }),
  },
  'a request that died': {
    kind: 'pass.request_died',
    on: 'sam',
    deed: async ({ door, sam }, by) => {
      const asked = await ask(door, sam);
      for (let n = 0; n < 3; n++) await grantRequest(by, { ...asked, number: wrongNumber(asked) });
    },
  },
  'a pass revoked': {
    kind: 'pass.revoked',
    on: 'sam',
    deed: async ({ door, sam }, by) => post(by, `passes/${(await operatorPass(door, sam)).id}/revoke`),
  },
  'the mandate changed': {
    kind: 'mandate.changed',
    deed: (_c, by) => post(by, 'security', { on: 'yes', totp: 'yes', from: 'now', confirmed: 'yes' }),
  },
  'the mandate off': {
    kind: 'mandate.switched_off',
    deed: (_c, by) => post(by, 'security', { on: 'no', confirmed: 'yes' }),
  },
  'the mandate on': {
    kind: 'mandate.switched_on',
    deed: async ({ door }, by) => {
      await door.mandate('meridian', null);
      await post(by, 'security', { on: 'yes', totp: 'yes', from: 'now', confirmed: 'yes' });
    },
  },
  'the end of text messages': {
    kind: 'mandate.text_end_set',
    deed: (_c, by) => post(by, 'security/text-end', { day: '2027-01-01' }),
  },
  'no end of text messages': {
    kind: 'mandate.text_end_removed',
    deed: async (_c, by) => {
      await post(by, 'security/text-end', { day: '2027-01-01' });
      await post(by, 'security/text-end', { remove: 'yes' });
    },
  },
  'the session length': {
    kind: 'session_length.changed',
    deed: (_c, by) => post(by, 'security/session-length', { max: '60', idle: '30' }),
  },
};

describe('audit: who, what, to whom, when, from where', () => {
  it.each(Object.entries(DEEDS))('%s', async (_name, { kind, deed, on }) => {
    await using cast = await openCast();
    const { door, meridian, olivia, sam } = cast;
    const by = await loggedIn(door, olivia);
    await deed(cast, by);
    const event = await newest(door, kind);
    expect(event).toMatchObject({
      kind,
      at: door.clock.now(),
      by: 'user',
      actor_id: olivia.id,
      account_id: meridian.id,
      network: '127.0.0.1',
      browser: 'Chrome on Linux',
    });
    if (on === 'sam') expect(event?.user_id).toBe(sam.id);
    const page = await by.get(`/accounts/meridian/activity?kind=${kind}`);
    expect(page.text).toContain('Olivia');
    if (on === 'sam') expect(page.text).toMatch(/Sam Rivera/);
  });

  it('what a member does leaves their events; refused deeds leave none of the deed', async () => {
    await using cast = await openCast();
    const { door, meridian, sam, adam } = cast;
    const asked = await ask(door, sam);
    const here = { actor_id: sam.id, account_id: meridian.id, network: '127.0.0.1' };
    expect(await newest(door, 'pass.requested')).toMatchObject(here);
    await grantRequest(await loggedIn(door, adam), asked);
    await goOnWithPass(asked.browser);
    expect(await newest(door, 'pass.activated')).toMatchObject(here);
    const login = await newest(door, 'login.completed');
    expect(login).toMatchObject(here);
    expect(JSON.parse(login?.data ?? '{}').by).toContain('pass');
    const admin = await loggedIn(door, adam);
    const count = () => door.rows('select id from audit_events');
    const before = (await count()).length;
    const self = await memberOf(door, adam);
    await post(admin, `people/${self}/role`, { role: 'owner' });
    await post(admin, `people/${self}/pass`, { reason: 'me' });
    await post(admin, 'people/invite', { emails: 'boss@x.example', role: 'owner' });
    expect((await count()).length).toBe(before);
    await submit(asked.browser, '/accounts/meridian/leave');
    expect(await newest(door, 'membership.removed')).toMatchObject({ ...here, user_id: sam.id });
  });

  it('P5, P6: every end of a pass leaves one event that says by what, and one mail to each', async () => {
    await using cast = await openCast();
    const { door, meridian, sam, olivia } = cast;
    await onPass(door, sam);
    door.clock.advance(hours(24));
    expect(await tellEndedPasses(door.ctx)).toBe(1);
    expect(await tellEndedPasses(door.ctx)).toBe(0);
    const ended = () => door.rows<Event>(`select * from audit_events where kind = 'pass.ended'`);
    expect(await ended()).toHaveLength(1);
    expect((await ended())[0]).toMatchObject({ account_id: meridian.id, user_id: sam.id, by: 'nobody' });
    expect(JSON.parse((await ended())[0]?.data ?? '{}').by).toBe('time');
    expect(await door.count(sam.email, /pass into Meridian has ended/)).toBe(1);
    // P7: its right is left.
    expect((await door.newest(sam.email)).text).toContain('you set up two-factor authentication again');
    expect(await door.count(olivia.email, /has ended/)).toBe(1);
    // Told or not, it was over at its millisecond: nothing waits for the job.
    expect((await passwordInto(door.browser(), sam)).path).toBe('/login/pass');
  });
});

describe('the page and its exports', () => {
  it('filters by person, kind and day; the exports hold what the page shows, in the same order', async () => {
    await using cast = await openCast();
    const { door, meridian, olivia, adam, sam } = cast;
    const owner = await loggedIn(door, olivia);
    for (let n = 0; n < 70; n++) {
      door.clock.advance(minutes(1));
      await door.invite(meridian, `p${n}@new.example`);
    }
    door.clock.advance(days(1));
    await loggedIn(door, adam);
    const { code } = await operatorPass(door, sam);
    // Events of one millisecond stand in no order.
    door.clock.advance(1);
    await typePassCode(door.browser(), sam, code);
    const again = await loggedIn(door, olivia);
    const sentences = (page: Answer) =>
      [...page.body.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)]
        .slice(1)
        .map(([row]) => (row ?? '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' '));
    const first = await again.get('/accounts/meridian/activity');
    expect(sentences(first)).toHaveLength(50);
    const older = /href="([^"]*before=[^"]*)"/.exec(first.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = sentences(
      await again.get(new URL(older, door.url + first.path).href.replace(door.url, '')),
    );
    const all = await door.rows<Event>(
      `select * from audit_events where account_id = '${meridian.id}' order by at desc, id desc`,
    );
    expect(sentences(first).length + second.length).toBe(all.length);

    const jsonl = (await again.get('/accounts/meridian/activity.jsonl')).body
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(jsonl.map((e) => [e.time, e.kind])).toEqual(
      all.map((e) => [new Date(e.at).toISOString(), e.kind]),
    );
    const csv = (await again.get('/accounts/meridian/activity.csv')).body.trim().split('\r\n').slice(1);
    expect(
      csv.map((line) =>
        line
          .split(',')
          .slice(0, 2)
          .map((cell) => cell.replaceAll('"', '')),
      ),
    ).toEqual(all.map((e) => [new Date(e.at).toISOString(), e.kind]));

    const lines = async (query: string) =>
      (await again.get(`/accounts/meridian/activity.jsonl?${query}`)).body
        .split('\n')
        .filter(Boolean)
        .map((l) => JSON.parse(l));
    const today = new Date(door.clock.now()).toISOString().slice(0, 10);
    expect((await lines('kind=pass')).map((e) => e.kind)).toEqual(['pass.activated', 'pass.granted']);
    expect(await lines('kind=invitation.made')).toHaveLength(70);
    for (const line of await lines('search=Sam')) expect(JSON.stringify(line)).toContain('Sam Rivera');
    expect((await lines(`search=${sam.email}&kind=login`)).length).toBe(1);
    expect(await lines('search=%25')).toEqual([]);
    for (const line of await lines(`from=${today}`)) expect(line.time.slice(0, 10)).toBe(today);
    expect((await lines(`from=${today}`)).length + (await lines(`until=2026-10-01`)).length).toBe(all.length);
    for (const bad of ['from=2026-02-31', 'from=x', 'from=2026-10-03&until=2026-10-01'])
      expect((await again.get(`/accounts/meridian/activity.csv?${bad}`)).status, bad).toBe(422);
    for (const bad of ['kind=nope', 'kind=*', 'before=x'])
      expect((await again.get(`/accounts/meridian/activity?${bad}`)).status, bad).toBe(400);
    expect((await owner.get('/accounts/meridian/activity')).status).toBe(303);
  });

  it('a name or a reason that begins like a formula, or holds markup, stays text everywhere', async () => {
    await using cast = await openCast();
    const { door, meridian, olivia } = cast;
    const evil = await door.addPerson({
      email: 'evil@meridian.example',
      name: '=HYPERLINK("http://x.example","<b>click</b>")',
      method: 'totp',
      in: [{ account: meridian }],
    });
    const owner = await loggedIn(door, olivia);
    const reason = '@SUM(1+1),"a"\r\n<script>alert(1)</script>';
    await handOver(door, owner, evil, 'meridian', reason);
    await loggedIn(door, evil);
    const csv = await owner.get('/accounts/meridian/activity.csv');
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.headers['content-disposition']).toContain('attachment; filename="meridian-activity.csv"');
    expect(csv.headers['cache-control']).toBe('no-store');
    expect(csv.headers['x-content-type-options']).toBe('nosniff');
    // No cell begins like a formula, quoted or not.
    const cells = csv.body.match(/(?:^|,|\r\n)(?:"(?:[^"]|"")*"|[^,"\r\n]*)/g) ?? [];
    for (const cell of cells) expect(cell.replace(/^(?:,|\r\n)/, '')).not.toMatch(/^"?[=+@\t\r-]/);
    for (const path of ['people', 'passes', 'activity', `people/${await memberOf(door, evil)}`]) {
      const { body } = await owner.get(`/accounts/meridian/${path}`);
      expect(body, path).not.toContain('<script>alert');
      expect(body, path).not.toContain('<b>click');
    }
  });
});

describe('R66: no secret is left', () => {
  it('in audit events, log lines or exports: codes, tokens, keys, numbers, passwords', async () => {
    await using cast = await openCast();
    const { door, meridian, sam, olivia, adam } = cast;
    const secrets = new Set<string>();
    const cookies = (browser: HttpBrowser) => {
      for (const { value } of browser.cookies())
        for (const part of value.split('.')) if (part.length > 20) secrets.add(part);
    };
    const tess = await door.addPerson({
      email: 'tess@meridian.example',
      name: 'Tess',
      method: 'sms',
      phone: '+447400123456',
      in: [{ account: meridian }],
    });
    const owner = await loggedIn(door, olivia);
    cookies(owner);
    cookies(await loggedIn(door, tess));
    await post(owner, 'people/invite', { emails: 'iris@new.example', role: 'member' });
    await door.browser().get(await door.link('iris@new.example'));
    secrets.add(await handOver(door, owner, adam));
    const { browser } = await onPass(door, sam);
    cookies(browser);
    door.clock.advance(hours(24));
    await passwordInto(browser, sam);
    cookies(browser);
    await proveMailbox(door, browser, sam.email);
    const { app, codes } = await setUpApp(door, browser);
    await finish(browser);
    cookies(browser);
    for (const code of [...codes, ...sam.codes, ...tess.codes, ...olivia.codes]) secrets.add(code);
    for (const key of [app.secret, olivia.app?.secret, sam.app?.secret]) secrets.add(key ?? 'none');
    const used = door.browser();
    await passwordInto(used, olivia);
    await submit(used, '/login/recovery-code', { code: olivia.codes[0] ?? '' });
    await submit(door.browser(), '/forgot-password', { email: tess.email });
    await submit(door.browser(), await door.link(tess.email), { password: STRONG });
    await submit(door.browser(), await door.link(tess.email, /reset/i), {});
    await submit(door.browser(), '/login', { email: sam.email, password: `${STRONG} but wrong` });
    for (const password of [STRONG, sam.password]) secrets.add(password);
    for (const number of ['+447400123456', '447400123456', '07400 123456']) secrets.add(number);
    await door.sent();
    const mails = await door.rows<{ text: string }>('select text from inbox');
    const sixDigits = new Set<string>();
    for (const { text } of mails) {
      for (const [, token] of text.matchAll(/\/([\w-]{43})\b/g)) if (token !== undefined) secrets.add(token);
      for (const [, code] of text.matchAll(/^(\d{6}) is your/gm)) if (code !== undefined) sixDigits.add(code);
    }
    for (const secret of [...secrets])
      if (/^[0-9a-z]{4}-/.test(secret)) secrets.add(secret.replaceAll('-', ''));
    expect(secrets.size).toBeGreaterThan(60);
    expect(sixDigits.size).toBeGreaterThan(1);

    const again = await loggedIn(door, olivia);
    const lines = door.log.map(({ responseTime: _, time: _t, ...line }) => JSON.stringify(line));
    const places = {
      audit: JSON.stringify(await door.rows('select kind, network, browser, data from audit_events')),
      log: lines.join('\n'),
      csv: (await again.get('/accounts/meridian/activity.csv')).body,
      jsonl: (await again.get('/accounts/meridian/activity.jsonl')).body,
      page: (await again.get('/accounts/meridian/activity')).body,
    };
    for (const [place, text] of Object.entries(places)) {
      const low = text.toLowerCase();
      for (const secret of secrets)
        expect(low.includes(secret.toLowerCase()), `${secret} in ${place}`).toBe(false);
      for (const code of sixDigits)
        expect(new RegExp(`(?<![.\\d])${code}\\b`).test(text), `${code} in ${place}`).toBe(false);
    }
    // The two digits of a request are in none of its events either.
    const asked = await ask(door, await addMember(door, meridian));
    expect(JSON.parse((await newest(door, 'pass.requested'))?.data ?? '')).not.toHaveProperty('number');
    expect(asked.number).toMatch(/^\d\d$/);
  });
});

describe('E7, P1–P6: mails', () => {
  it('to the person and to the admins, once each, saying what to do if it was not them', async () => {
    await using cast = await openCast();
    const { door, sam, olivia, adam } = cast;
    const asked = await ask(door, sam);
    const owner = await loggedIn(door, olivia);
    await grantRequest(owner, asked);
    await goOnWithPass(asked.browser);
    const admins = async (subject: RegExp) => [
      await door.count(olivia.email, subject),
      await door.count(adam.email, subject),
    ];
    expect(await admins(/asks for a pass/)).toEqual([1, 1]);
    // Whoever granted it knows.
    expect(await admins(/was granted to/)).toEqual([0, 1]);
    expect(await admins(/uses their pass/)).toEqual([1, 1]);
    for (const subject of [/were granted a pass/, /pass into Meridian is in use/]) {
      expect(await door.count(sam.email, subject)).toBe(1);
      expect(await door.link(sam.email, subject)).toMatch(/^\/not-me\/[\w-]{43}$/);
    }
    await door.sent();
    const [mail] = await door.rows<{ text: string }>(
      `select text from inbox where "to" = '${sam.email}' and subject like '%is in use%'`,
    );
    expect(mail?.text).toContain('If this was not you');
    expect(mail?.text).toContain('Chrome on Linux');
    const [pass] = await passesOf(door, sam);
    await post(owner, `passes/${pass?.id}/revoke`);
    await tellEndedPasses(door.ctx);
    expect(await door.count(sam.email, /has ended/)).toBe(1);
    // P6: with it went the right to set up.
    expect((await door.newest(sam.email)).text).toContain('ask an admin of Meridian for another');
    expect(await admins(/has ended/)).toEqual([1, 1]);
  });

  it('E7: “not me” on the mail of a granted pass kills it before it was used', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const owner = await loggedIn(door, olivia);
    const code = await handOver(door, owner, sam);
    expect((await door.browser().post(await door.link(sam.email, /were granted/), {})).status).toBe(200);
    expect((await passesOf(door, sam))[0]?.ended_by).toBe('not_me');
    expect((await typePassCode(door.browser(), sam, code)).status).toBe(422);
  });

  it('U5: disabled, a person’s passes and requests die; enabled, they stay dead', async () => {
    await using cast = await openCast();
    const { door, sam, olivia } = cast;
    const owner = await loggedIn(door, olivia);
    const code = await handOver(door, owner, sam);
    const asked = await ask(door, sam);
    await disableUser(door.ctx, sam.email, { by: 'operator' });
    expect((await grantRequest(owner, asked)).status).toBe(404);
    await enableUser(door.ctx, sam.email, { by: 'operator' });
    expect((await typePassCode(door.browser(), sam, code)).status).toBe(422);
    await goOnWithPass(asked.browser);
    expect((await passesOf(door, sam)).map((p) => [p.ended_by, p.activated_at])).toEqual([
      ['disabled', null],
    ]);
  });
});
