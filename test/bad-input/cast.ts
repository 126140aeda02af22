/**
 * A server with somebody at every page that has a form, and for each form what its own page would send: what the
 * tests over the whole route table corrupt. A route that is not listed gets an empty form from an owner.
 */

import { inTransaction } from '../../src/store/database.ts';
import { insertRequest } from '../../src/store/pass-requests.ts';
import { insertPass } from '../../src/store/passes.ts';
import type { RouteEntry } from '../../src/web/server.ts';
import { MAIL, proveMailbox, STRONG, setUpApp } from '../journeys/steps.ts';
import { passRequestRow, passRow } from '../store/rows.ts';
import { days, minutes } from '../support/clock.ts';
import { type Door, openDoor, submit } from '../support/door.ts';
import type { HttpBrowser } from '../support/http-browser.ts';

export const ROLES = [
  'nobody',
  'at_mailbox',
  'at_code',
  'at_text_code',
  'recovered',
  'at_set_up',
  'at_backup_codes',
  'at_continue',
  'at_pass',
  'member',
  'owner',
] as const;
export type Role = (typeof ROLES)[number];

export interface Example {
  as: Role;
  fields: Record<string, string>;
  /** Fields that may be missing or empty without anything being wrong. */
  optional?: readonly string[];
}

/** By address; what is not here is asked by the owner with an empty form. */
const EXAMPLES: Record<string, Example> = {
  '/sign-up': {
    as: 'nobody',
    fields: { name: 'Eve', email: 'eve@new.example', password: STRONG, account: 'Eve' },
  },
  '/login': { as: 'nobody', fields: { email: 'olivia@meridian.example', password: 'a wrong password' } },
  '/login/email-code': {
    as: 'at_mailbox',
    fields: { code: '123456', action: 'resend' },
    optional: ['code', 'action'],
  },
  '/login/code': {
    as: 'at_text_code',
    fields: { code: '123456', action: 'resend' },
    optional: ['code', 'action'],
  },
  '/login/recovery-code': { as: 'at_code', fields: { code: 'zzzz-zzzz-zzzz' } },
  '/login/recovered': { as: 'recovered', fields: { choice: 'continue' } },
  '/login/backup-codes': { as: 'at_backup_codes', fields: { saved: 'yes' } },
  '/login/account': { as: 'at_code', fields: { account: 'meridian' }, optional: ['account'] },
  '/login/continue': { as: 'at_continue', fields: {} },
  '/login/pass': { as: 'at_code', fields: { action: 'want', account: 'meridian' }, optional: ['account'] },
  '/logout': { as: 'member', fields: {} },
  '/login/set-up': { as: 'at_set_up', fields: { method: 'totp' } },
  '/login/set-up/app': { as: 'at_set_up', fields: { code: '123456' } },
  '/login/set-up/phone': { as: 'at_set_up', fields: { country: 'GB', phone: '07400 123456' } },
  '/login/set-up/text': {
    as: 'at_set_up',
    fields: { code: '123456', action: 'resend' },
    optional: ['code', 'action'],
  },
  '/invitations/:token': { as: 'nobody', fields: {} },
  '/invitations/:token/log-out': { as: 'member', fields: {} },
  '/forgot-password': { as: 'nobody', fields: { email: 'olivia@meridian.example' } },
  '/reset-password': { as: 'nobody', fields: { password: STRONG } },
  '/not-me/:token': { as: 'nobody', fields: {} },
  '/password': { as: 'owner', fields: { current: 'a wrong password', password: STRONG } },
  '/step-up': { as: 'member', fields: { for: 'account', account: 'meridian' }, optional: ['account'] },
  '/sessions/end': { as: 'member', fields: { id: 'f'.repeat(32) }, optional: ['id'] },
  '/sessions/end-others': { as: 'member', fields: {} },
  '/accounts/:slug/people/invite': {
    as: 'owner',
    fields: { emails: 'eve@new.example', role: 'member' },
    optional: ['role'],
  },
  '/accounts/:slug/people/:id/role': { as: 'owner', fields: { role: 'admin' } },
  '/accounts/:slug/people/:id/pass': { as: 'owner', fields: { reason: 'Phone lost' } },
  '/accounts/:slug/passes/requests/:id': {
    as: 'owner',
    fields: { action: 'grant', number: '07', reason: 'Phone lost' },
  },
  '/accounts/:slug/security': {
    as: 'owner',
    fields: { on: 'yes', totp: 'yes', sms: 'yes', from: 'now', confirmed: 'yes' },
    optional: ['totp', 'sms', 'from', 'confirmed'],
  },
  '/accounts/:slug/security/text-end': {
    as: 'owner',
    fields: { day: '2027-01-01', remove: 'yes' },
    optional: ['day', 'remove'],
  },
  '/accounts/:slug/security/session-length': { as: 'owner', fields: { max: '60', idle: '30' } },
  '/accounts/:slug/confirm': { as: 'owner', fields: { page: 'security', id: 'x' }, optional: ['page', 'id'] },
};

export const exampleOf = (url: string): Example => EXAMPLES[url] ?? { as: 'owner', fields: {} };

export interface Cast {
  door: Door;
  browsers: Record<Role, HttpBrowser>;
  /** The address of a route with real things in it: live tokens, people that are there. */
  addressOf(route: Pick<RouteEntry, 'url'>): string;
  /** The same with tokens and ids that nothing has. */
  deadAddressOf(route: Pick<RouteEntry, 'url'>): string;
}

/** Opens a door with everybody in place. */
export async function assemble(): Promise<Cast> {
  const door = await openDoor({ demo: true });
  return placeIn(door).catch(async (error: unknown) => {
    await door.close();
    throw error;
  });
}

async function placeIn(door: Door): Promise<Cast> {
  const meridian = await door.account('meridian');
  const lapsing = await door.addAccount({ name: 'Lapsing', mandates: ['totp'] });
  const here = { in: [{ account: meridian }] } as const;
  const add = (name: string, method?: 'totp' | 'sms') =>
    door.addPerson({
      email: `${name}@meridian.example`,
      ...(method === undefined ? {} : { method }),
      ...here,
    });
  const browsers = Object.fromEntries(ROLES.map((role) => [role, door.browser()])) as Cast['browsers'];

  await door.password(browsers.at_mailbox, await door.demoPerson('nina'));
  await door.password(browsers.at_code, await add('ann', 'totp'));
  await door.password(browsers.at_text_code, await door.demoPerson('theo'));
  const rita = await add('rita', 'totp');
  await door.password(browsers.recovered, rita);
  await submit(browsers.recovered, '/login/recovery-code', { code: rita.codes[0] ?? '' });
  const sue = await add('sue');
  await door.password(browsers.at_set_up, sue);
  await proveMailbox(door, browsers.at_set_up, sue.email);
  await submit(browsers.at_set_up, '/login/set-up', { method: 'totp' });
  await submit(browsers.at_set_up, '/login/set-up/phone', { country: 'GB', phone: '07400 123456' });
  const bob = await add('bob');
  await door.password(browsers.at_backup_codes, bob);
  await proveMailbox(door, browsers.at_backup_codes, bob.email);
  await setUpApp(door, browsers.at_backup_codes);
  const con = await door.addPerson({
    email: 'con@lapsing.example',
    method: 'totp',
    in: [{ account: lapsing }],
  });
  await door.password(browsers.at_continue, con);
  await door.mandate('lapsing', null);
  const lost = await door.addPerson({
    email: 'lost@meridian.example',
    in: [{ account: meridian, trust: 'forgotten' }],
  });
  await door.password(browsers.at_pass, lost);
  await door.logIn(browsers.member, await door.demoPerson('sam'));
  await door.logIn(browsers.owner, await door.demoPerson('olivia'));

  const live = await addThings(door, meridian.id);
  await door.sent();
  const fill = (url: string, token: string, id: string) =>
    url
      .replace(':slug', 'meridian')
      .replace(':token', token)
      .replace(':id', id)
      .replace(':file', 'main.js')
      .replace(/\/security\/mandate$/, '$&?on=yes&totp=yes')
      .replace(/^\/reset-password$/, `/reset-password?token=${token}`);
  return {
    door,
    browsers,
    addressOf: ({ url }) => {
      const thing = Object.entries(live).find(([start]) => url.startsWith(start))?.[1] ?? 'x';
      return fill(url, thing, thing);
    },
    deadAddressOf: ({ url }) => fill(url, 'A'.repeat(43), 'f'.repeat(32)),
  };
}

/** Everything that a request could spend or change, alive: by the start of the address that names it. */
async function addThings(door: Door, accountId: string): Promise<Record<string, string>> {
  const [theo] = await door.rows<{ id: string; user_id: string }>(
    `select memberships.id, user_id from memberships join users on users.id = user_id where email like 'theo%'`,
  );
  const of = { membership_id: theo?.id ?? '', account_id: accountId, user_id: theo?.user_id ?? '' };
  const now = door.clock.now();
  const pass = passRow({ ...of, granted_at: now, ends_at: now + days(1), code_hash: '$argon2id$no' });
  const [login] = await door.rows<{ id: string }>(`select id from logins where user_id = '${of.user_id}'`);
  const request = passRequestRow({
    ...of,
    login_id: login?.id ?? '',
    created_at: now,
    expires_at: now + minutes(30),
  });
  await inTransaction(door.ctx.db, async (tx) => {
    await insertPass(tx, pass);
    await insertRequest(tx, request);
  });
  const [invitation] = await door.rows<{ id: string }>('select id from invitations');
  await submit(door.browser(), '/forgot-password', { email: 'sam@meridian.example' });
  const reset = await door.link('sam@meridian.example', MAIL.reset);
  const notMe = await door.link('rita@meridian.example', MAIL.codeUsed);
  const invited = await door.link('iris@meridian.example');
  return {
    '/accounts/:slug/people/:id': of.membership_id,
    '/accounts/:slug/invitations/:id': invitation?.id ?? '',
    '/accounts/:slug/passes/requests/:id': request.id,
    '/accounts/:slug/passes/:id': pass.id,
    '/reset-password': reset.replace(/^.*token=/, ''),
    '/not-me/': notMe.replace('/not-me/', ''),
    '/invitations/': invited.replace('/invitations/', ''),
  };
}
