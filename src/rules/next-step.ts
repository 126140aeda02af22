import type { Authenticator, Evidence, LoginFacts, Membership } from './facts.ts';
import { asOf } from './mandate.ts';
import { passIsLive, rightIsLive } from './pass.ts';
import {
  allowedMethods,
  type EnrollmentPlan,
  offeredMethods,
  planEnrollment,
  proofOf,
  withoutLapsed,
} from './trust.ts';

/** T4: how old a proof may be to count as fresh. */
export const FRESH_MS = 5 * 60_000;
/** B2: with this many backup codes or fewer, the next login by the authenticator itself shows ten new ones. */
export const FEW_BACKUP_CODES = 2;

export type NextStep =
  | { readonly step: 'start_again' }
  | { readonly step: 'refused'; readonly reason: 'disabled' | 'unknown' }
  /** M3: what the target takes cannot be delivered; another account may be picked. */
  | { readonly step: 'refused'; readonly reason: 'no_method'; readonly target: string }
  | { readonly step: 'password' }
  | { readonly step: 'email_code'; readonly why: 'sign_up' | 'invitation' | 'set_up' | 'trust' | 'pass' }
  | {
      readonly step: 'code';
      readonly target: string;
      readonly authenticator: Authenticator;
      /** D6: the authenticator is dead, only its backup codes open. */
      readonly onlyRecovery: boolean;
    }
  | { readonly step: 'recovered'; readonly target: string; readonly authenticator: Authenticator }
  | {
      readonly step: 'set_up';
      readonly target: string;
      readonly plan: EnrollmentPlan;
      /** E1: why this enrollment may be made. */
      readonly basis: 'first' | 'proven' | 'right';
    }
  /** `asking`: the mailbox is proven and a request may be made; otherwise only a pass code can be typed. */
  | { readonly step: 'pass'; readonly target: string; readonly asking: boolean }
  /** No page: the fact is recorded and the rule asked again. */
  | { readonly step: 'trust'; readonly target: string; readonly authenticator: Authenticator }
  | { readonly step: 'backup_codes'; readonly authenticator: Authenticator }
  /** `target` is `null` where nothing was demanded. `passId`: it is this pass that opens. */
  | { readonly step: 'done'; readonly target: string | null; readonly passId: string | null };

/**
 * D2: what comes next in this login. The first line that applies wins:
 *  1. login over                                       → start again
 *  2. user disabled, told only after the right password → refuse
 *  3. password unproven                                → password
 *  4. sign-up or invitation, mailbox unproven          → e-mailed code
 *  5. no account of the user mandates, and no step-up  → done
 *  6. the target is chosen: the account asked for, else the mandating one last entered, else the oldest
 *  7. this browser holds the target's pass             → done
 *  8. target trusts X, X unproven                      → code of X (only recovery codes if X is dead)
 *  9. target `never` and the user has X                → code of X, mailbox, then trust X
 * 10. target `never` and no authenticator; `forgotten` with a set-up right; X proven but its kind not
 *     allowed; replacement chosen                      → mailbox, choose, confirm
 * 11. `forgotten` without a right, or 8 and 9 where the person can use none of it (P1)
 *                                                      → ask for a pass, after the mailbox
 * 12. backup codes unsaved                             → show them
 * 13. done
 */
export function nextStep(given: LoginFacts, now: number): NextStep {
  const facts = withoutLapsed({ ...given, memberships: given.memberships.map((m) => asOf(m, now)) }, now);
  if (facts.endedAt !== null || now >= facts.expiresAt) return { step: 'start_again' };

  const passwordHere = facts.evidence.some((e) => e.kind === 'password');
  const passwordProven = passwordHere || facts.sessionEvidence.some((e) => e.kind === 'password');
  if (passwordProven && facts.user !== null && facts.user.disabledAt !== null) {
    return { step: 'refused', reason: 'disabled' };
  }
  if (!passwordProven) return { step: 'password' };

  const mailboxHere = facts.evidence.some((e) => e.kind === 'email');
  if (facts.kind === 'sign_up' && !mailboxHere) return { step: 'email_code', why: 'sign_up' };
  if (facts.invited && !mailboxHere) return { step: 'email_code', why: 'invitation' };

  if (facts.user === null) return { step: 'refused', reason: 'unknown' };
  refuseTornFacts(facts);
  const mandating = facts.memberships.filter((m) => m.account.mandate !== null);
  if (mandating.length === 0 && facts.kind !== 'step_up') return done(null);

  if (facts.kind !== 'step_up') return stepFor(chooseTarget(facts, mandating), facts, now);
  if (facts.demand === 'own_authenticator') return ownAuthenticator(facts, now);
  const asked = facts.memberships.find((m) => m.account.id === facts.accountAsked);
  return asked === undefined ? { step: 'refused', reason: 'unknown' } : stepFor(asked, facts, now);
}

/** D9: facts that do not fit together let nobody in, and into no set-up either. */
function refuseTornFacts(facts: LoginFacts): void {
  const torn = facts.memberships.find(
    (m) => m.trust.state === 'authenticator' && trustedBy(m, facts) === null,
  );
  if (torn !== undefined) throw new Error(`membership ${torn.id} trusts an authenticator that is not there`);
}

/** Line 6. Somewhere a mandate is on, or line 5 would have applied. */
function chooseTarget(facts: LoginFacts, mandating: readonly Membership[]): Membership {
  const wanted = [facts.accountPicked, facts.accountAsked];
  for (const id of wanted) {
    const found = mandating.find((m) => m.account.id === id);
    if (found !== undefined) return found;
  }
  const first = mandating.toSorted(lastEnteredElseOldest)[0];
  if (first === undefined) throw new Error('a target was asked for where nothing mandates');
  return first;
}

function lastEnteredElseOldest(a: Membership, b: Membership): number {
  if (a.lastEnteredAt !== b.lastEnteredAt) return (b.lastEnteredAt ?? -1) - (a.lastEnteredAt ?? -1);
  return a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1);
}

/**
 * U4: whatever authenticator the person has, awake or asleep: one just proven, else one that can be. Somebody
 * without any has nothing to prove.
 */
function ownAuthenticator(facts: LoginFacts, now: number): NextStep {
  const evidence = freshEvidence(facts, now);
  const candidates = facts.memberships.flatMap((m) => {
    const x = trustedBy(m, facts);
    return x === null ? [] : [{ member: m, x }];
  });
  const proven = candidates.find(({ x }) => proofOf(x.id, evidence) === 'itself');
  if (proven !== undefined) return done(null);
  const usable = candidates.find(({ x }) => !x.codesDead) ?? candidates[0];
  return usable === undefined ? done(null) : withAuthenticator(usable.x, usable.member, facts, now);
}

/** Lines 7 to 13, once the target is known. */
function stepFor(target: Membership, facts: LoginFacts, now: number): NextStep {
  const mandates = target.account.mandate !== null;

  // P5: this demand is for a set-up right. Nobody sets up by wish alone (M5): they go back where they were.
  const x = trustedBy(target, facts);
  const setUpHere = x !== null && takes(target, x) && proofOf(x.id, facts.evidence) === 'itself';
  const wishOnly = target.trust.state !== 'forgotten' && !setUpHere;
  if (facts.kind === 'step_up' && facts.demand === 'set_up' && wishOnly) return done(null);

  // A step-up to an account that demands nothing: entry is free, a deed wants a fresh password (T4).
  if (!mandates && facts.demand === 'entry') return done(target.id);
  if (!mandates && facts.demand === 'fresh' && target.trust.state !== 'authenticator') {
    const typed = freshEvidence(facts, now).some((e) => e.kind === 'password');
    return typed ? done(target.id) : { step: 'password' };
  }

  // 7. A pass opens the door; it never counts as fresh 2FA, and steps aside for a set-up that was chosen.
  const pass = facts.passesHere.find((p) => p.membershipId === target.id && passIsLive(p, now));
  if (pass !== undefined && facts.demand === 'entry') {
    return { step: 'done', target: target.id, passId: pass.id };
  }

  switch (target.trust.state) {
    case 'authenticator': {
      const x = trustedBy(target, facts);
      if (x === null) throw new Error('torn facts were let through');
      return withAuthenticator(x, target, facts, now);
    }
    case 'never': {
      const x = existingFor(target, facts);
      return x === undefined ? setUp('first', target, null, facts) : withAuthenticator(x, target, facts, now);
    }
    case 'forgotten': {
      const right = facts.passesHere.some((p) => p.membershipId === target.id && rightIsLive(p, now));
      return right ? setUp('right', target, null, facts) : askForPass(target, facts);
    }
    default:
      return unknownTrust(target.trust);
  }
}

/** Lines 8, 9, 10 and 12 for an authenticator X that the target trusts, or may come to trust. */
function withAuthenticator(x: Authenticator, target: Membership, facts: LoginFacts, now: number): NextStep {
  const trusted = target.trust.state === 'authenticator';
  const here = proofOf(x.id, facts.evidence);
  const lately = proofOf(
    x.id,
    wantsFresh(facts) ? freshEvidence(facts, now) : [...facts.evidence, ...facts.sessionEvidence],
  );
  const taken = facts.demand === 'own_authenticator' || takes(target, x);
  // A backup code typed here comes first, unless X itself was proven and that is all the target asks.
  if (here === 'backup_code' && !(lately === 'itself' && trusted && taken)) {
    return afterBackupCode(x, target, facts, now);
  }
  if (lately === 'none') return codeOf(x, target, facts);
  // What a backup code opened a while ago stays open, but it earns nothing more in this login.
  if (lately === 'backup_code') {
    return trusted && taken && facts.demand === 'entry' ? done(target.id) : codeOf(x, target, facts);
  }
  // T1 a, b: what earns trust, or gives up X, is proven in this very login.
  if ((!taken || !trusted) && here === 'none') return codeOf(x, target, facts);
  // A target that never trusted X leaves it to those that do.
  if (!taken) return setUp('proven', target, trusted ? x.id : null, facts);
  if (!trusted) return provenHere(facts, 'trust') ?? { step: 'trust', target: target.id, authenticator: x };
  if (here === 'itself' && wantsBackupCodes(x, facts)) return { step: 'backup_codes', authenticator: x };
  return done(target.id);
}

/** B3, for a backup code of X typed in this login. It lets in, but it is not X itself. */
function afterBackupCode(x: Authenticator, target: Membership, facts: LoginFacts, now: number): NextStep {
  const fresh = wantsFresh(facts);
  const stale = fresh && proofOf(x.id, freshEvidence(facts, now)) === 'none';
  if (facts.afterRecovery === null) {
    return stale ? codeOf(x, target, facts) : { step: 'recovered', target: target.id, authenticator: x };
  }
  // Only "set up again" gives up X where neither this account nor M3 asks for it (T1 b).
  if (facts.afterRecovery === 'replace') return setUp('proven', target, x.id, facts);
  // "Continue": it earns no trust (T1 a) …
  if (target.trust.state !== 'authenticator') return setUp('proven', target, null, facts);
  if (facts.demand !== 'own_authenticator' && !takes(target, x)) return setUp('proven', target, x.id, facts);
  if (!fresh) return done(target.id);
  // … and is never fresh (T4). Where X is dead nothing else could ever be: it is bound again (D6).
  return x.codesDead ? setUp('proven', target, x.id, facts) : codeOf(x, target, facts);
}

/** Line 8, or line 11 for somebody who can use none of it (P1). */
function codeOf(x: Authenticator, target: Membership, facts: LoginFacts): NextStep {
  if (facts.wantsPass && target.account.mandate !== null) return askForPass(target, facts);
  return { step: 'code', target: target.id, authenticator: x, onlyRecovery: x.codesDead };
}

/** What the target trusts already it takes for as long as it may; what it comes to trust must be good for longer. */
function takes(target: Membership, x: Authenticator): boolean {
  const trusts = target.trust.state === 'authenticator' && target.trust.authenticatorId === x.id;
  return (trusts ? allowedMethods(target) : offeredMethods(target)).includes(x.kind);
}

function trustedBy(member: Membership, facts: LoginFacts): Authenticator | null {
  if (member.trust.state !== 'authenticator') return null;
  const { authenticatorId } = member.trust;
  return facts.authenticators.find((a) => a.id === authenticatorId) ?? null;
}

/** T4: deeds want a proof of the last five minutes, from this login or the session it is tied to. */
function wantsFresh(facts: LoginFacts): boolean {
  return facts.kind === 'step_up' && facts.demand !== 'entry' && facts.demand !== 'set_up';
}

function freshEvidence(facts: LoginFacts, now: number): readonly Evidence[] {
  return [...facts.evidence, ...facts.sessionEvidence].filter((e) => e.at >= now - FRESH_MS);
}

/** Line 11. A request leaves this house only after the mailbox is proven in this login (P1). */
function askForPass(target: Membership, facts: LoginFacts): NextStep {
  // P3: a session's old password is not enough to let somebody in anew.
  if (!facts.evidence.some((e) => e.kind === 'password')) return { step: 'password' };
  if (!facts.wantsPass) return { step: 'pass', target: target.id, asking: false };
  if (!facts.evidence.some((e) => e.kind === 'email')) return { step: 'email_code', why: 'pass' };
  return { step: 'pass', target: target.id, asking: true };
}

/**
 * Line 9's X, of several: one proven itself, else one proven by a backup code, else one that can still be
 * proven; each time rather one of a kind that the target takes.
 */
function existingFor(target: Membership, facts: LoginFacts): Authenticator | undefined {
  const evidence = [...facts.evidence, ...facts.sessionEvidence];
  const rank = (x: Authenticator) => {
    const proof = { itself: 0, backup_code: 4, none: x.codesDead ? 12 : 8 }[proofOf(x.id, evidence)];
    return proof + (takes(target, x) ? 0 : 2);
  };
  return facts.authenticators.toSorted((a, b) => rank(a) - rank(b))[0];
}

/** Line 10, with E1's conditions: the password and the mailbox proven in this very login. */
function setUp(
  basis: 'first' | 'proven' | 'right',
  target: Membership,
  replaces: string | null,
  facts: LoginFacts,
): NextStep {
  const plan = planEnrollment(target, replaces, facts.memberships, facts.textMessages);
  if (plan.methods.length === 0) return { step: 'refused', reason: 'no_method', target: target.id };
  return provenHere(facts, 'set_up') ?? { step: 'set_up', target: target.id, plan, basis };
}

/** What T1 and E1 ask of the login itself; a session's old password does not count. */
function provenHere(facts: LoginFacts, why: 'set_up' | 'trust'): NextStep | null {
  if (!facts.evidence.some((e) => e.kind === 'password')) return { step: 'password' };
  if (!facts.evidence.some((e) => e.kind === 'email')) return { step: 'email_code', why };
  return null;
}

/** Line 12. A step-up interrupts for codes never saved, not for codes running low. */
function wantsBackupCodes(x: Authenticator, facts: LoginFacts): boolean {
  if (!x.backupCodesSaved) return true;
  return facts.kind !== 'step_up' && (x.backupCodesDead || x.backupCodesLeft <= FEW_BACKUP_CODES);
}

function done(target: string | null): NextStep {
  return { step: 'done', target, passId: null };
}

function unknownTrust(trust: never): NextStep {
  throw new Error(`unknown trust ${JSON.stringify(trust)}: refused`);
}
