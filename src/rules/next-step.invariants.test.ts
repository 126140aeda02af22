/**
 * What must hold of `nextStep` whatever the facts are. The worlds below are walked exhaustively; each invariant
 * is named by its rule, counts to how many combinations it applied, and shows the first that breaks it.
 */
import { describe, expect, test } from 'vitest';
import { hasFreshTwoFactor, isFresh as isFreshIn } from './access.ts';
import { admission } from './admission.ts';
import type { Authenticator, Evidence, LoginFacts, Membership, Method, Session } from './facts.ts';
import { type NextStep, nextStep } from './next-step.ts';
import { atTheDoor, oneAccount, twoAccounts } from './testing/login-worlds.ts';
import { sayStep } from './testing/say-step.ts';
import {
  app,
  BOTH,
  backupCode,
  byPass,
  code,
  days,
  mailbox,
  member,
  minutes,
  NOW,
  pass,
  password,
  product,
  session,
  stepUp,
  textCode,
} from './testing/scene.ts';

interface Combination {
  readonly facts: LoginFacts;
  readonly next: NextStep;
}

const ask = (facts: LoginFacts): Combination => ({ facts, next: nextStep(facts, NOW) });
const all = [...[...oneAccount()].map(ask), ...[...twoAccounts()].map(ask), ...[...atTheDoor()].map(ask)];

// What the invariants ask of the facts, in the words of the design and without the rules' own functions.

const hasPassword = (evidence: readonly Evidence[]) => evidence.some((e) => e.kind === 'password');
const hasMailbox = (evidence: readonly Evidence[]) => evidence.some((e) => e.kind === 'email');
const anywhere = ({ evidence, sessionEvidence }: LoginFacts) => [...evidence, ...sessionEvidence];
const itself = (x: string, evidence: readonly Evidence[]) =>
  evidence.some((e) => e.authenticatorId === x && (e.kind === 'totp' || e.kind === 'sms'));
const spare = (x: string, evidence: readonly Evidence[]) =>
  evidence.some((e) => e.authenticatorId === x && e.kind === 'backup_code');
const mandates = (m: Membership) => m.account.mandate !== null;
const takes = (m: Membership, kind: Method) => m.account.mandate?.methods.includes(kind) ?? true;
const lapsed = (x: Authenticator) => x.asleepSince !== null && NOW - x.asleepSince > days(90);
const awake = (facts: LoginFacts) => facts.authenticators.filter((x) => !lapsed(x));
const awakeOf = (facts: LoginFacts, id: string) => awake(facts).find((x) => x.id === id);
/** Which authenticator a membership trusts, if it has not lapsed. */
function trusted(m: Membership, facts: LoginFacts): string | null {
  return m.trust.state === 'authenticator' && awakeOf(facts, m.trust.authenticatorId)
    ? m.trust.authenticatorId
    : null;
}
const isNever = (m: Membership, facts: LoginFacts) =>
  m.trust.state !== 'forgotten' && trusted(m, facts) === null;
const over = (facts: LoginFacts) => facts.endedAt !== null || NOW >= facts.expiresAt;
const livePass = (m: Membership, facts: LoginFacts) =>
  facts.passesHere.find((p) => p.membershipId === m.id && p.endedAt === null && NOW < p.endsAt);
const liveRight = (m: Membership, facts: LoginFacts) =>
  facts.passesHere.some(
    (p) => p.membershipId === m.id && p.rightUntil !== null && p.rightSpentAt === null && NOW < p.rightUntil,
  );
const isFresh = (e: Evidence) => NOW - e.at <= minutes(5);
const wantsFresh = ({ demand }: LoginFacts) =>
  demand === 'fresh' || demand === 'two_factor' || demand === 'own_authenticator';
/** M5: a step-up to set up where there is no right to use. It is done, proves nothing and opens nothing. */
const isWishOnly = ({ facts }: Combination) =>
  facts.kind === 'step_up' &&
  facts.demand === 'set_up' &&
  facts.memberships.some((m) => {
    if (m.account.id !== facts.accountAsked || m.trust.state === 'forgotten') return false;
    // X proven in this very login is what a set-up by right has just left: its backup codes come first.
    const x = awakeOf(facts, trusted(m, facts) ?? '');
    return x === undefined || !takes(m, x.kind) || !itself(x.id, facts.evidence);
  });
const isOwn = ({ facts }: Combination) => facts.kind === 'step_up' && facts.demand === 'own_authenticator';
/** Past the password, the mailbox of a sign-up or invitation, and whether the user may at all. */
const isInside = ({ facts, next }: Combination) =>
  !over(facts) &&
  hasPassword(anywhere(facts)) &&
  facts.user?.disabledAt == null &&
  !(next.step === 'email_code' && (next.why === 'sign_up' || next.why === 'invitation'));
const deliverable = (m: Membership, { textMessages }: LoginFacts) =>
  takes(m, 'totp') || (textMessages && takes(m, 'sms'));
/** The membership a step is for; a step that names one of somebody else's would be a grave mistake. */
function targetOf({ facts, next }: Combination): Membership | null {
  if (!('target' in next) || next.target === null) return null;
  const found = facts.memberships.find((m) => m.id === next.target);
  if (found === undefined) throw new Error('a target that is not among the memberships');
  return found;
}

const stepIs =
  <S extends NextStep['step']>(...steps: S[]) =>
  (c: Combination): c is Combination & { next: Extract<NextStep, { step: S }> } =>
    (steps as string[]).includes(c.next.step);

/** Shows the first combination that breaks the rule, and never passes for want of combinations. */
function holds<C extends Combination>(
  applies: (c: Combination) => c is C,
  rule: (c: C) => boolean,
  least = 100,
): void {
  let seen = 0;
  for (const c of all) {
    if (!applies(c)) continue;
    seen++;
    if (rule(c)) continue;
    expect.fail(`${sayStep(c.next)}\n${JSON.stringify(c.facts, null, 1)}`);
  }
  expect(seen, 'combinations the rule applied to').toBeGreaterThanOrEqual(least);
}

const when =
  (applies: (c: Combination) => boolean) =>
  (c: Combination): c is Combination =>
    applies(c);

/** Field by field and without building phrases: it is asked some hundred thousand times. */
function same(one: NextStep, other: NextStep): boolean {
  const a: Record<string, unknown> = { ...one };
  const b: Record<string, unknown> = { ...other };
  return Object.keys(a).every(
    (key) => a[key] === b[key] || JSON.stringify(a[key]) === JSON.stringify(b[key]),
  );
}

/** Every third combination, scattered so that no dimension keeps step with it. */
const scattered = all.filter((_, n) => Math.imul(n, 2654435761) >>> 0 < 2 ** 32 / 3);

/** Changing the facts so leaves the answer as it is. `null`: the change does not apply. */
function changesNothing(change: (c: Combination) => LoginFacts | null, least = 1000): void {
  let seen = 0;
  for (const c of scattered) {
    const changed = change(c);
    if (changed === null) continue;
    seen++;
    const after = nextStep(changed, NOW);
    if (after.step === c.next.step && same(after, c.next)) continue;
    expect.fail(`${sayStep(c.next)} became ${sayStep(after)}\n${JSON.stringify(c.facts, null, 1)}`);
  }
  expect(seen, 'combinations the change applied to').toBeGreaterThanOrEqual(least);
}

describe('the first lines', () => {
  test('every world is walked, and every step is met', () => {
    expect(all.length).toBeGreaterThan(150_000);
    const met = new Set(all.map(({ next }) => next.step));
    expect([...met].sort()).toEqual(
      [
        'backup_codes',
        'code',
        'done',
        'email_code',
        'pass',
        'password',
        'recovered',
        'refused',
        'set_up',
        'trust',
      ].sort(),
    );
  });

  test('D2 nothing is ever undefined, and every field of every step is there', () => {
    holds(
      when(() => true),
      ({ next }) => !/undefined/.test(sayStep(next)),
    );
  });

  test('D2.1 ended or expired beats everything', () => {
    for (const { facts } of all) {
      const ended = nextStep({ ...facts, endedAt: NOW - 1 }, NOW).step;
      const expired = nextStep({ ...facts, expiresAt: NOW }, NOW).step;
      if (ended !== 'start_again' || expired !== 'start_again') expect.fail(JSON.stringify(facts));
    }
  });

  test('D2.2 disabled never gets past refused once the password is right', () => {
    for (const { facts } of all) {
      if (!hasPassword(anywhere(facts))) continue;
      const next = nextStep({ ...facts, user: { disabledAt: NOW - 1 } }, NOW);
      if (sayStep(next) !== 'refused: disabled') expect.fail(JSON.stringify(facts));
    }
  });

  test('D2.2 disabled is never told before the password is right', () => {
    changesNothing(({ facts }) =>
      hasPassword(anywhere(facts)) ? null : { ...facts, user: { disabledAt: NOW - 1 } },
    );
  });

  test('D2.2 nobody else is told to be disabled', () => {
    holds(
      when(({ next }) => next.step === 'refused' && next.reason === 'disabled'),
      ({ facts }) => facts.user?.disabledAt != null && hasPassword(anywhere(facts)),
    );
  });

  test('D2.3 without the password nothing but the password', () => {
    holds(
      when(({ facts }) => !over(facts) && !hasPassword(anywhere(facts))),
      ({ next }) => next.step === 'password',
    );
  });

  test('D2.4 U1 U2 a sign-up or invitation stops at its mailbox', () => {
    holds(
      when(
        ({ facts }) =>
          hasPassword(anywhere(facts)) &&
          facts.user?.disabledAt == null &&
          (facts.kind === 'sign_up' || facts.invited) &&
          !hasMailbox(facts.evidence),
      ),
      ({ next }) => next.step === 'email_code' && (next.why === 'sign_up' || next.why === 'invitation'),
    );
  });

  test('D2.5 M4 nobody is asked where no account mandates, and everybody where one does', () => {
    holds(
      when(
        ({ facts, next }) =>
          facts.kind !== 'step_up' &&
          next.step !== 'password' &&
          next.step !== 'email_code' &&
          facts.user !== null &&
          facts.user.disabledAt === null,
      ),
      (c) => {
        const free = !c.facts.memberships.some(mandates);
        const freely = c.next.step === 'done' && c.next.target === null;
        return free === freely;
      },
    );
  });

  test('D2.6 the target: picked, else asked for, else last entered, else the oldest', () => {
    holds(
      when((c) => c.facts.kind !== 'step_up' && targetOf(c) !== null),
      (c) => {
        const { memberships, accountPicked, accountAsked } = c.facts;
        const mandating = memberships.filter(mandates);
        const named = (id: string | null) => mandating.find((m) => m.account.id === id);
        const latest = Math.max(...mandating.map((m) => m.lastEnteredAt ?? 0));
        const oldest = Math.min(...mandating.map((m) => m.joinedAt));
        const expected =
          named(accountPicked) ??
          named(accountAsked) ??
          mandating.find((m) => latest > 0 && m.lastEnteredAt === latest) ??
          mandating.find((m) => m.joinedAt === oldest);
        return targetOf(c) === expected;
      },
    );
  });

  test('T4 the target of a step-up is the account asked for, and no other', () => {
    holds(
      when(
        (c) => c.facts.kind === 'step_up' && c.facts.demand !== 'own_authenticator' && targetOf(c) !== null,
      ),
      (c) => targetOf(c)?.account.id === c.facts.accountAsked,
    );
  });
});

describe('what is unknown', () => {
  const isUnknown = ({ facts }: Combination) =>
    facts.user === null ||
    (facts.kind === 'step_up' &&
      facts.demand !== 'own_authenticator' &&
      !facts.memberships.some((m) => m.account.id === facts.accountAsked));

  test('D2 a step-up to an account one is not in, or nobody at all: refused', () => {
    holds(
      when((c) => isInside(c) && isUnknown(c)),
      ({ next }) => next.step === 'refused' && next.reason === 'unknown',
    );
  });

  test('D2 nobody else is refused so', () => {
    holds(
      when(({ next }) => next.step === 'refused' && next.reason === 'unknown'),
      (c) => isInside(c) && isUnknown(c),
    );
  });

  test('D9 a target that trusts what is not among the facts is refused, loudly', () => {
    let seen = 0;
    for (const c of all) {
      const target = targetOf(c);
      const x = target === null || isOwn(c) ? null : trusted(target, c.facts);
      if (target === null || x === null) continue;
      const byPass = c.next.step === 'done' && c.next.passId !== null;
      if (byPass || (!mandates(target) && c.facts.demand === 'entry')) continue;
      seen++;
      const facts = { ...c.facts, authenticators: c.facts.authenticators.filter((a) => a.id !== x) };
      if (refusesLoudly(facts)) continue;
      expect.fail(JSON.stringify(facts, null, 1));
    }
    expect(seen).toBeGreaterThan(10_000);
  });
});

function refusesLoudly(facts: LoginFacts): boolean {
  try {
    nextStep(facts, NOW);
    return false;
  } catch (error) {
    return /not there/.test(String(error));
  }
}

describe('who is let in', () => {
  const doneForMandating = when(
    (c) => c.next.step === 'done' && targetOf(c)?.account.mandate != null && !isWishOnly(c),
  );

  test('T2 done for a mandating target only with its authenticator, a backup code of it, or its pass', () => {
    holds(doneForMandating, (c) => {
      const target = targetOf(c);
      if (target === null || c.next.step !== 'done') return false;
      if (c.next.passId !== null) {
        return c.facts.demand === 'entry' && livePass(target, c.facts)?.id === c.next.passId;
      }
      const x = trusted(target, c.facts);
      return x !== null && (itself(x, anywhere(c.facts)) || spare(x, anywhere(c.facts)));
    });
  });

  test('T2 M3 done for a mandating target without a pass only by a kind that its account allows', () => {
    const toEnter = when((c) => doneForMandating(c) && !isOwn(c));
    holds(toEnter, (c) => {
      const target = targetOf(c);
      if (target === null || c.next.step !== 'done' || c.next.passId !== null) return c.next.step === 'done';
      const x = awakeOf(c.facts, trusted(target, c.facts) ?? '');
      return x !== undefined && takes(target, x.kind);
    });
  });

  test('T4 fresh is done only by the authenticator itself, proven at most five minutes ago', () => {
    holds(
      when((c) => c.next.step === 'done' && wantsFresh(c.facts) && targetOf(c) !== null),
      (c) => {
        const target = targetOf(c);
        if (target === null || c.next.step !== 'done' || c.next.passId !== null) return false;
        const lately = anywhere(c.facts).filter(isFresh);
        const x = trusted(target, c.facts);
        if (x !== null && itself(x, lately)) return true;
        return c.facts.demand === 'fresh' && x === null && !mandates(target) && hasPassword(lately);
      },
    );
  });

  test('T4 evidence of more than five minutes ago is worth nothing where freshness is asked', () => {
    const stale = (evidence: readonly Evidence[]) =>
      evidence.map((e) => (e.authenticatorId === undefined ? e : { ...e, at: NOW - minutes(5) - 1 }));
    holds(
      when(({ facts }) => wantsFresh(facts)),
      (c) => {
        const { evidence, sessionEvidence } = c.facts;
        const next = nextStep(
          { ...c.facts, evidence: stale(evidence), sessionEvidence: stale(sessionEvidence) },
          NOW,
        );
        if (next.step !== 'done' || next.target === null) return true;
        const target = c.facts.memberships.find((m) => m.id === next.target);
        return target !== undefined && !mandates(target) && c.facts.demand === 'fresh';
      },
    );
  });

  test('U4 own authenticator: done only for those who have none or have just proven one', () => {
    holds(
      when(
        ({ facts, next }) =>
          facts.demand === 'own_authenticator' && next.step === 'done' && next.target === null,
      ),
      ({ facts }) => {
        const xs = facts.memberships.flatMap((m) => trusted(m, facts) ?? []);
        const lately = anywhere(facts).filter(isFresh);
        return xs.length === 0 || xs.some((id) => itself(id, lately));
      },
    );
  });

  test('U4 own authenticator: whichever was proven itself within five minutes, whatever its kind', () => {
    holds(
      when((c) => isOwn(c) && isInside(c)),
      (c) => {
        const lately = anywhere(c.facts).filter(isFresh);
        const xs = c.facts.memberships.flatMap((m) => trusted(m, c.facts) ?? []);
        if (xs.length === 0) return c.next.step === 'done' && c.next.target === null;
        // Nothing is entered by it: no account is the target.
        return (c.next.step === 'done' && c.next.target === null) === xs.some((id) => itself(id, lately));
      },
      1000,
    );
  });

  test('U4 M3 own authenticator: nothing is set up but what the person says is gone', () => {
    holds(
      when((c) => isOwn(c) && isInside(c)),
      (c) => {
        const setsUp = c.next.step === 'set_up' || (c.next.step === 'email_code' && c.next.why === 'set_up');
        // D6: a dead one is bound again, whatever was chosen.
        return (
          !setsUp || c.facts.afterRecovery === 'replace' || c.facts.authenticators.some((a) => a.codesDead)
        );
      },
      1000,
    );
  });

  test('T4 M1 whoever is done for a deed may do it, and never walks in circles to it', () => {
    holds(
      when((c) => c.next.step === 'done' && (c.facts.demand === 'fresh' || c.facts.demand === 'two_factor')),
      (c) => {
        const target = c.facts.memberships.find((m) => m.account.id === c.facts.accountAsked);
        if (target === undefined) return false;
        const kinds = new Map(awake(c.facts).map((x) => [x.id, x.kind]));
        const left = session({ evidence: anywhere(c.facts), kinds });
        const own = isNever(target, c.facts) ? { ...target, trust: { state: 'never' as const } } : target;
        const wanted = c.facts.demand === 'fresh' ? isFreshIn : hasFreshTwoFactor;
        return wanted(left, own, NOW);
      },
    );
  });

  test('D2.7 P3 P4 the target’s live pass opens for entry, and it alone is named', () => {
    holds(
      when((c) => {
        const target = targetOf(c);
        return (
          target !== null && mandates(target) && c.facts.demand === 'entry' && !!livePass(target, c.facts)
        );
      }),
      (c) =>
        c.next.step === 'done' &&
        c.facts.passesHere.some((p) => p.id === (c.next as { passId?: string }).passId),
    );
  });

  test('P4 a pass of another membership never matters', () => {
    const others = [pass('foreign', 'elsewhere'), pass('foreign2', 'elsewhere', { endsAt: NOW })];
    changesNothing((c) => {
      const target = targetOf(c);
      const ofOthers = c.facts.memberships.filter((m) => target !== null && m !== target);
      const more = [...others, ...ofOthers.map((m) => pass(`of ${m.id}`, m.account.id))];
      return { ...c.facts, passesHere: [...more, ...c.facts.passesHere] };
    });
  });

  test('P3 evidence of a pass is not the pass: only the cookie of this browser counts', () => {
    changesNothing((c) => ({ ...c.facts, evidence: [...c.facts.evidence, byPass('p'), byPass('q')] }));
  });

  test('P7 D2.11 a forgotten, mandating target: its pass, its right, or the wish for a pass', () => {
    holds(
      when((c) => {
        const target = targetOf(c);
        return target !== null && target.trust.state === 'forgotten' && mandates(target);
      }),
      (c) => {
        const target = targetOf(c);
        if (target === null) return false;
        if (c.next.step === 'done') return c.next.passId !== null;
        if (c.next.step === 'set_up') return c.next.basis === 'right' && liveRight(target, c.facts);
        if (c.next.step === 'refused') return liveRight(target, c.facts) && !deliverable(target, c.facts);
        return c.next.step === 'pass' && !liveRight(target, c.facts);
      },
    );
  });

  /** The session that a finished login leaves behind, and the membership it was for. */
  function arrived({ facts, next }: Combination): [Session, Membership] | null {
    const target = facts.memberships.find((m) => next.step === 'done' && m.id === next.target);
    if (next.step !== 'done' || target === undefined) return null;
    const evidence = anywhere(facts).filter((e) => e.kind !== 'pass');
    const byIt = next.passId === null ? [] : [byPass(next.passId)];
    const kinds = new Map(awake(facts).map((x) => [x.id, x.kind]));
    return [session({ evidence: [...evidence, ...byIt], passes: facts.passesHere, kinds }), target];
  }

  test('D3 whoever is done is admitted where the login was headed, by what was proven', () => {
    let seen = 0;
    for (const c of all) {
      const [left, target] = arrived(c) ?? [];
      // U4: one's own authenticator is proven to change a password, not to enter an account.
      if (left === undefined || target === undefined || c.next.step !== 'done' || isOwn(c)) continue;
      // M5: asked on its own below.
      if (isWishOnly(c)) continue;
      seen++;
      const to = admission(left, target, NOW);
      const by = to.answer === 'admitted' ? to.by : to.answer;
      const proven = ['authenticator', 'backup_code'];
      const expected = !mandates(target)
        ? ['no_mandate']
        : c.next.passId === null
          ? proven
          : ['pass', ...proven];
      if (!expected.includes(by)) expect.fail(`${by}: ${JSON.stringify(c, null, 1)}`);
    }
    expect(seen).toBeGreaterThan(1000);
  });

  test('M5 to set up without a right to use is simply done, by no pass', () => {
    holds(
      when((c) => isWishOnly(c) && isInside(c)),
      // No target: no account is entered by it, none becomes active.
      ({ next }) => next.step === 'done' && next.target === null && next.passId === null,
      1000,
    );
  });

  test('P5 P7 M5 to set up a forgotten one: by the live right, else line 11', () => {
    holds(
      when(
        (c) =>
          c.facts.kind === 'step_up' &&
          c.facts.demand === 'set_up' &&
          isInside(c) &&
          c.facts.memberships.some(
            (m) => m.account.id === c.facts.accountAsked && m.trust.state === 'forgotten',
          ),
      ),
      ({ facts, next }) => {
        const target = facts.memberships.find((m) => m.account.id === facts.accountAsked);
        if (target === undefined) return false;
        const right = liveRight(target, facts);
        if (right && !deliverable(target, facts))
          return next.step === 'refused' && next.reason === 'no_method';
        if (!hasPassword(facts.evidence)) return next.step === 'password';
        const mailboxFor = (why: string) => next.step === 'email_code' && next.why === why;
        if (right && !hasMailbox(facts.evidence)) return mailboxFor('set_up');
        if (right) return next.step === 'set_up' && next.basis === 'right';
        if (!facts.wantsPass) return next.step === 'pass' && !next.asking;
        return hasMailbox(facts.evidence) ? next.step === 'pass' && next.asking : mailboxFor('pass');
      },
    );
  });

  test('P3 a pass is typed or asked for only after the password of this very login', () => {
    holds(
      when(({ next }) => next.step === 'pass' || (next.step === 'email_code' && next.why === 'pass')),
      ({ facts }) => hasPassword(facts.evidence),
    );
  });

  test('P3 without it, line 11 asks for the password and nothing else', () => {
    holds(
      when(({ next }) => next.step === 'pass' || (next.step === 'email_code' && next.why === 'pass')),
      ({ facts }) => {
        const evidence = facts.evidence.filter((e) => e.kind !== 'password');
        // A step-up's session keeps its own, however young; a login has none but this.
        const sessionEvidence = [...facts.sessionEvidence, password()];
        return nextStep({ ...facts, evidence, sessionEvidence }, NOW).step === 'password';
      },
    );
  });

  test('P1 a request is made only by who wants one and has proven the mailbox in this login', () => {
    holds(stepIs('pass'), ({ facts, next }) => {
      if (
        facts.memberships.find((m) => m.id === next.target)?.trust.state === 'authenticator' &&
        !facts.wantsPass
      )
        return false;
      return next.asking ? facts.wantsPass && hasMailbox(facts.evidence) : !facts.wantsPass;
    });
  });

  test('P1 who can use none of it is led to an admin, wherever the account mandates', () => {
    holds(
      when((c) => {
        const target = targetOf(c);
        return c.next.step === 'code' && target !== null && mandates(target);
      }),
      (c) => {
        const wish = { ...c.facts, wantsPass: true };
        const said = (...more: Evidence[]) =>
          sayStep(nextStep({ ...wish, evidence: [...wish.evidence, ...more] }, NOW));
        const asking = `ask for a pass for ${targetOf(c)?.id}`;
        // P3: first the password of this login, then its mailbox.
        const first = hasPassword(wish.evidence) ? [] : [password()];
        const toMailbox = hasMailbox(wish.evidence) ? asking : 'mailbox: pass';
        return (
          said() === (first.length > 0 ? 'password' : toMailbox) &&
          said(...first) === toMailbox &&
          said(...first, mailbox()) === asking
        );
      },
    );
  });

  test('P1 wanting a pass changes nothing but the code and the pass', () => {
    changesNothing((c) =>
      c.next.step === 'code' || c.next.step === 'pass' || c.facts.wantsPass
        ? null
        : { ...c.facts, wantsPass: true },
    );
  });
});

describe('whose proof', () => {
  const foreign = ['stranger', 'x2'].flatMap((id) => [code(id), textCode(id), backupCode(id)]);

  test('B2 evidence of somebody else’s authenticator never changes the answer', () => {
    changesNothing((c) => ({
      ...c.facts,
      evidence: [...foreign, ...c.facts.evidence],
      sessionEvidence: [...foreign, ...c.facts.sessionEvidence],
    }));
  });

  test('D2.8 where the target trusts X, evidence of another authenticator never matters', () => {
    changesNothing((c) => {
      const target = targetOf(c);
      const x = target === null || isOwn(c) ? null : trusted(target, c.facts);
      if (x === null) return null;
      const others = ['x', 'y'].filter((id) => id !== x).flatMap((id) => [textCode(id), backupCode(id)]);
      return { ...c.facts, evidence: [...others, ...c.facts.evidence] };
    });
  });

  test('D2 the order in which things were proven does not matter', () => {
    changesNothing((c) => ({
      ...c.facts,
      evidence: c.facts.evidence.toReversed(),
      sessionEvidence: c.facts.sessionEvidence.toReversed(),
    }));
  });

  test('D2.8 asked for is only what the target trusts, or while it trusts none, what the person has', () => {
    holds(stepIs('code', 'recovered', 'trust'), (c) => {
      const target = targetOf(c);
      if (target === null) return false;
      const x = trusted(target, c.facts);
      const { id } = c.next.authenticator;
      return x === null ? isNever(target, c.facts) && awakeOf(c.facts, id) !== undefined : x === id;
    });
  });

  test('D2.8 D6 only recovery codes of a dead authenticator, and any code of a living one', () => {
    holds(stepIs('code'), ({ next }) => next.onlyRecovery === next.authenticator.codesDead);
  });

  test('D2.8 T4 what was proven in this login is not asked for again', () => {
    holds(stepIs('code'), ({ facts, next }) => {
      const evidence = wantsFresh(facts) ? facts.evidence.filter(isFresh) : facts.evidence;
      return !itself(next.authenticator.id, evidence);
    });
  });

  test('T1 b what the session proved is asked for again only where X is given up or trusted anew', () => {
    holds(stepIs('code'), (c) => {
      const { facts, next } = c;
      const target = targetOf(c);
      const evidence = wantsFresh(facts) ? facts.sessionEvidence.filter(isFresh) : facts.sessionEvidence;
      if (target === null || !itself(next.authenticator.id, evidence)) return true;
      return trusted(target, facts) === null || !takes(target, next.authenticator.kind);
    });
  });

  test('D2.8 a backup code of the session lets in where X is trusted and taken, and is worth nothing else', () => {
    changesNothing((c) => {
      const { facts } = c;
      const target = facts.memberships.find((m) => m.account.id === facts.accountAsked);
      const spares = facts.sessionEvidence.filter((e) => e.kind === 'backup_code');
      if (spares.length === 0 || target === undefined) return null;
      const x = awakeOf(facts, trusted(target, facts) ?? '');
      if (!wantsFresh(facts) && x !== undefined && takes(target, x.kind)) return null;
      return { ...facts, sessionEvidence: facts.sessionEvidence.filter((e) => e.kind !== 'backup_code') };
    });
  });

  test('D2.9 D6 of several: proven itself, else by a backup code, else not dead; then the kind that is taken', () => {
    const proofs: readonly (readonly ['here' | 'session', 'itself' | 'spare'] | null)[] = [
      null,
      ['here', 'itself'],
      ['session', 'itself'],
      ['here', 'spare'],
      ['session', 'spare'],
    ];
    const one = [...product({ kind: BOTH, codesDead: [false, true], proof: proofs })];
    let seen = 0;
    for (const { first, second, mandated } of product({
      first: one,
      second: one,
      mandated: [BOTH, ['totp'], ['sms']] as const,
    })) {
      const given = [
        { id: 'x', ...first },
        { id: 'y', ...second },
      ];
      const proof = (of: 'here' | 'session') =>
        given.flatMap(({ id, kind, proof: p }) => {
          if (p?.[0] !== of) return [];
          return p[1] === 'spare' ? [backupCode(id)] : [kind === 'totp' ? code(id) : textCode(id)];
        });
      const target = member('a', { mandates: mandated });
      const facts: LoginFacts = {
        ...stepUp('entry'),
        memberships: [target, member('b', { trusts: 'x' }), member('c', { trusts: 'y' })],
        authenticators: given.map(({ id, kind, codesDead }) => app(id, { kind, codesDead })),
        sessionEvidence: [password(), ...proof('session')],
        evidence: [password(), mailbox(), ...proof('here')],
      };
      const next = nextStep(facts, NOW);
      if (!('authenticator' in next)) {
        // Given up for the target alone: X itself or its backup code was proven, and nothing is taken over.
        if (next.step !== 'set_up' || next.plan.replaces !== null)
          expect.fail(JSON.stringify({ given, next }));
        continue;
      }
      seen++;
      const best = [
        given.filter((x) => x.proof?.[1] === 'itself'),
        given.filter((x) => x.proof?.[1] === 'spare'),
        given.filter((x) => !x.codesDead),
        given,
      ].find((some) => some.length > 0);
      const taken = best?.filter((x) => takes(target, x.kind)) ?? [];
      const expected = taken.length > 0 ? taken : (best ?? []);
      if (!expected.some((x) => x.id === next.authenticator.id)) {
        expect.fail(JSON.stringify({ mandated, given, next }, null, 1));
      }
    }
    expect(seen).toBeGreaterThan(800);
  });

  test('M4 a lapsed authenticator is never asked for, trusted, shown or replaced', () => {
    holds(
      when(({ facts }) => facts.authenticators.some(lapsed)),
      ({ facts, next }) => {
        const gone = facts.authenticators.filter(lapsed).map((x) => x.id);
        if ('authenticator' in next) return !gone.includes(next.authenticator.id);
        return next.step !== 'set_up' || next.plan.replaces === null;
      },
    );
  });

  test('M4 a lapsed authenticator is as good as none at all', () => {
    changesNothing((c) => {
      if (!c.facts.authenticators.some(lapsed)) return null;
      const memberships = c.facts.memberships.map((m) =>
        isNever(m, c.facts) ? { ...m, trust: { state: 'never' as const } } : m,
      );
      return { ...c.facts, memberships, authenticators: awake(c.facts) };
    });
  });
});

describe('set-up and trust', () => {
  test('E1 password and mailbox proven in this very login, and one of the three bases', () => {
    holds(stepIs('set_up'), (c) => {
      const { facts, next } = c;
      const target = targetOf(c);
      if (target === null || !hasPassword(facts.evidence) || !hasMailbox(facts.evidence)) return false;
      switch (next.basis) {
        case 'first':
          return awake(facts).length === 0 && isNever(target, facts);
        case 'right':
          return target.trust.state === 'forgotten' && liveRight(target, facts);
        case 'proven': {
          // T1 b: in this very login, and the very one that is given up where one is.
          const own = trusted(target, facts) ?? next.plan.replaces;
          const xs = awake(facts).filter((x) => own === null || x.id === own);
          return xs.some((x) => itself(x.id, facts.evidence) || spare(x.id, facts.evidence));
        }
        default:
          return false;
      }
    });
  });

  test('E1 a password alone never reaches the set-up of a person who has an authenticator', () => {
    holds(
      when(
        ({ facts }) =>
          awake(facts).length > 0 &&
          anywhere(facts).every((e) => e.kind === 'password') &&
          facts.passesHere.length === 0,
      ),
      ({ next }) => next.step !== 'set_up' && !(next.step === 'email_code' && next.why === 'set_up'),
    );
  });

  test('E1 nor do password and mailbox together', () => {
    holds(
      when(
        ({ facts }) =>
          awake(facts).length > 0 &&
          anywhere(facts).every((e) => e.kind === 'password' || e.kind === 'email') &&
          facts.passesHere.length === 0,
      ),
      ({ next }) => next.step !== 'set_up' && next.step !== 'trust',
    );
  });

  test('E1 E4 the mailbox is proven after the password, and once', () => {
    holds(stepIs('email_code'), ({ facts, next }) => {
      if (hasMailbox(facts.evidence) || !hasPassword(anywhere(facts))) return false;
      const atTheDoor = next.why === 'sign_up' || next.why === 'invitation';
      return atTheDoor || hasPassword(facts.evidence);
    });
  });

  test('D2.9 T1a trust only of `never` in X itself, with password and mailbox of this login', () => {
    holds(stepIs('trust'), (c) => {
      const target = targetOf(c);
      const { id, kind } = c.next.authenticator;
      return (
        target !== null &&
        isNever(target, c.facts) &&
        takes(target, kind) &&
        itself(id, c.facts.evidence) &&
        hasPassword(c.facts.evidence) &&
        hasMailbox(c.facts.evidence)
      );
    });
  });

  test('T1a a backup code alone never earns trust', () => {
    holds(
      when(({ facts }) => !anywhere(facts).some((e) => e.kind === 'totp' || e.kind === 'sms')),
      ({ next }) => next.step !== 'trust',
    );
  });

  test('T1 the plan moves the target, what trusts the replaced one, what trusts none yet, and nobody else', () => {
    holds(stepIs('set_up'), ({ facts, next }) => {
      const { movers, replaces } = next.plan;
      if (!movers.includes(next.target) || new Set(movers).size !== movers.length) return false;
      return movers.every((id) => {
        const m = facts.memberships.find((each) => each.id === id);
        if (m === undefined) return false;
        if (id === next.target) return true;
        return isNever(m, facts) || (replaces !== null && trusted(m, facts) === replaces);
      });
    });
  });

  test('T1 a forgotten membership moves only as the target', () => {
    holds(stepIs('set_up'), ({ facts, next }) =>
      facts.memberships.every(
        (m) => m.trust.state !== 'forgotten' || m.id === next.target || !next.plan.movers.includes(m.id),
      ),
    );
  });

  test('T1b the target’s own authenticator is what is replaced', () => {
    holds(stepIs('set_up'), (c) => {
      const target = targetOf(c);
      const x = target === null ? null : trusted(target, c.facts);
      return x === null || c.next.plan.replaces === x;
    });
  });

  test('T1 a set-up by a right or a first one replaces nothing', () => {
    holds(stepIs('set_up'), ({ next }) => next.basis === 'proven' || next.plan.replaces === null);
  });

  test('T1 a target that trusts none yet takes nothing from another account, unless the person says it is gone', () => {
    holds(
      when((c) => {
        const target = targetOf(c);
        return c.next.step === 'set_up' && target !== null && isNever(target, c.facts);
      }),
      ({ facts, next }) => {
        if (next.step !== 'set_up') return false;
        const { replaces, movers } = next.plan;
        const others = facts.memberships.filter((m) => m.id !== next.target && movers.includes(m.id));
        if (replaces === null) return others.every((m) => isNever(m, facts));
        return facts.afterRecovery === 'replace' && spare(replaces, facts.evidence);
      },
    );
  });

  test('T1 whatever is proven, no trust of another account is touched without "set up again" or M3 of its own', () => {
    holds(stepIs('set_up'), (c) => {
      const { facts, next } = c;
      const target = targetOf(c);
      const moved = facts.memberships.filter(
        (m) => m.id !== next.target && next.plan.movers.includes(m.id) && trusted(m, facts) !== null,
      );
      if (target === null || moved.length === 0) return target !== null;
      const x = awakeOf(facts, next.plan.replaces ?? '');
      const proven = x !== undefined && (itself(x.id, facts.evidence) || spare(x.id, facts.evidence));
      const byPerson = facts.afterRecovery === 'replace' && x !== undefined && spare(x.id, facts.evidence);
      const byM3 = x !== undefined && trusted(target, facts) === x.id && !takes(target, x.kind);
      return proven && (byPerson || byM3);
    });
  });

  test('M3 every offered method is allowed by every mover, and can be delivered', () => {
    holds(stepIs('set_up'), ({ facts, next }) => {
      const { methods, movers } = next.plan;
      const moving = facts.memberships.filter((m) => movers.includes(m.id));
      return (
        methods.length > 0 &&
        methods.every((kind) => moving.every((m) => takes(m, kind))) &&
        (facts.textMessages || !methods.includes('sms'))
      );
    });
  });

  test('M3 E2 all that could be offered is offered, the app first', () => {
    holds(stepIs('set_up'), ({ facts, next }) => {
      const moving = facts.memberships.filter((m) => next.plan.movers.includes(m.id));
      const expected = BOTH.filter(
        (kind) => moving.every((m) => takes(m, kind)) && (kind === 'totp' || facts.textMessages),
      );
      return next.plan.methods.join() === expected.join();
    });
  });

  test('M3 no method is refused only where the target allows nothing that can be delivered', () => {
    holds(
      when(({ next }) => next.step === 'refused' && next.reason === 'no_method'),
      (c) => {
        const target = targetOf(c);
        return target !== null && !c.facts.textMessages && !deliverable(target, c.facts);
      },
    );
  });
});

describe('backup codes', () => {
  test('R24 E5 shown only when the authenticator itself was proven in this login', () => {
    holds(stepIs('backup_codes'), ({ facts, next }) => itself(next.authenticator.id, facts.evidence));
  });

  test('D2.12 B2 D6 shown only where unsaved, dead, or two or fewer are left', () => {
    holds(stepIs('backup_codes'), ({ next }) => {
      const { backupCodesSaved, backupCodesDead, backupCodesLeft } = next.authenticator;
      return !backupCodesSaved || backupCodesDead || backupCodesLeft <= 2;
    });
  });

  test('D2.12 E5 no login by an authenticator is done while its codes are unsaved', () => {
    holds(
      when((c) => {
        const target = targetOf(c);
        const x = target === null ? undefined : awakeOf(c.facts, trusted(target, c.facts) ?? '');
        // U4: proving one's own authenticator is no login.
        // M5: a mere wish to set up is none either. Open: nor is one that has just set up (see "open" in the tables).
        const isLogin = !isOwn(c) && !isWishOnly(c);
        return c.next.step === 'done' && isLogin && x !== undefined && itself(x.id, c.facts.evidence);
      }),
      (c) => {
        const target = targetOf(c);
        const x = target === null ? undefined : awakeOf(c.facts, trusted(target, c.facts) ?? '');
        return (
          c.next.step === 'done' &&
          (c.next.passId !== null ||
            x?.backupCodesSaved === true ||
            (target !== null && !mandates(target) && c.facts.demand === 'entry'))
        );
      },
    );
  });

  test('B3 the choice is offered only after a backup code in this login, and only once', () => {
    holds(stepIs('recovered'), ({ facts, next }) => {
      const { id } = next.authenticator;
      return facts.afterRecovery === null && spare(id, facts.evidence) && !itself(id, facts.evidence);
    });
  });

  test('B3 after a backup code typed here nothing is set up, trusted or opened before the choice', () => {
    holds(
      when((c) => {
        const { facts } = c;
        const target = targetOf(c);
        if (target === null || facts.afterRecovery !== null || target.trust.state === 'forgotten')
          return false;
        if (isWishOnly(c)) return false;
        const xs =
          trusted(target, facts) === null ? awake(facts).map((x) => x.id) : [trusted(target, facts) ?? ''];
        return xs.length === 1 && xs.every((x) => spare(x, facts.evidence) && !itself(x, anywhere(facts)));
      }),
      (c) => {
        const target = targetOf(c);
        if (c.next.step === 'recovered') return true;
        if (c.next.step !== 'done' || target === null) return false;
        if (c.next.passId !== null) return true;
        return !mandates(target) && (c.facts.demand === 'entry' || c.facts.demand === 'fresh');
      },
      1000,
    );
  });

  test('B3 T4 after "Continue" a backup code counts for no deed: X itself, or a first one of the target’s own', () => {
    holds(
      when((c) => {
        const target = targetOf(c);
        const x = target === null ? undefined : awakeOf(c.facts, trusted(target, c.facts) ?? '');
        return (
          c.facts.afterRecovery === 'continue' &&
          wantsFresh(c.facts) &&
          target !== null &&
          x !== undefined &&
          takes(target, x.kind) &&
          // D6: a dead one could never be proven itself; it is bound again instead.
          !x.codesDead &&
          !itself(x.id, anywhere(c.facts).filter(isFresh))
        );
      }),
      ({ next }) => next.step === 'code',
    );
  });

  test('B3 what was chosen matters only after a backup code', () => {
    changesNothing((c) =>
      c.facts.evidence.some((e) => e.kind === 'backup_code')
        ? null
        : { ...c.facts, afterRecovery: 'replace' },
    );
  });
});

describe('nobody walks in circles', () => {
  /** The person does what the step asks, as the flows record it. `null`: the way ends here. */
  function answer({ facts, next }: Combination, choice: 'continue' | 'replace'): LoginFacts | null {
    const prove = (e: Evidence): LoginFacts => ({ ...facts, evidence: [...facts.evidence, e] });
    const trust = (ids: readonly string[], id: string | null) =>
      facts.memberships.map((m) =>
        ids.includes(m.id)
          ? {
              ...m,
              trust:
                id === null
                  ? ({ state: 'forgotten' } as const)
                  : ({ state: 'authenticator', authenticatorId: id } as const),
            }
          : m,
      );
    switch (next.step) {
      case 'password':
        return prove(password());
      case 'email_code':
        return prove(mailbox());
      case 'code': {
        const { id, kind } = next.authenticator;
        return prove(next.onlyRecovery ? backupCode(id) : kind === 'totp' ? code(id) : textCode(id));
      }
      case 'recovered':
        return { ...facts, afterRecovery: choice };
      case 'trust':
        return { ...facts, memberships: trust([next.target], next.authenticator.id) };
      case 'set_up': {
        const [kind = 'totp'] = next.plan.methods;
        const made = app('new', { kind, backupCodesSaved: false, backupCodesLeft: 0 });
        const memberships = trust(next.plan.movers, 'new');
        const used = memberships.flatMap((m) =>
          m.trust.state === 'authenticator' ? [m.trust.authenticatorId] : [],
        );
        return {
          ...prove(kind === 'totp' ? code('new') : textCode('new')),
          memberships,
          authenticators: [...facts.authenticators.filter((x) => used.includes(x.id)), made],
          afterRecovery: null,
          passesHere: facts.passesHere.map((p) =>
            p.membershipId === next.target ? { ...p, endedAt: NOW, rightSpentAt: NOW } : p,
          ),
        };
      }
      case 'backup_codes':
        return {
          ...facts,
          authenticators: facts.authenticators.map((x) =>
            x.id === next.authenticator.id
              ? { ...x, backupCodesSaved: true, backupCodesDead: false, backupCodesLeft: 10 }
              : x,
          ),
        };
      case 'pass': {
        const of = facts.memberships.find((m) => m.id === next.target)?.account.id ?? '';
        return { ...facts, memberships: trust([next.target], null), passesHere: [pass('granted', of)] };
      }
      case 'done':
      case 'refused':
      case 'start_again':
        return null;
    }
  }

  test.for(['continue', 'replace'] as const)(
    'D2 whoever can do all that is asked is in after at most nine steps (after a backup code: %s)',
    (choice) => {
      const settled = new Map<string, string>();
      let walked = 0;
      for (const [n, start] of all.entries()) {
        if (n % 11 !== (choice === 'continue' ? 0 : 5)) continue;
        walked++;
        let c = start;
        const trail = [sayStep(c.next)];
        for (let facts = answer(c, choice); facts !== null; facts = answer(c, choice)) {
          c = ask(facts);
          trail.push(sayStep(c.next));
          if (trail.length > 10) break;
        }
        settled.set(c.next.step, trail.join(' > '));
        if (c.next.step === 'done' || c.next.step === 'refused') continue;
        expect.fail(`${trail.join('\n')}\n${JSON.stringify(start.facts, null, 1)}`);
      }
      expect(walked).toBeGreaterThan(10_000);
      expect([...settled.keys()].sort()).toEqual(['done', 'refused']);
    },
  );
});
