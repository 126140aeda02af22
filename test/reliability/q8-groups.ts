import { type Cast, exampleOf } from '../bad-input/cast.ts';
import type { Target } from './q8-malformed.ts';

/** Routes by what they are for, each with what its own page would send. */
export function groupsOf(cast: Cast): Map<string, Target[]> {
  const groups = new Map<string, Target[]>();
  for (const { method, url } of cast.door.app.routes) {
    if (method !== 'GET' && method !== 'POST') continue;
    const { as, fields } = exampleOf(url);
    const cookie = cast.browsers[method === 'GET' && as === 'nobody' ? 'owner' : as]
      .cookies()
      .map((c) => `${c.name}=${c.value}`)
      .join('; ');
    const group = groupOf(url);
    groups.set(group, [
      ...(groups.get(group) ?? []),
      { method, path: cast.addressOf({ url }), fields, cookie },
    ]);
  }
  return groups;
}

function groupOf(url: string): string {
  const account = /^\/accounts\/:slug\/(people|passes|security|confirm)/.exec(url)?.[1];
  if (account !== undefined) return account === 'confirm' ? 'security' : account;
  if (url.startsWith('/accounts')) return 'account';
  if (url.startsWith('/login/set-up')) return 'set-up';
  if (/^\/(login|logout)/.test(url)) return 'log-in';
  if (/^\/(forgot-password|reset-password|password|not-me)/.test(url)) return 'password';
  if (/^\/(sign-up|invitations)/.test(url)) return 'sign-up';
  return /^\/($|sessions|step-up)/.test(url) ? 'home' : 'public';
}
