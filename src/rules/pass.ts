import type { Pass, Role } from './facts.ts';

const HOUR_MS = 3_600_000;

/** P4: good for exactly this long from the grant. */
export const PASS_LIFE_MS = 24 * HOUR_MS;
/** P7: the set-up right outlives its pass by this long. */
export const RIGHT_LIFE_AFTER_PASS_MS = 7 * 24 * HOUR_MS;

/** P4, P5: judged on each request from the stored end, so that no job and no use can stretch it. */
export function passIsLive(pass: Pass | undefined, now: number): pass is Pass {
  return pass !== undefined && pass.endedAt === null && now < pass.endsAt;
}

/** P7: the right to enrol anew, in the browser that activated the pass, for that account only. */
export function rightIsLive(pass: Pass, now: number): boolean {
  return pass.rightUntil !== null && pass.rightSpentAt === null && now < pass.rightUntil;
}

/** P1: a request waits this long. */
export const REQUEST_LIFE_MS = HOUR_MS / 2;
export const REQUESTS_WAITING = 3;
export const WRONG_NUMBERS = 3;

/** P3: at most two per member in seven days, unless an owner grants it. */
export const PASSES_PER_WEEK = 2;
export const WEEK_MS = 7 * 24 * HOUR_MS;

/** P3: a reason that cannot be seen (spaces, control characters, invisible marks) is none. */
export const isReason = (text: string): boolean => /[^\p{Z}\p{C}]/u.test(text);

export type GrantVerdict = 'ok' | 'not_mandated' | 'too_many' | 'reason_missing';

/** P3, P4: may this pass be granted at all? Who may grant to whom is `access.ts`. */
export function judgeGrant(p: {
  readonly mandated: boolean;
  readonly grantedThisWeek: number;
  readonly by: Role | 'operator';
  readonly reason: string;
}): GrantVerdict {
  // The operator may also let somebody set up again who is forgotten where nothing is demanded right now.
  if (!p.mandated && p.by !== 'operator') return 'not_mandated';
  if (!isReason(p.reason)) return 'reason_missing';
  if (p.grantedThisWeek >= PASSES_PER_WEEK && p.by === 'admin') return 'too_many';
  return 'ok';
}

/** P8: is there anybody who may grant a pass to this member? The operator always may, on the host. */
export function mayBeAsked(member: { readonly role: Role }, other: { readonly role: Role }): boolean {
  return other.role === 'owner' || (other.role === 'admin' && member.role === 'member');
}

export type RequestState = 'waiting' | 'granted' | 'denied' | 'wrong_number' | 'expired' | 'withdrawn';

export function requestState(
  request: {
    readonly answer: 'granted' | 'denied' | 'wrong_number' | 'withdrawn' | null;
    readonly expiresAt: number;
  },
  now: number,
): RequestState {
  if (request.answer !== null) return request.answer;
  return now >= request.expiresAt ? 'expired' : 'waiting';
}

/** What lists show of a pass. */
export function passStateOf(
  p: { readonly endsAt: number; readonly endedAt: number | null; readonly activatedAt: number | null },
  now: number,
): 'unused' | 'in_use' | 'over' {
  if (p.endedAt !== null || now >= p.endsAt) return 'over';
  return p.activatedAt === null ? 'unused' : 'in_use';
}
