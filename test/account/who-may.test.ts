/**
 * P8 over HTTP, every cell: who may do what to whom. What is expected is the design's text, written down here once
 * more and not read from the code.
 */
import { describe, expect, it } from 'vitest';
import type { Role } from '../../src/rules/facts.ts';
import { type Door, type Person, submit } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { addMember, ask, type Cast, loggedIn, memberOf, openCast, operatorPass } from './steps.ts';

const ROLES: readonly Role[] = ['owner', 'admin', 'member'];
const TARGETS = [...ROLES, 'self'] as const;
type Target = (typeof TARGETS)[number];

/** "Admins invite, remove, end sessions of, and grant passes to members; owners do so to everyone." "Nobody acts on themselves except to leave." */
function toPerson(actor: Role, target: Target): boolean {
  if (target === 'self' || actor === 'member') return false;
  return actor === 'owner' || target === 'member';
}

/** "… and alone change roles, invite admins and owners." */
const ownersOnly = (actor: Role, target: Target) => actor === 'owner' && target !== 'self';

interface Deed {
  /** Makes ready what the deed needs. @returns the POST. */
  ready: (cast: Cast, target: Person) => Promise<readonly [path: string, fields: Record<string, string>]>;
  may: (actor: Role, target: Target) => boolean;
  /** How success looks. */
  done: RegExp | 200;
}

const onPerson =
  (deed: string, fields: Record<string, string> = {}): Deed['ready'] =>
  async ({ door }, target) => [`people/${await memberOf(door, target)}/${deed}`, fields];

const onRequest =
  (action: 'grant' | 'deny'): Deed['ready'] =>
  async ({ door }, target) => {
    const { id, number } = await ask(door, target);
    return [`passes/requests/${id}`, { action, number, reason: 'rang them' }];
  };

const DEEDS: Record<string, Deed> = {
  remove: { ready: onPerson('remove'), may: toPerson, done: /people\?done=removed$/ },
  'end sessions of': { ready: onPerson('end-sessions'), may: toPerson, done: /\?done=sessions$/ },
  'hand a pass to': { ready: onPerson('pass', { reason: 'met them' }), may: toPerson, done: 200 },
  'grant what was asked by': { ready: onRequest('grant'), may: toPerson, done: /passes\?done=granted$/ },
  'deny what was asked by': { ready: onRequest('deny'), may: toPerson, done: /passes\?done=denied$/ },
  'revoke the pass of': {
    ready: async ({ door }, target) => [`passes/${(await operatorPass(door, target)).id}/revoke`, {}],
    may: toPerson,
    done: /passes\?done=revoked$/,
  },
  'make a member of': { ready: onPerson('role', { role: 'member' }), may: ownersOnly, done: /\?done=role$/ },
  'make an admin of': { ready: onPerson('role', { role: 'admin' }), may: ownersOnly, done: /\?done=role$/ },
  'make an owner of': { ready: onPerson('role', { role: 'owner' }), may: ownersOnly, done: /\?done=role$/ },
};

const nobodyYet = async ({ door, meridian }: Cast, role: Role) => {
  const email = `x${Math.random().toString(36).slice(2)}@invited.example`;
  await door.invite(meridian, email, role);
  const [row] = await door.rows<{ id: string }>(`select id from invitations where email = '${email}'`);
  return row?.id ?? '';
};

/** Deeds on somebody who is only invited, or to be: the role is theirs to be. */
const INVITATIONS: Record<
  string,
  { ready: (cast: Cast, role: Role) => ReturnType<Deed['ready']>; done: RegExp }
> = {
  invite: {
    ready: async (_cast, role) => ['people/invite', { emails: `new-${role}@invited.example`, role }],
    done: /people\?done=invited/,
  },
  'invite again': {
    ready: async (cast, role) => [`invitations/${await nobodyYet(cast, role)}/resend`, {}],
    done: /people\?done=resent$/,
  },
  'withdraw the invitation of': {
    ready: async (cast, role) => [`invitations/${await nobodyYet(cast, role)}/withdraw`, {}],
    done: /people\?done=withdrawn$/,
  },
};

const TO_ACCOUNT: Record<string, readonly [path: string, fields: Record<string, string>, done: RegExp]> = {
  'change the mandate': [
    'security',
    { on: 'yes', totp: 'yes', from: 'next_login', confirmed: 'yes' },
    /security\?done=changed$/,
  ],
  'switch the mandate off': ['security', { on: 'no', confirmed: 'yes' }, /security\?done=switched_off$/],
  'end text messages': ['security/text-end', { day: '2027-01-01' }, /\?done=text_ends_told$/],
  'set the session length': ['security/session-length', { max: '480', idle: '60' }, /\?done=length$/],
};

const PAGES = [
  '',
  '/people',
  '/people/invite',
  '/passes',
  '/security',
  '/activity',
  '/activity.csv',
  '/activity.jsonl',
];

/** The rows that deeds change; not the logins and sessions of those who do them. */
const rights = (door: Door) =>
  door.digest({
    without: ['logins', 'sessions', 'evidence', 'known_browsers', 'challenges', 'outbox', 'inbox'],
  });

async function expectRefused(door: Door, deed: () => Promise<Answer>): Promise<void> {
  const before = await rights(door);
  const answer = await deed();
  expect(answer.status).toBe(403);
  expect(answer.body).toMatch(/<h1/);
  expect(await rights(door)).toEqual(before);
}

function expectDone(answer: Answer, done: RegExp | 200): void {
  if (done === 200) expect(answer.status, answer.text).toBe(200);
  else expect(answer.location ?? answer.text).toMatch(done);
}

/** An actor that has just proven the phone, so that only the table can refuse. */
async function actorIn(cast: Cast, role: Role): Promise<{ actor: Person; browser: HttpBrowser }> {
  const { door, meridian } = cast;
  const actor = await addMember(door, meridian, `actor-${role}`, role);
  return { actor, browser: await loggedIn(door, actor) };
}

describe.each(ROLES)('P8: what an %s may do', (role) => {
  it('to each person: every deed and every target', async () => {
    await using cast = await openCast();
    const { door, meridian } = cast;
    const { actor, browser } = await actorIn(cast, role);
    const outcomes: string[] = [];
    for (const [name, deed] of Object.entries(DEEDS)) {
      for (const target of TARGETS) {
        const person = target === 'self' ? actor : await addMember(door, meridian, undefined, target);
        const [path, fields] = await deed.ready(cast, person);
        const post = () => browser.post(`/accounts/meridian/${path}`, fields);
        if (deed.may(role, target)) expectDone(await post(), deed.done);
        else await expectRefused(door, post);
        outcomes.push(`${name} ${target}`);
      }
    }
    expect(outcomes).toHaveLength(Object.keys(DEEDS).length * 4);
  });

  it('to somebody invited: only owners where it is about admins and owners', async () => {
    await using cast = await openCast();
    const { browser } = await actorIn(cast, role);
    for (const { ready, done } of Object.values(INVITATIONS)) {
      for (const target of ROLES) {
        const [path, fields] = await ready(cast, target);
        const post = () => browser.post(`/accounts/meridian/${path}`, fields);
        if (toPerson(role, target)) expectDone(await post(), done);
        else await expectRefused(cast.door, post);
      }
    }
  });

  it('to the account, on its pages, and to themselves: leave', async () => {
    await using cast = await openCast();
    const { door } = cast;
    const { actor, browser } = await actorIn(cast, role);
    for (const page of PAGES) {
      expect((await browser.get(`/accounts/meridian${page}`)).status, page).toBe(
        role === 'member' ? 403 : 200,
      );
    }
    for (const [name, [path, fields, done]] of Object.entries(TO_ACCOUNT)) {
      const post = () => browser.post(`/accounts/meridian/${path}`, fields);
      if (role === 'member') await expectRefused(door, post);
      else expectDone(await post(), done);
      if (name === 'switch the mandate off' && role !== 'member')
        await door.mandate('meridian', ['totp', 'sms']);
    }
    const left = await submit(browser, '/accounts/meridian/leave');
    expect(left.path).toBe('/');
    await expect(memberOf(door, actor)).rejects.toThrow();
  });
});

describe('P8: beyond roles', () => {
  it('M1, P8: the last owner can neither leave nor be demoted nor be removed; it is warned', async () => {
    await using cast = await openCast();
    const { door, olivia, adam } = cast;
    const owner = await loggedIn(door, olivia);
    expect((await owner.get('/accounts/meridian')).text).toContain('Make a second person an owner');
    await expectRefused(door, () => owner.post('/accounts/meridian/leave', {}));
    const self = await memberOf(door, olivia);
    await expectRefused(door, () => owner.post(`/accounts/meridian/people/${self}/role`, { role: 'member' }));
    await expectRefused(door, () => owner.post(`/accounts/meridian/people/${self}/remove`, {}));
    const admin = await loggedIn(door, adam);
    await expectRefused(door, () => admin.post(`/accounts/meridian/people/${self}/remove`, {}));
    await expectRefused(door, () => admin.post(`/accounts/meridian/people/${self}/role`, { role: 'member' }));
  });

  it('P8: an admin cannot take the place of an owner’s invitation by inviting the same address', async () => {
    await using cast = await openCast();
    const { door, adam, meridian } = cast;
    const link = await door.invite(meridian, 'boss@invited.example', 'admin');
    const admin = await loggedIn(door, adam);
    await expectRefused(door, () =>
      admin.post('/accounts/meridian/people/invite', {
        emails: 'first@invited.example, boss@invited.example',
        role: 'member',
      }),
    );
    expect((await door.browser().get(link)).status).toBeLessThan(400);
    expect(await door.rows(`select id from invitations where withdrawn_at is not null`)).toEqual([]);
  });

  it('R60: people, requests, passes and invitations of another account are not there, whoever asks', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, olivia, harbour, sam } = cast;
    const other = await addMember(door, harbour);
    const [pass, request] = [await operatorPass(door, sam, 'harbour'), await ask(door, other, 'harbour')];
    await door.invite(harbour, 'x@harbour.example');
    const [invitation] = await door.rows<{ id: string }>('select id from invitations');
    const browser = await loggedIn(door, olivia);
    const before = await rights(door);
    const member = await memberOf(door, other, 'harbour');
    for (const slug of ['meridian', 'harbour', 'nowhere']) {
      for (const [path, fields] of [
        [`people/${member}/remove`, {}],
        [`people/${member}/end-sessions`, {}],
        [`people/${member}/role`, { role: 'owner' }],
        [`people/${member}/pass`, { reason: 'x' }],
        [`passes/${pass.id}/revoke`, {}],
        [`passes/requests/${request.id}`, { action: 'deny' }],
        [`passes/requests/${request.id}`, { action: 'grant', number: request.number, reason: 'x' }],
        [`invitations/${invitation?.id}/resend`, {}],
        [`invitations/${invitation?.id}/withdraw`, {}],
      ] as const) {
        expect((await browser.post(`/accounts/${slug}/${path}`, fields)).status, `${slug} ${path}`).toBe(404);
      }
      expect((await browser.get(`/accounts/${slug}/people/${member}`)).status).toBe(404);
      if (slug !== 'meridian') {
        for (const page of PAGES) expect((await browser.get(`/accounts/${slug}${page}`)).status).toBe(404);
        for (const [path, fields] of Object.values(TO_ACCOUNT))
          expect((await browser.post(`/accounts/${slug}/${path}`, fields)).status).toBe(404);
        expect((await browser.post(`/accounts/${slug}/leave`, {})).status).toBe(404);
      }
    }
    expect(await rights(door)).toEqual(before);
  });

  it('T4: who has no fresh 2FA is asked for a code first and comes back to where they were', async () => {
    await using cast = await openCast();
    const { door, olivia, sam } = cast;
    const browser = await loggedIn(door, olivia);
    const member = await memberOf(door, sam);
    const asked = await ask(door, sam);
    const places: [path: string, fields: Record<string, string>, back: string][] = [
      [`people/${member}/pass`, { reason: 'x' }, `people/${member}`],
      [`people/${member}/role`, { role: 'admin' }, `people/${member}`],
      ['people/invite', { emails: 'a@b.example', role: 'member' }, 'people/invite'],
      [`passes/requests/${asked.id}`, { action: 'grant', number: asked.number, reason: 'x' }, 'passes'],
      ['security/session-length', { max: '480', idle: '60' }, 'security'],
      ['security/text-end', { day: '2027-01-01' }, 'security'],
      ['security', { on: 'no', confirmed: 'yes' }, 'security/mandate?on=no'],
      ['confirm', { page: 'person', id: member }, `people/${member}`],
      ['confirm', { page: 'passes' }, 'passes'],
    ];
    for (const [path, fields, back] of places) {
      door.clock.advance(5 * 60_000 + 1);
      const before = await rights(door);
      const page = await submit(browser, `/accounts/meridian/${path}`, fields);
      expect(page.path, path).toBe('/login/code');
      expect(await rights(door)).toEqual(before);
      const there = await submit(browser, '/login/code', { code: door.appCode(olivia) });
      expect(there.path).toBe(`/accounts/meridian/${back}`);
      expect(there.status).toBe(200);
    }
    // At five minutes to the millisecond it still holds.
    door.clock.advance(5 * 60_000);
    expectDone(
      await browser.post('/accounts/meridian/security/session-length', { max: '480', idle: '60' }),
      /done=length/,
    );
  });

  it('T4: a backup code is never fresh 2FA', async () => {
    await using cast = await openCast();
    const { door, olivia } = cast;
    const browser = door.browser();
    await door.password(browser, olivia);
    await submit(browser, '/login/recovery-code', { code: olivia.codes[0] ?? '' });
    await submit(browser, '/login/recovered', { choice: 'continue' });
    expect((await browser.get('/accounts/meridian')).status).toBe(200);
    const page = await submit(browser, '/accounts/meridian/people/invite', {
      emails: 'a@b.example',
      role: 'member',
    });
    expect(page.path).toBe('/login/code');
    expect(await door.rows('select id from invitations')).toEqual([]);
  });

  it('T4: where the account does not mandate, a password of the last five minutes stands in', async () => {
    await using cast = await openCast();
    const { door, crestline } = cast;
    const owner = await door.addPerson({
      email: 'cora@crestline.example',
      in: [{ account: crestline, role: 'owner' }],
    });
    const browser = door.browser();
    await door.password(browser, owner);
    const invite = () =>
      submit(browser, '/accounts/crestline/people/invite', { emails: 'a@b.example', role: 'member' });
    expect((await invite()).path).toMatch(/people\?done=invited/);
    door.clock.advance(5 * 60_000 + 1);
    expect((await invite()).path).toBe('/login');
    const there = await submit(browser, '/login', { email: owner.email, password: owner.password });
    expect(there.path).toBe('/accounts/crestline/people/invite');
  });
});

describe('P4, P8: what a session that is not admitted may do', () => {
  it('P4: a pass of one account does not take its person out of another that mandates', async () => {
    await using cast = await openCast({ samIn: 'all' });
    const { door, sam } = cast;
    const { code } = await operatorPass(door, sam);
    const browser = door.browser();
    await door.password(browser, sam);
    await submit(browser, '/login/recovery-code', { code });
    await submit(browser, '/accounts/harbour/leave');
    expect(await memberOf(door, sam, 'harbour')).toBeTruthy();
    await submit(browser, '/accounts/crestline/leave');
    await expect(memberOf(door, sam, 'crestline')).rejects.toThrow();
  });
});
