import { describe, expect, test } from 'vitest';
import type { LoginFacts } from './facts.ts';
import { nextStep } from './next-step.ts';
import { sayStep } from './testing/say-step.ts';
import {
  app,
  backupCode,
  byPass,
  code,
  days,
  hours,
  logIn,
  mailbox,
  member,
  minutes,
  NOW,
  pass,
  password,
  phone,
  seconds,
  signUp,
  stepUp,
  textCode,
} from './testing/scene.ts';

/** What the design says, the facts, and the step that follows. */
type Case = readonly [rule: string, facts: LoginFacts, step: string];

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    test.for(cases)('%s', ([, facts, step]) => {
      expect(sayStep(nextStep(facts, NOW))).toBe(step);
    });
  });
}

// People as they often come: the account `a` mandates app or text, the authenticator `x` is an app.
const needsX = { memberships: [member('a', { trusts: 'x' })], authenticators: [app('x')] };
const never = { memberships: [member('a')] };
const forgotten = { memberships: [member('a', { trusts: 'forgotten' })] };
const free = { memberships: [member('a', { mandates: null })] };
const both = [password(), mailbox()];
const withX = [password(), code('x')];
const withBackup = [password(), backupCode('x')];
/** The account `a` trusts nothing yet, and `b` trusts the app `x`. */
const atNever = {
  memberships: [member('a'), member('b', { trusts: 'x' })],
  authenticators: [app('x')],
  accountAsked: 'a',
};
const atNeverBySms = {
  ...atNever,
  memberships: [member('a', { mandates: ['sms'] }), member('b', { trusts: 'x' })],
};
const disabled = { user: { disabledAt: NOW - 1 } };

table('D2.1 login over', [
  ['D2.1 ended → start again', logIn({ ...needsX, endedAt: NOW - 1, evidence: withX }), 'start again'],
  ['D2.1 D1 past its ten minutes → start again', logIn({ ...needsX, expiresAt: NOW - 1 }), 'start again'],
  ['D2.1 D1 at the very end → start again', logIn({ ...needsX, expiresAt: NOW }), 'start again'],
  ['D1 one millisecond before its end it goes on', logIn({ ...needsX, expiresAt: NOW + 1 }), 'password'],
  [
    'D2.1 expired beats disabled and done',
    logIn({ ...free, ...disabled, evidence: [password()], expiresAt: NOW }),
    'start again',
  ],
  [
    'D2.1 a held pass does not revive it',
    logIn({ ...forgotten, passesHere: [pass('p', 'a')], evidence: [password()], expiresAt: NOW }),
    'start again',
  ],
  ['D2.1 a sign-up is over alike', signUp({ evidence: both, endedAt: NOW }), 'start again'],
  ['D2.1 a step-up is over alike', stepUp('entry', { ...free, expiresAt: NOW }), 'start again'],
]);

table('D2.2 disabled, told only after the right password', [
  ['D2.2 disabled, password unproven → password', logIn({ ...needsX, ...disabled }), 'password'],
  [
    'D2.2 disabled, password right → refused',
    logIn({ ...needsX, ...disabled, evidence: [password()] }),
    'refused: disabled',
  ],
  [
    'D2.2 disabled beats the mailbox code of an invitation',
    logIn({ ...free, ...disabled, invited: true, evidence: [password()] }),
    'refused: disabled',
  ],
  [
    'D2.2 disabled beats a login that is otherwise done',
    logIn({ ...needsX, ...disabled, evidence: withX }),
    'refused: disabled',
  ],
  [
    'D2.2 U5 disabled beats a held pass',
    logIn({ ...forgotten, ...disabled, passesHere: [pass('p', 'a')], evidence: [password()] }),
    'refused: disabled',
  ],
  [
    'U5 of no account and disabled → refused',
    logIn({ ...disabled, evidence: [password()] }),
    'refused: disabled',
  ],
  [
    'D2.2 the password of the session counts in a step-up',
    stepUp('entry', { ...free, ...disabled }),
    'refused: disabled',
  ],
  [
    'D2.2 a proven mailbox or code in place of the password tells nothing',
    logIn({ ...needsX, ...disabled, evidence: [mailbox(), code('x')] }),
    'password',
  ],
]);

table('D2.3 password', [
  ['D2.3 nothing proven → password', logIn(needsX), 'password'],
  ['D2.3 of no account → password', logIn(), 'password'],
  ['D2.3 a code alone proves no password', logIn({ ...needsX, evidence: [code('x')] }), 'password'],
  ['D2.3 a mailbox alone proves no password', logIn({ ...never, evidence: [mailbox()] }), 'password'],
  ['P3 a held pass alone opens nothing', logIn({ ...forgotten, passesHere: [pass('p', 'a')] }), 'password'],
  ['D2.3 U2 invited and not logged in → password first', logIn({ ...free, invited: true }), 'password'],
  [
    'T4 a step-up does not ask again for the session’s password',
    stepUp('entry', needsX),
    'code of x for m:a',
  ],
]);

table('D2.4 the mailbox of a sign-up or an invitation', [
  [
    'U1 sign-up → mailbox before anything else',
    signUp({ user: null, evidence: [password()] }),
    'mailbox: sign_up',
  ],
  [
    'U1 sign-up with its mailbox proven, no mandate → done',
    signUp({ ...free, evidence: both }),
    'done for everything',
  ],
  [
    'U2 the invited address logs in → mailbox, though nothing mandates',
    logIn({ ...free, invited: true, evidence: [password()] }),
    'mailbox: invitation',
  ],
  [
    'U2 logged in as the invited person → mailbox code',
    stepUp('entry', { ...free, invited: true }),
    'mailbox: invitation',
  ],
  [
    'U2 a mailbox proven in the session is not the link’s proof',
    stepUp('entry', { ...free, invited: true, sessionEvidence: [password(), mailbox()] }),
    'mailbox: invitation',
  ],
  [
    'D2.4 before the code of a mandating account',
    logIn({ ...needsX, invited: true, evidence: [password()] }),
    'mailbox: invitation',
  ],
  [
    'D2.4 before a held pass',
    logIn({ ...forgotten, invited: true, passesHere: [pass('p', 'a')], evidence: [password()] }),
    'mailbox: invitation',
  ],
  [
    'U2 joined where nothing is mandated → done',
    logIn({ ...free, invited: true, evidence: both }),
    'done for everything',
  ],
  [
    'U2 E1 set-up is part of sign-up, and the code typed there counts',
    signUp({ ...never, invited: true, accountAsked: 'a', evidence: both }),
    'set up (first) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'U2 T1 logged in, joined a mandating account: the session’s password does not count',
    stepUp('entry', { ...never, invited: true, evidence: [mailbox()] }),
    'password',
  ],
]);

table('D2 whatever is unknown is refused', [
  [
    'D2 D9 a sign-up past its mailbox, and nobody there',
    signUp({ user: null, evidence: both }),
    'refused: unknown',
  ],
  [
    'D2 D9 a login past its password, and nobody there',
    logIn({ user: null, evidence: [password()] }),
    'refused: unknown',
  ],
  ['D2 nobody there: the password first (D8)', logIn({ user: null }), 'password'],
  [
    'D2 T4 a step-up to an account one is not in',
    stepUp('entry', { ...needsX, accountAsked: 'gone', evidence: withX }),
    'refused: unknown',
  ],
  [
    'D2 T4 also where nothing at all is mandated',
    stepUp('entry', { ...free, accountAsked: 'gone' }),
    'refused: unknown',
  ],
  [
    'D2 T4 a step-up to no account, by somebody of no account',
    stepUp('fresh', { accountAsked: null, evidence: both }),
    'refused: unknown',
  ],
  [
    'D2 T4 the account picked does not stand in for one that one is not in',
    stepUp('two_factor', { ...needsX, accountAsked: 'gone', accountPicked: 'a', evidence: withX }),
    'refused: unknown',
  ],
  [
    'D2 P4 nor does a pass of some account',
    stepUp('entry', { ...forgotten, accountAsked: 'gone', passesHere: [pass('p', 'a'), pass('q', 'gone')] }),
    'refused: unknown',
  ],
  [
    'D2.2 disabled goes before unknown',
    stepUp('entry', { ...needsX, ...disabled, accountAsked: 'gone' }),
    'refused: disabled',
  ],
]);

describe('D9 a trusted authenticator that is not among the facts', () => {
  const astray = { memberships: [member('a', { trusts: 'gone' })], authenticators: [app('x')] };
  const proven = [...both, code('gone'), backupCode('gone'), code('x')];
  test.for<readonly [string, LoginFacts]>([
    ['D9 a login', logIn({ ...astray, evidence: both })],
    ['D9 a login that proves what is not there', logIn({ ...astray, evidence: proven })],
    ['D9 with nothing else there', logIn({ ...astray, authenticators: [], evidence: proven })],
    ['D9 that sets up again', logIn({ ...astray, afterRecovery: 'replace', evidence: proven })],
    ['D9 that wants a pass', logIn({ ...astray, wantsPass: true, evidence: both })],
    ['D9 of a sign-up', signUp({ ...astray, invited: true, evidence: proven })],
    ['D9 to enter', stepUp('entry', { ...astray, evidence: proven })],
    ['D9 to set up', stepUp('set_up', { ...astray, passesHere: [pass('p', 'a')], evidence: proven })],
    ['D9 for a deed', stepUp('fresh', { ...astray, evidence: proven })],
    [
      'D9 for a deed where nothing is mandated: no password stands in',
      stepUp('fresh', { memberships: [member('a', { mandates: null, trusts: 'gone' })], evidence: proven }),
    ],
    ['D9 for two-factor', stepUp('two_factor', { ...astray, evidence: proven })],
  ])('%s: refused, loudly', ([, facts]) => {
    expect(() => nextStep(facts, NOW)).toThrow(/not there/);
  });
  test('D2.3 before the password nothing is told', () =>
    expect(sayStep(nextStep(logIn(astray), NOW))).toBe('password'));
});

table('D2.5 nobody mandates', [
  ['D2.5 no account mandates → done', logIn({ ...free, evidence: [password()] }), 'done for everything'],
  ['U5 of no account → done', logIn({ evidence: [password()] }), 'done for everything'],
  [
    'M4 authenticators sleep: nobody is asked',
    logIn({
      memberships: [member('a', { mandates: null, trusts: 'x' })],
      authenticators: [app('x', { asleepSince: NOW - days(1) })],
      evidence: [password()],
    }),
    'done for everything',
  ],
  [
    'M4 forgotten stays, and does no harm while nobody mandates',
    logIn({ memberships: [member('a', { mandates: null, trusts: 'forgotten' })], evidence: [password()] }),
    'done for everything',
  ],
  [
    'M4 while any account mandates, every login asks, whichever account was asked for',
    logIn({
      memberships: [member('free', { mandates: null }), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      accountAsked: 'free',
      evidence: [password()],
    }),
    'code of x for m:b',
  ],
]);

const three = [
  member('a', { trusts: 'x', joinedAt: NOW - days(30), lastEnteredAt: NOW - days(3) }),
  member('b', { trusts: 'y', joinedAt: NOW - days(90), lastEnteredAt: NOW - days(2) }),
  member('c', { trusts: 'z', joinedAt: NOW - days(60), lastEnteredAt: NOW - days(9) }),
  member('free', { mandates: null, joinedAt: NOW - days(200), lastEnteredAt: NOW }),
];
const several = {
  memberships: three,
  authenticators: [app('x'), app('y'), phone('z')],
  evidence: [password()],
};
const newcomer = {
  ...several,
  memberships: three.map((m) => ({ ...m, lastEnteredAt: null })),
};

table('D2.6 the target among several accounts', [
  ['D2.6 the account asked for', logIn({ ...several, accountAsked: 'c' }), 'code of z for m:c'],
  ['D2.6 else the mandating one last entered', logIn(several), 'code of y for m:b'],
  [
    'D2.6 last entered, in whatever order they are listed',
    logIn({ ...several, memberships: three.toReversed() }),
    'code of y for m:b',
  ],
  ['D2.6 none entered yet: the oldest mandating one', logIn(newcomer), 'code of y for m:b'],
  [
    'D2.6 the oldest, in whatever order they are listed',
    logIn({ ...newcomer, memberships: newcomer.memberships.toReversed() }),
    'code of y for m:b',
  ],
  [
    'D2.6 one entered beats older ones never entered',
    logIn({
      ...newcomer,
      memberships: three.map((m) => ({ ...m, lastEnteredAt: m.id === 'm:a' ? NOW - days(9) : null })),
    }),
    'code of x for m:a',
  ],
  [
    'D2.6 joined in the same instant: always the same one',
    logIn({
      ...several,
      memberships: [
        member('c', { trusts: 'z', joinedAt: NOW - days(9) }),
        member('b', { trusts: 'y', joinedAt: NOW - days(9) }),
      ],
    }),
    'code of y for m:b',
  ],
  ['D2.6 the person picks another', logIn({ ...several, accountPicked: 'a' }), 'code of x for m:a'],
  [
    'D2.6 what was picked beats what was asked for',
    logIn({ ...several, accountAsked: 'c', accountPicked: 'a' }),
    'code of x for m:a',
  ],
  [
    'D2.6 picked, but no longer a member there: the one asked for',
    logIn({ ...several, accountAsked: 'c', accountPicked: 'gone' }),
    'code of z for m:c',
  ],
  [
    'D2.6 asked for, but not a member there',
    logIn({ ...several, accountAsked: 'gone' }),
    'code of y for m:b',
  ],
  ['M4 asked for, but it demands nothing', logIn({ ...several, accountAsked: 'free' }), 'code of y for m:b'],
  [
    'M4 picking one that demands nothing skips no code',
    logIn({ ...several, accountPicked: 'free' }),
    'code of y for m:b',
  ],
  [
    'D2.6 the code of another account’s authenticator does not open the target',
    logIn({ ...several, accountAsked: 'c', evidence: [password(), code('x')] }),
    'code of z for m:c',
  ],
  [
    'D2.6 the code of the target’s own one does',
    logIn({ ...several, accountAsked: 'c', evidence: [password(), textCode('z')] }),
    'done for m:c',
  ],
  [
    'T4 a step-up is for the account asked for, never for another',
    stepUp('entry', several),
    'code of x for m:a',
  ],
  [
    'T4 a step-up’s target is not picked',
    stepUp('entry', { ...several, accountPicked: 'b' }),
    'code of x for m:a',
  ],
]);

table('D2.7 this browser holds the target’s pass', [
  [
    'D2.7 P3 password plus the pass of this browser → done',
    logIn({ ...forgotten, passesHere: [pass('p', 'a')], evidence: [password()] }),
    'done for m:a by pass p',
  ],
  [
    'P4 one millisecond before its end',
    logIn({ ...forgotten, passesHere: [pass('p', 'a', { endsAt: NOW + 1 })], evidence: [password()] }),
    'done for m:a by pass p',
  ],
  [
    'P4 P5 at its end: set-up',
    logIn({ ...forgotten, passesHere: [pass('p', 'a', { endsAt: NOW })], evidence: both }),
    'set up (right) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'P6 ended early, its right taken away: only another pass',
    logIn({
      ...forgotten,
      passesHere: [pass('p', 'a', { endedAt: NOW - 1, rightUntil: null })],
      evidence: both,
    }),
    'pass for m:a',
  ],
  [
    'P4 the pass of another account opens nothing here',
    logIn({ ...forgotten, passesHere: [pass('p', 'b')], evidence: [password()] }),
    'pass for m:a',
  ],
  [
    'P4 nor where an authenticator is trusted',
    logIn({ ...needsX, passesHere: [pass('p', 'b')], evidence: [password()] }),
    'code of x for m:a',
  ],
  [
    'P3 two passes held, one of them over: the live one opens',
    logIn({
      ...forgotten,
      passesHere: [pass('old', 'a', { endsAt: NOW - 1 }), pass('p', 'a')],
      evidence: [password()],
    }),
    'done for m:a by pass p',
  ],
  [
    'P3 a pass that another browser holds is not held here',
    logIn({ ...forgotten, evidence: [password(), byPass('p')] }),
    'pass for m:a',
  ],
  [
    'D2.7 a step-up to enter takes the pass as well',
    stepUp('entry', { ...forgotten, passesHere: [pass('p', 'a')] }),
    'done for m:a by pass p',
  ],
  [
    'T4 a pass is never fresh',
    stepUp('fresh', { ...forgotten, passesHere: [pass('p', 'a')], evidence: [password()] }),
    'mailbox: set_up',
  ],
  [
    'T4 M1 nor two-factor',
    stepUp('two_factor', {
      ...forgotten,
      passesHere: [pass('p', 'a', { rightUntil: null })],
      evidence: both,
    }),
    'pass for m:a',
  ],
  [
    'P5 setting up before the pass ends, by choice',
    stepUp('set_up', { ...forgotten, passesHere: [pass('p', 'a')], evidence: both }),
    'set up (right) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'P4 a pass of the other mandating account does not pick the target',
    logIn({
      memberships: [
        member('a', { trusts: 'forgotten', lastEnteredAt: NOW - days(9) }),
        member('b', { trusts: 'x', lastEnteredAt: NOW - days(1) }),
      ],
      authenticators: [app('x')],
      passesHere: [pass('p', 'a')],
      evidence: [password()],
    }),
    'code of x for m:b',
  ],
]);

table('D2.8 the target trusts X', [
  ['D2.8 X unproven → code of X', logIn({ ...needsX, evidence: [password()] }), 'code of x for m:a'],
  ['D2.8 X proven → done', logIn({ ...needsX, evidence: withX }), 'done for m:a'],
  [
    'D2.8 by text message',
    logIn({
      memberships: [member('a', { trusts: 'x' })],
      authenticators: [phone('x')],
      evidence: [password(), textCode('x')],
    }),
    'done for m:a',
  ],
  ['D2.8 the mailbox is not X', logIn({ ...needsX, evidence: both }), 'code of x for m:a'],
  [
    'D2.8 the code of the person’s other authenticator is not X',
    logIn({ ...needsX, authenticators: [app('x'), phone('y')], evidence: [password(), textCode('y')] }),
    'code of x for m:a',
  ],
  [
    'B2 a backup code of the other authenticator is not X’s',
    logIn({ ...needsX, authenticators: [app('x'), phone('y')], evidence: [password(), backupCode('y')] }),
    'code of x for m:a',
  ],
  [
    'B2 a code of somebody else’s authenticator proves nothing',
    logIn({ ...needsX, evidence: [password(), code('stranger'), backupCode('stranger')] }),
    'code of x for m:a',
  ],
  [
    'D6 X dead → only its recovery codes',
    logIn({ ...needsX, authenticators: [app('x', { codesDead: true })], evidence: [password()] }),
    'recovery code of x for m:a',
  ],
  [
    'D6 backup codes dead: X itself is still asked for',
    logIn({ ...needsX, authenticators: [app('x', { backupCodesDead: true })], evidence: [password()] }),
    'code of x for m:a',
  ],
  [
    'D6 X and its backup codes dead: the code page, from where a pass is asked for',
    logIn({
      ...needsX,
      authenticators: [app('x', { codesDead: true, backupCodesDead: true })],
      evidence: [password()],
    }),
    'recovery code of x for m:a',
  ],
  ['T4 a step-up asks only for what is missing: X', stepUp('entry', needsX), 'code of x for m:a'],
  [
    'T4 X proven in the session, however long ago, is enough to enter',
    stepUp('entry', { ...needsX, sessionEvidence: [password(hours(9)), code('x', hours(9))] }),
    'done for m:a',
  ],
  [
    'T2 so is its backup code in the session',
    stepUp('entry', { ...needsX, sessionEvidence: [password(hours(9)), backupCode('x', hours(9))] }),
    'done for m:a',
  ],
]);

table('D2.9 the target trusts nothing yet and the person has X', [
  [
    'D2.9 password alone → code of X, never set-up',
    logIn({ ...never, authenticators: [app('x')], evidence: [password()] }),
    'code of x for m:a',
  ],
  [
    'D2.9 the mailbox does not stand in for X',
    logIn({ ...never, authenticators: [app('x')], evidence: both }),
    'code of x for m:a',
  ],
  [
    'D2.9 then the mailbox',
    logIn({ ...never, authenticators: [app('x')], evidence: withX }),
    'mailbox: trust',
  ],
  [
    'D2.9 T1a then X is trusted',
    logIn({ ...never, authenticators: [app('x')], evidence: [...both, code('x')] }),
    'trust x for m:a',
  ],
  [
    'T1a accepting an invitation is such a login: its mailbox code counts',
    logIn({ ...never, authenticators: [app('x')], invited: true, evidence: [...both, code('x')] }),
    'trust x for m:a',
  ],
  [
    'T1a in a step-up the password is asked for anew',
    stepUp('entry', { ...never, authenticators: [app('x')], evidence: [mailbox(), code('x')] }),
    'password',
  ],
  [
    'T1a and the mailbox too',
    stepUp('entry', {
      ...never,
      authenticators: [app('x')],
      sessionEvidence: [password(), mailbox()],
      evidence: [password(), code('x')],
    }),
    'mailbox: trust',
  ],
  [
    'D2.9 the code of somebody else’s authenticator earns nothing',
    logIn({ ...never, authenticators: [app('x')], evidence: [...both, code('stranger')] }),
    'code of x for m:a',
  ],
  [
    'D2.9 B3 a backup code of X is not X: what to do with it is asked first',
    logIn({ ...atNever, evidence: [...both, backupCode('x')] }),
    'recovered by x for m:a',
  ],
  [
    'B3 asked first, before the mailbox as well',
    logIn({ ...atNever, evidence: withBackup }),
    'recovered by x for m:a',
  ],
  [
    'B3 asked first in a step-up, too',
    stepUp('two_factor', { ...atNever, evidence: [...both, backupCode('x')] }),
    'recovered by x for m:a',
  ],
  [
    'B3 asked first where the kind is not taken, too',
    logIn({ ...atNeverBySms, evidence: [...both, backupCode('x')] }),
    'recovered by x for m:a',
  ],
  [
    'T1 "Continue": the target sets up its own, X stays for those that trust it',
    logIn({ ...atNever, afterRecovery: 'continue', evidence: [...both, backupCode('x')] }),
    'set up (proven) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'T1 "Continue" in a step-up for two-factor likewise',
    stepUp('two_factor', { ...atNever, afterRecovery: 'continue', evidence: [...both, backupCode('x')] }),
    'set up (proven) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'E1 "Continue": the mailbox first',
    logIn({ ...atNever, afterRecovery: 'continue', evidence: withBackup }),
    'mailbox: set_up',
  ],
  [
    'T1a "Continue": others that trust none yet come along, and nobody else',
    logIn({
      ...atNever,
      memberships: [...atNever.memberships, member('c'), member('d', { trusts: 'forgotten' })],
      afterRecovery: 'continue',
      evidence: [...both, backupCode('x')],
    }),
    'set up (proven) for m:a: totp/sms, m:a+m:c move from nothing',
  ],
  [
    'T1 M3 "Continue" where the kind is not taken: X stays for those that trust it',
    logIn({ ...atNeverBySms, afterRecovery: 'continue', evidence: [...both, backupCode('x')] }),
    'set up (proven) for m:a: sms, m:a move from nothing',
  ],
  [
    'T1 M3 X itself proven, but of a kind that is not taken: X stays for those that trust it',
    logIn({ ...atNeverBySms, evidence: [...both, code('x')] }),
    'set up (proven) for m:a: sms, m:a move from nothing',
  ],
  [
    'T1 b, B3 "set up again": X is replaced where it is trusted, too',
    logIn({ ...atNeverBySms, afterRecovery: 'replace', evidence: [...both, backupCode('x')] }),
    'set up (proven) for m:a: sms, m:a+m:b move from x',
  ],
  [
    'T1a X proven in the session is proven again before it is trusted',
    stepUp('entry', {
      ...atNever,
      sessionEvidence: [password(hours(1)), mailbox(hours(1)), code('x', minutes(1))],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'T1b X proven in the session is proven again where its kind is not taken',
    stepUp('entry', {
      ...atNeverBySms,
      sessionEvidence: [password(hours(1)), code('x', minutes(1))],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'D2.9 a backup code of the session counts as nothing where X is not trusted yet',
    stepUp('entry', {
      ...atNever,
      sessionEvidence: [password(hours(1)), backupCode('x', minutes(1))],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'D2.9 of two, one whose kind the account allows is asked for',
    logIn({
      memberships: [member('a', { mandates: ['sms'] })],
      authenticators: [app('x'), phone('y')],
      evidence: [password()],
    }),
    'code of y for m:a',
  ],
  [
    'D2.9 of two, the one proven already is not asked for again',
    logIn({ ...never, authenticators: [app('x'), phone('y')], evidence: [...both, textCode('y')] }),
    'trust y for m:a',
  ],
  [
    'D2.9 of two proven, the one whose kind the account allows is trusted',
    logIn({
      memberships: [
        member('a', { mandates: ['sms'] }),
        member('b', { trusts: 'x' }),
        member('c', { trusts: 'y' }),
      ],
      authenticators: [app('x'), phone('y')],
      accountAsked: 'a',
      evidence: [...both, code('x'), textCode('y')],
    }),
    'trust y for m:a',
  ],
  [
    'D2.9 of two, one proven itself goes before one proven by a backup code, though its kind is not taken',
    logIn({
      memberships: [member('a', { mandates: ['sms'] }), member('b', { trusts: 'x' })],
      authenticators: [phone('y'), app('x')],
      accountAsked: 'a',
      evidence: [...both, backupCode('y'), code('x')],
    }),
    'set up (proven) for m:a: sms, m:a move from nothing',
  ],
  [
    'D2.9 of two, one proven by a backup code goes before one unproven, though its kind is not taken',
    logIn({
      memberships: [member('a', { mandates: ['sms'] })],
      authenticators: [phone('y'), app('x')],
      evidence: [...both, backupCode('x')],
    }),
    'recovered by x for m:a',
  ],
  [
    'D6 D2.9 of two, the one that is not dead is asked for, though its kind is not taken',
    logIn({
      memberships: [member('a', { mandates: ['sms'] })],
      authenticators: [phone('y', { codesDead: true }), app('x')],
      evidence: [password()],
    }),
    'code of x for m:a',
  ],
  [
    'D6 D2.9 of two dead ones, the kind that is taken',
    logIn({
      memberships: [member('a', { mandates: ['sms'] })],
      authenticators: [app('x', { codesDead: true }), phone('y', { codesDead: true })],
      evidence: [password()],
    }),
    'recovery code of y for m:a',
  ],
  [
    'D6 D2.9 X dead → its recovery codes',
    logIn({ ...never, authenticators: [app('x', { codesDead: true })], evidence: [password()] }),
    'recovery code of x for m:a',
  ],
]);

table('D2.10 set-up', [
  [
    'D2.10 E1 no authenticator: mailbox first',
    logIn({ ...never, evidence: [password()] }),
    'mailbox: set_up',
  ],
  [
    'D2.10 E1 no authenticator: then choose; the app first (E2)',
    logIn({ ...never, evidence: both }),
    'set up (first) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'E1 the mailbox proven in the session does not count',
    stepUp('entry', { ...never, sessionEvidence: [password(), mailbox()], evidence: [password()] }),
    'mailbox: set_up',
  ],
  ['E1 nor does the session’s password', stepUp('entry', { ...never, evidence: [mailbox()] }), 'password'],
  [
    'M3 only what the account allows is offered',
    logIn({ memberships: [member('a', { mandates: ['totp'] })], evidence: both }),
    'set up (first) for m:a: totp, m:a move from nothing',
  ],
  [
    'M3 only text allowed',
    logIn({ memberships: [member('a', { mandates: ['sms'] })], evidence: both }),
    'set up (first) for m:a: sms, m:a move from nothing',
  ],
  [
    'M3 no carrier: text is not offered',
    logIn({ ...never, textMessages: false, evidence: both }),
    'set up (first) for m:a: totp, m:a move from nothing',
  ],
  [
    'M3 no carrier and only text allowed: nothing can be offered',
    logIn({ memberships: [member('a', { mandates: ['sms'] })], textMessages: false, evidence: both }),
    'refused: no_method for m:a',
  ],
  [
    'M3 two accounts with nothing set up: offered is what both allow, and both trust it',
    logIn({
      memberships: [member('a', { mandates: ['totp'] }), member('b')],
      evidence: both,
    }),
    'set up (first) for m:a: totp, m:a+m:b move from nothing',
  ],
  [
    'M3 nothing in common: for the target alone',
    logIn({
      memberships: [member('a', { mandates: ['totp'] }), member('b', { mandates: ['sms'] })],
      accountAsked: 'b',
      evidence: both,
    }),
    'set up (first) for m:b: sms, m:b move from nothing',
  ],
  [
    'M3 in common only what no carrier delivers: for the target alone',
    logIn({
      memberships: [member('a'), member('b', { mandates: ['sms'] })],
      accountAsked: 'a',
      textMessages: false,
      evidence: both,
    }),
    'set up (first) for m:a: totp, m:a move from nothing',
  ],
  [
    'M3 an account that demands nothing limits nothing',
    logIn({ memberships: [member('a'), member('free', { mandates: null })], evidence: both }),
    'set up (first) for m:a: totp/sms, m:a+m:free move from nothing',
  ],
  [
    'M3 X proven, its kind no longer allowed: mailbox',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      evidence: withX,
    }),
    'mailbox: set_up',
  ],
  [
    'M3 X must be proven first, though its kind is no longer allowed',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'M3 T1b then set up again; whoever trusts X and allows the new kind moves along',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] }), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      accountAsked: 'a',
      evidence: [...both, code('x')],
    }),
    'set up (proven) for m:a: sms, m:a+m:b move from x',
  ],
  [
    'M3 E1 a backup code of X will do as proof',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      afterRecovery: 'continue',
      evidence: [...both, backupCode('x')],
    }),
    'set up (proven) for m:a: sms, m:a move from x',
  ],
  [
    'M3 no kind in common with the others that trust X: the old one stays for them',
    logIn({
      memberships: [
        member('a', { trusts: 'x', mandates: ['sms'] }),
        member('b', { trusts: 'x', mandates: ['totp'] }),
      ],
      authenticators: [app('x')],
      accountAsked: 'a',
      evidence: [...both, code('x')],
    }),
    'set up (proven) for m:a: sms, m:a move from x',
  ],
  [
    'T1b who trusts another authenticator does not move',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] }), member('b', { trusts: 'y' })],
      authenticators: [app('x'), app('y')],
      accountAsked: 'a',
      evidence: [...both, code('x')],
    }),
    'set up (proven) for m:a: sms, m:a move from x',
  ],
  [
    'T1 who is forgotten does not move along: only its own right opens it',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] }), member('b', { trusts: 'forgotten' })],
      authenticators: [app('x')],
      accountAsked: 'a',
      evidence: [...both, code('x')],
    }),
    'set up (proven) for m:a: sms, m:a move from x',
  ],
  [
    'T1b M3 X proven in the session only: it is proven anew before it is given up',
    stepUp('entry', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      sessionEvidence: [...both, code('x')],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'T1b M3 a backup code of the session does not give it up either',
    stepUp('entry', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      sessionEvidence: [...both, backupCode('x')],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'T1b M3 nor does it for a deed',
    stepUp('fresh', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      sessionEvidence: [...both, code('x')],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'B3 M3 after a backup code the choice comes first',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      evidence: [...both, backupCode('x')],
    }),
    'recovered by x for m:a',
  ],
  [
    'M3 no longer allowed, and what is allowed cannot be delivered',
    logIn({
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      textMessages: false,
      evidence: [...both, code('x')],
    }),
    'refused: no_method for m:a',
  ],
]);

table('D2.10, D2.11 forgotten, with and without a set-up right', [
  [
    'D2.11 P7 forgotten without a right → only another pass',
    logIn({ ...forgotten, evidence: both }),
    'pass for m:a',
  ],
  [
    'P7 forgotten: a code of the authenticator it once trusted does not open it',
    logIn({ ...forgotten, authenticators: [app('x')], evidence: [...both, code('x')] }),
    'pass for m:a',
  ],
  [
    'P7 the pass is over, the right lives: mailbox',
    logIn({ ...forgotten, passesHere: [pass('p', 'a', { endsAt: NOW - hours(1) })], evidence: [password()] }),
    'mailbox: set_up',
  ],
  [
    'P7 T1d the right is for that account, and the person’s other authenticator stays',
    logIn({
      memberships: [member('a', { trusts: 'forgotten' }), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      accountAsked: 'a',
      passesHere: [pass('p', 'a', { endsAt: NOW - hours(1) })],
      evidence: both,
    }),
    'set up (right) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'P7 the right of another account opens nothing',
    logIn({ ...forgotten, passesHere: [pass('p', 'b', { endsAt: NOW - hours(1) })], evidence: both }),
    'pass for m:a',
  ],
  [
    'P7 seven days after the pass, the last millisecond',
    logIn({
      ...forgotten,
      passesHere: [pass('p', 'a', { endsAt: NOW + 1 - days(7), rightUntil: NOW + 1 })],
      evidence: both,
    }),
    'set up (right) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'P7 seven days after the pass the right is over',
    logIn({
      ...forgotten,
      passesHere: [pass('p', 'a', { endsAt: NOW - days(7), rightUntil: NOW })],
      evidence: both,
    }),
    'pass for m:a',
  ],
  [
    'P7 a right spent by a set-up is gone',
    logIn({
      ...forgotten,
      passesHere: [pass('p', 'a', { endsAt: NOW - 1, rightSpentAt: NOW - 1 })],
      evidence: both,
    }),
    'pass for m:a',
  ],
  [
    'E7 P6 a right that was taken away is gone',
    logIn({
      ...forgotten,
      passesHere: [pass('p', 'a', { endsAt: NOW - 1, rightUntil: null })],
      evidence: both,
    }),
    'pass for m:a',
  ],
  [
    'T1 the set-up of a forgotten account takes along what trusts none yet, and no other forgotten one',
    logIn({
      memberships: [member('a', { trusts: 'forgotten' }), member('b'), member('c', { trusts: 'forgotten' })],
      accountAsked: 'a',
      passesHere: [pass('p', 'a', { endsAt: NOW - 1 })],
      evidence: both,
    }),
    'set up (right) for m:a: totp/sms, m:a+m:b move from nothing',
  ],
  [
    'M3 a right without a method that can be delivered',
    logIn({
      memberships: [member('a', { trusts: 'forgotten', mandates: ['sms'] })],
      passesHere: [pass('p', 'a', { endsAt: NOW - 1 })],
      textMessages: false,
      evidence: both,
    }),
    'refused: no_method for m:a',
  ],
  [
    'D2.11 P3 a step-up to enter: the password of this very login first',
    stepUp('entry', forgotten),
    'password',
  ],
  ['D2.11 then → pass', stepUp('entry', { ...forgotten, evidence: [password()] }), 'pass for m:a'],
  [
    'P3 a password just typed for the session does not count',
    stepUp('entry', { ...forgotten, sessionEvidence: [password()] }),
    'password',
  ],
  ['P3 to set up without a right: the password first', stepUp('set_up', forgotten), 'password'],
  ['P7 to set up without a right → pass', stepUp('set_up', { ...forgotten, evidence: both }), 'pass for m:a'],
]);

table('P1 "I can’t use any of these"', [
  [
    'P1 at the code page → the mailbox first',
    logIn({ ...needsX, wantsPass: true, evidence: [password()] }),
    'mailbox: pass',
  ],
  ['P1 then asking', logIn({ ...needsX, wantsPass: true, evidence: both }), 'ask for a pass for m:a'],
  [
    'P1 a mailbox proven in the session does not count',
    stepUp('entry', {
      ...needsX,
      wantsPass: true,
      sessionEvidence: [password(), mailbox()],
      evidence: [password()],
    }),
    'mailbox: pass',
  ],
  [
    'P3 nor does a password proven in the session, and it comes before the mailbox',
    stepUp('entry', { ...needsX, wantsPass: true, sessionEvidence: [password(), mailbox()] }),
    'password',
  ],
  [
    'P1 X and its backup codes dead: the way out',
    logIn({
      ...needsX,
      authenticators: [app('x', { codesDead: true, backupCodesDead: true })],
      wantsPass: true,
      evidence: both,
    }),
    'ask for a pass for m:a',
  ],
  [
    'P1 forgotten: asking, after the mailbox',
    logIn({ ...forgotten, wantsPass: true, evidence: [password()] }),
    'mailbox: pass',
  ],
  [
    'P1 forgotten, mailbox proven: asking',
    logIn({ ...forgotten, wantsPass: true, evidence: both }),
    'ask for a pass for m:a',
  ],
  [
    'P1 an account that trusts none yet, and the person cannot use X',
    logIn({ ...never, authenticators: [app('x')], wantsPass: true, evidence: both }),
    'ask for a pass for m:a',
  ],
  [
    'P1 wanting a pass is none: X is not replaced by it',
    logIn({ ...needsX, wantsPass: true, afterRecovery: 'replace', evidence: both }),
    'ask for a pass for m:a',
  ],
  [
    'P1 granted and activated in this browser → done',
    logIn({ ...forgotten, wantsPass: true, passesHere: [pass('p', 'a')], evidence: both }),
    'done for m:a by pass p',
  ],
  [
    'P1 X proven all the same → done',
    logIn({ ...needsX, wantsPass: true, evidence: [...both, code('x')] }),
    'done for m:a',
  ],
  [
    'M4 P4 where nothing is mandated there is no pass to ask for: the code stays',
    stepUp('two_factor', {
      memberships: [member('a', { mandates: null, trusts: 'x' })],
      authenticators: [app('x')],
      wantsPass: true,
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'P1 in a step-up to enter',
    stepUp('entry', { ...needsX, wantsPass: true, evidence: both }),
    'ask for a pass for m:a',
  ],
  [
    'P3 in a step-up to enter, only the mailbox proven: the password',
    stepUp('entry', { ...needsX, wantsPass: true, evidence: [mailbox()] }),
    'password',
  ],
  [
    'P1 in a step-up for a deed',
    stepUp('fresh', { ...needsX, wantsPass: true, evidence: both }),
    'ask for a pass for m:a',
  ],
  [
    'P3 in a step-up for a deed, only the mailbox proven: the password',
    stepUp('fresh', { ...needsX, wantsPass: true, evidence: [mailbox()] }),
    'password',
  ],
  [
    'P3 forgotten, in a step-up: the password first',
    stepUp('entry', { ...forgotten, wantsPass: true }),
    'password',
  ],
  [
    'P1 forgotten, in a step-up: then the mailbox',
    stepUp('entry', { ...forgotten, wantsPass: true, evidence: [password()] }),
    'mailbox: pass',
  ],
  ['D2.3 wanting a pass skips no password', logIn({ ...needsX, wantsPass: true }), 'password'],
  [
    'D2.10 E1 without an authenticator there is nothing one could not use',
    logIn({ ...never, wantsPass: true, evidence: both }),
    'set up (first) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'P7 with a set-up right no pass is needed',
    logIn({ ...forgotten, wantsPass: true, passesHere: [pass('p', 'a', { endsAt: NOW })], evidence: both }),
    'set up (right) for m:a: totp/sms, m:a move from nothing',
  ],
]);

table('B2, B3 backup codes', [
  ['B3 after a backup code the choice', logIn({ ...needsX, evidence: withBackup }), 'recovered by x for m:a'],
  [
    'B3 "Continue" → done',
    logIn({ ...needsX, afterRecovery: 'continue', evidence: withBackup }),
    'done for m:a',
  ],
  [
    'B3 "set up again": the mailbox first (E1)',
    logIn({ ...needsX, afterRecovery: 'replace', evidence: withBackup }),
    'mailbox: set_up',
  ],
  [
    'B3 "set up again": then choose',
    logIn({ ...needsX, afterRecovery: 'replace', evidence: [...both, backupCode('x')] }),
    'set up (proven) for m:a: totp/sms, m:a move from x',
  ],
  [
    'B3 T1b all that trust X move together',
    logIn({
      memberships: [
        member('a', { trusts: 'x' }),
        member('b', { trusts: 'x', mandates: ['sms'] }),
        member('c', { trusts: 'y' }),
      ],
      authenticators: [app('x'), phone('y')],
      accountAsked: 'a',
      afterRecovery: 'replace',
      evidence: [...both, backupCode('x')],
    }),
    'set up (proven) for m:a: sms, m:a+m:b move from x',
  ],
  [
    'B3 the choice without a backup code replaces nothing',
    logIn({ ...needsX, afterRecovery: 'replace', evidence: [...both, code('x')] }),
    'done for m:a',
  ],
  [
    'B3 nor does it skip the code',
    logIn({ ...needsX, afterRecovery: 'replace', evidence: both }),
    'code of x for m:a',
  ],
  [
    'B3 a backup code used in the session gives no choice in a later step-up',
    stepUp('entry', {
      ...needsX,
      sessionEvidence: [password(), backupCode('x', hours(1))],
      afterRecovery: 'replace',
    }),
    'done for m:a',
  ],
  [
    'B3 T4 for a deed, "Continue": a backup code is never fresh, X itself is asked for',
    stepUp('fresh', { ...needsX, afterRecovery: 'continue', evidence: withBackup }),
    'code of x for m:a',
  ],
  [
    'B3 M1 for two-factor likewise',
    stepUp('two_factor', { ...needsX, afterRecovery: 'continue', evidence: withBackup }),
    'code of x for m:a',
  ],
  [
    'B3 U4 for one’s own authenticator likewise',
    stepUp('own_authenticator', { ...needsX, afterRecovery: 'continue', evidence: withBackup }),
    'code of x for m:a',
  ],
  [
    'B3 T4 for a deed, then X itself → done',
    stepUp('fresh', { ...needsX, afterRecovery: 'continue', evidence: [...withBackup, code('x')] }),
    'done for m:a',
  ],
  [
    'B3 for a deed the choice, too',
    stepUp('fresh', { ...needsX, evidence: withBackup }),
    'recovered by x for m:a',
  ],
  [
    'B3 for a deed, "set up again": a new one, and with it the deed',
    stepUp('fresh', { ...needsX, afterRecovery: 'replace', evidence: [...both, backupCode('x')] }),
    'set up (proven) for m:a: totp/sms, m:a move from x',
  ],
  ...(['fresh', 'two_factor', 'own_authenticator'] as const).map(
    (demand): Case => [
      `B3 T4 a backup code of the session counts as nothing for: ${demand}`,
      stepUp(demand, {
        ...needsX,
        sessionEvidence: [password(), backupCode('x', minutes(1))],
        afterRecovery: 'replace',
        evidence: both,
      }),
      'code of x for m:a',
    ],
  ),
  [
    'D6 X dead: a backup code leads to B3',
    logIn({ ...needsX, authenticators: [app('x', { codesDead: true })], evidence: withBackup }),
    'recovered by x for m:a',
  ],
  [
    'D6 B3 X dead: set up again',
    logIn({
      ...needsX,
      authenticators: [app('x', { codesDead: true })],
      afterRecovery: 'replace',
      evidence: [...both, backupCode('x')],
    }),
    'set up (proven) for m:a: totp/sms, m:a move from x',
  ],
  [
    'B3 a backup code of the other authenticator gives no choice here',
    logIn({ ...several, accountAsked: 'a', afterRecovery: 'replace', evidence: [...both, backupCode('y')] }),
    'code of x for m:a',
  ],
  [
    'B3 T1a at an account that trusts nothing yet, "set up again" replaces X',
    logIn({
      memberships: [member('a'), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      accountAsked: 'a',
      afterRecovery: 'replace',
      evidence: [...both, backupCode('x')],
    }),
    'set up (proven) for m:a: totp/sms, m:a+m:b move from x',
  ],
]);

table('D2.12 backup codes to be shown', [
  [
    'D2.12 E5 unsaved → show them',
    logIn({
      ...needsX,
      authenticators: [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
      evidence: withX,
    }),
    'backup codes of x',
  ],
  [
    'E5 a set-up left at its codes asks for a code next time',
    logIn({
      ...needsX,
      authenticators: [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
      evidence: [password()],
    }),
    'code of x for m:a',
  ],
  [
    'E5 they are shown in a sign-up as well',
    signUp({
      ...needsX,
      authenticators: [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
      evidence: [...both, code('x')],
    }),
    'backup codes of x',
  ],
  [
    'E5 and in a step-up that set up',
    stepUp('entry', {
      ...needsX,
      authenticators: [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
      evidence: [...both, code('x')],
    }),
    'backup codes of x',
  ],
  [
    'B2 two left: the login by X itself shows ten new ones',
    logIn({ ...needsX, authenticators: [app('x', { backupCodesLeft: 2 })], evidence: withX }),
    'backup codes of x',
  ],
  [
    'B2 none left alike',
    logIn({ ...needsX, authenticators: [app('x', { backupCodesLeft: 0 })], evidence: withX }),
    'backup codes of x',
  ],
  [
    'B2 three left: no',
    logIn({ ...needsX, authenticators: [app('x', { backupCodesLeft: 3 })], evidence: withX }),
    'done for m:a',
  ],
  [
    'B2 two left, but in by a backup code: no',
    logIn({
      ...needsX,
      authenticators: [app('x', { backupCodesLeft: 2 })],
      afterRecovery: 'continue',
      evidence: withBackup,
    }),
    'done for m:a',
  ],
  [
    'D6 backup codes dead: the login by X shows new ones',
    logIn({ ...needsX, authenticators: [app('x', { backupCodesDead: true })], evidence: withX }),
    'backup codes of x',
  ],
  [
    'R24 X proven only in the session: its codes are not shown',
    stepUp('entry', {
      ...needsX,
      authenticators: [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
      sessionEvidence: [password(), code('x')],
    }),
    'done for m:a',
  ],
  [
    'P7 R24 under a pass no codes are shown',
    logIn({
      memberships: [member('a', { trusts: 'forgotten' }), member('b', { trusts: 'x' })],
      authenticators: [app('x', { backupCodesSaved: false })],
      accountAsked: 'a',
      passesHere: [pass('p', 'a')],
      evidence: [password()],
    }),
    'done for m:a by pass p',
  ],
]);

const asleep = (agoMs: number) => ({
  memberships: [member('a', { trusts: 'x' })],
  authenticators: [app('x', { asleepSince: NOW - agoMs })],
});

table('M4 asleep over 90 days, judged by time', [
  [
    'M4 asleep for 90 days it still counts',
    logIn({ ...asleep(days(90)), evidence: [password()] }),
    'code of x for m:a',
  ],
  [
    'M4 a millisecond longer, and its memberships trust none: mailbox, set-up',
    logIn({ ...asleep(days(90) + 1), evidence: [password()] }),
    'mailbox: set_up',
  ],
  [
    'M4 an old phone, proven, opens nothing',
    logIn({ ...asleep(days(91)), evidence: [...both, code('x')] }),
    'set up (first) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'M4 nor do its backup codes',
    logIn({ ...asleep(days(91)), afterRecovery: 'continue', evidence: [...both, backupCode('x')] }),
    'set up (first) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'M4 asleep they are still asked for on password change',
    stepUp('own_authenticator', {
      memberships: [member('a', { mandates: null, trusts: 'x' })],
      authenticators: [app('x', { asleepSince: NOW - days(90) })],
      accountAsked: null,
    }),
    'code of x for m:a',
  ],
  [
    'M4 lapsed, nothing is there to be asked for',
    stepUp('own_authenticator', {
      memberships: [member('a', { mandates: null, trusts: 'x' })],
      authenticators: [app('x', { asleepSince: NOW - days(91) })],
      accountAsked: null,
    }),
    'done for everything',
  ],
  [
    'M4 asleep they are still asked for on step-up',
    stepUp('fresh', {
      memberships: [member('a', { mandates: null, trusts: 'x' })],
      authenticators: [app('x', { asleepSince: NOW - days(1) })],
      evidence: [password()],
    }),
    'code of x for m:a',
  ],
]);

const freeTrustsX = {
  memberships: [member('a', { mandates: null, trusts: 'x' })],
  authenticators: [app('x', { asleepSince: NOW - days(1) })],
};
const inSession = (agoMs: number) => ({
  ...needsX,
  sessionEvidence: [password(hours(1)), code('x', agoMs)],
});

table('T4 step-up', [
  ['T4 entry where nothing is demanded → done', stepUp('entry', free), 'done for m:a'],
  [
    'T4 fresh: X proven just now in the session → done',
    stepUp('fresh', inSession(seconds(10))),
    'done for m:a',
  ],
  [
    'T4 fresh: X one millisecond within five minutes',
    stepUp('fresh', inSession(minutes(5) - 1)),
    'done for m:a',
  ],
  ['T4 fresh: X exactly five minutes ago', stepUp('fresh', inSession(minutes(5))), 'done for m:a'],
  [
    'T4 fresh: X older than five minutes → code',
    stepUp('fresh', inSession(minutes(5) + 1)),
    'code of x for m:a',
  ],
  [
    'T4 fresh: X proven in this step-up → done',
    stepUp('fresh', { ...needsX, evidence: [code('x')] }),
    'done for m:a',
  ],
  [
    'T4 fresh: X proven in this step-up, but too long ago',
    stepUp('fresh', { ...needsX, evidence: [code('x', minutes(5) + 1)] }),
    'code of x for m:a',
  ],
  [
    'T4 fresh is the authenticator which this account trusts, no other',
    stepUp('fresh', {
      ...needsX,
      authenticators: [app('x'), app('y')],
      sessionEvidence: [password(), code('y')],
    }),
    'code of x for m:a',
  ],
  [
    'T4 a pass of the session is never fresh',
    stepUp('fresh', { ...needsX, sessionEvidence: [password(), byPass('p')] }),
    'code of x for m:a',
  ],
  [
    'T4 where nothing is mandated, a password within five minutes stands in',
    stepUp('fresh', { ...free, evidence: [password(minutes(5) - 1)] }),
    'done for m:a',
  ],
  [
    'T4 exactly five minutes ago it still stands in',
    stepUp('fresh', { ...free, evidence: [password(minutes(5))] }),
    'done for m:a',
  ],
  [
    'T4 a millisecond more, and it does not',
    stepUp('fresh', { ...free, evidence: [password(minutes(5) + 1)] }),
    'password',
  ],
  [
    'T4 so does the session’s, within five minutes',
    stepUp('fresh', { ...free, sessionEvidence: [password(minutes(5) - 1)] }),
    'done for m:a',
  ],
  [
    'T4 older than that → password',
    stepUp('fresh', { ...free, sessionEvidence: [password(minutes(5) + 1)] }),
    'password',
  ],
  [
    'T4 M4 forgotten where nothing is mandated: the password stands in',
    stepUp('fresh', {
      memberships: [member('a', { mandates: null, trusts: 'forgotten' })],
      evidence: [password()],
    }),
    'done for m:a',
  ],
  [
    'M4 a sleeping one, proven → done',
    stepUp('fresh', { ...freeTrustsX, evidence: [code('x')] }),
    'done for m:a',
  ],
  ['M1 two-factor where nothing is mandated: X', stepUp('two_factor', freeTrustsX), 'code of x for m:a'],
  [
    'M1 two-factor: X within five minutes → done',
    stepUp('two_factor', { ...freeTrustsX, evidence: [code('x')] }),
    'done for m:a',
  ],
  [
    'M1 two-factor: X exactly five minutes ago → done',
    stepUp('two_factor', { ...freeTrustsX, sessionEvidence: [password(), code('x', minutes(5))] }),
    'done for m:a',
  ],
  [
    'M1 two-factor: X older than five minutes → code',
    stepUp('two_factor', { ...freeTrustsX, sessionEvidence: [password(), code('x', minutes(5) + 1)] }),
    'code of x for m:a',
  ],
  [
    'M1 two-factor without an authenticator → set-up, the password anew',
    stepUp('two_factor', free),
    'password',
  ],
  ['M1 then the mailbox', stepUp('two_factor', { ...free, evidence: [password()] }), 'mailbox: set_up'],
  [
    'M1 then the set-up, so that nobody locks out the account with themselves',
    stepUp('two_factor', { ...free, evidence: both }),
    'set up (first) for m:a: totp/sms, m:a move from nothing',
  ],
  [
    'M1 T1a the authenticator of another account is proven and trusted',
    stepUp('two_factor', {
      memberships: [member('a', { mandates: null }), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      evidence: [...both, code('x')],
    }),
    'trust x for m:a',
  ],
  [
    'M1 X is proven before it is trusted there',
    stepUp('two_factor', {
      memberships: [member('a', { mandates: null }), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'M1 the code of X of more than five minutes ago is asked for again',
    stepUp('two_factor', {
      memberships: [member('a', { mandates: null }), member('b', { trusts: 'x' })],
      authenticators: [app('x')],
      sessionEvidence: [password(), code('x', minutes(6))],
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'U4 own authenticator: that of an account without mandate',
    stepUp('own_authenticator', { ...freeTrustsX, accountAsked: null }),
    'code of x for m:a',
  ],
  [
    'U4 own authenticator, proven within five minutes → done',
    stepUp('own_authenticator', { ...inSession(minutes(1)), accountAsked: null }),
    'done for everything',
  ],
  [
    'U4 own authenticator, proven an hour ago → code',
    stepUp('own_authenticator', { ...inSession(hours(1)), accountAsked: null }),
    'code of x for m:a',
  ],
  [
    'U4 own authenticator, proven exactly five minutes ago → done',
    stepUp('own_authenticator', { ...inSession(minutes(5)), accountAsked: null }),
    'done for everything',
  ],
  [
    'U4 a millisecond more → code',
    stepUp('own_authenticator', { ...inSession(minutes(5) + 1), accountAsked: null }),
    'code of x for m:a',
  ],
  [
    'U4 whichever of several was proven',
    stepUp('own_authenticator', { ...several, accountAsked: null, evidence: [textCode('z')] }),
    'done for everything',
  ],
  [
    'U4 M3 whatever its kind, also where its account no longer takes it',
    stepUp('own_authenticator', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      accountAsked: null,
      evidence: [code('x')],
    }),
    'done for everything',
  ],
  [
    'U4 M3 its code is asked for where its account no longer takes it',
    stepUp('own_authenticator', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      accountAsked: null,
      evidence: both,
    }),
    'code of x for m:a',
  ],
  [
    'U4 D6 of two, the code of the one that is not dead',
    stepUp('own_authenticator', {
      memberships: [member('a', { trusts: 'x' }), member('b', { trusts: 'y' })],
      authenticators: [app('x', { codesDead: true }), phone('y')],
      accountAsked: null,
    }),
    'code of y for m:b',
  ],
  [
    'U4 D6 all dead: recovery codes',
    stepUp('own_authenticator', {
      ...needsX,
      authenticators: [app('x', { codesDead: true })],
      accountAsked: null,
    }),
    'recovery code of x for m:a',
  ],
  [
    'U4 E5 proven is enough: codes never saved wait for the next login',
    stepUp('own_authenticator', {
      ...needsX,
      authenticators: [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
      accountAsked: null,
      evidence: [code('x')],
    }),
    'done for everything',
  ],
  [
    'U4 an authenticator that no membership trusts is not asked for',
    stepUp('own_authenticator', { ...never, authenticators: [app('x')], accountAsked: null }),
    'done for everything',
  ],
  [
    'U4 P4 a pass is none',
    stepUp('own_authenticator', { ...needsX, accountAsked: null, passesHere: [pass('p', 'a')] }),
    'code of x for m:a',
  ],
  [
    'U4 there is none → nothing is asked',
    stepUp('own_authenticator', { ...never, accountAsked: null }),
    'done for everything',
  ],
  [
    'M5 to set up needs a right: with X trusted and proven there is nothing to set up',
    stepUp('set_up', { ...needsX, evidence: [...both, code('x')] }),
    'done for m:a',
  ],
  ['M5 nor with X trusted and unproven', stepUp('set_up', needsX), 'done for everything'],
  [
    'M5 nor with a backup code of the session',
    stepUp('set_up', {
      ...needsX,
      sessionEvidence: [password(), backupCode('x', minutes(1))],
      evidence: both,
    }),
    'done for everything',
  ],
  [
    'M5 nor with an authenticator of a kind no longer allowed',
    stepUp('set_up', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      evidence: [...both, code('x')],
    }),
    'done for everything',
  ],
  [
    'M5 a target that trusts none yet: nobody sets up by wish alone',
    stepUp('set_up', { ...never, evidence: both }),
    'done for everything',
  ],
  [
    'M5 nor a pass of it',
    stepUp('set_up', { ...never, passesHere: [pass('p', 'a')] }),
    'done for everything',
  ],
  ['M5 nor where nothing is mandated', stepUp('set_up', { ...free, evidence: both }), 'done for everything'],
  [
    'P5 to set up: mailbox and password of this very login',
    stepUp('set_up', { ...forgotten, passesHere: [pass('p', 'a')] }),
    'password',
  ],
]);

/**
 * Open: what was decided, and what the rule does not do. Each is expected to fail; whoever mends the rule sees it
 * turn red here and moves it to its table.
 */
const foundByReview: readonly Case[] = [
  [
    'T1a X proven in the session, only its backup code here: the choice, and never trust',
    stepUp('entry', {
      ...atNever,
      sessionEvidence: [password(hours(1)), code('x', hours(1))],
      evidence: [...both, backupCode('x')],
    }),
    'recovered by x for m:a',
  ],
  [
    'B3 M3 X proven in the session, its backup code here: the choice first',
    stepUp('entry', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      sessionEvidence: [password(hours(1)), code('x', hours(1))],
      evidence: [...both, backupCode('x')],
    }),
    'recovered by x for m:a',
  ],
  [
    'P1 X of a kind not taken, proven in the session, and out of reach now: asking',
    stepUp('entry', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      wantsPass: true,
      sessionEvidence: [password(hours(1)), code('x', hours(1))],
      evidence: both,
    }),
    'ask for a pass for m:a',
  ],
  [
    'P1 a backup code of the session, and X out of reach now: asking',
    stepUp('entry', {
      ...atNever,
      wantsPass: true,
      sessionEvidence: [password(hours(1)), backupCode('x', hours(1))],
      evidence: both,
    }),
    'ask for a pass for m:a',
  ],
  [
    'P1 for a deed, after "Continue": asking',
    stepUp('fresh', {
      ...needsX,
      wantsPass: true,
      afterRecovery: 'continue',
      evidence: [...both, backupCode('x')],
    }),
    'ask for a pass for m:a',
  ],
  [
    'U4 M3 never applies: after "Continue" X itself is asked for, whatever its kind',
    stepUp('own_authenticator', {
      memberships: [member('a', { trusts: 'x', mandates: ['sms'] })],
      authenticators: [app('x')],
      accountAsked: null,
      afterRecovery: 'continue',
      evidence: [...both, backupCode('x')],
    }),
    'code of x for m:a',
  ],
  [
    'T1b B3 for a deed, "set up again": proven in this very login is enough, also six minutes ago',
    stepUp('fresh', {
      ...needsX,
      afterRecovery: 'replace',
      evidence: [password(minutes(7)), backupCode('x', minutes(6)), mailbox()],
    }),
    'set up (proven) for m:a: totp/sms, m:a move from x',
  ],
];

describe('found by review', () => {
  test.for(foundByReview)('%s', ([, facts, step]) => {
    expect(sayStep(nextStep(facts, NOW))).toBe(step);
  });

  test.for<readonly [string, LoginFacts]>([
    [
      'D9 U4 one’s own authenticator, not among the facts',
      stepUp('own_authenticator', {
        memberships: [member('a', { trusts: 'gone' })],
        accountAsked: null,
        evidence: [password()],
      }),
    ],
    [
      'D9 E1 no first set-up beside an account that trusts what is not among the facts',
      logIn({
        memberships: [member('a'), member('b', { trusts: 'gone' })],
        accountAsked: 'a',
        evidence: both,
      }),
    ],
  ])('%s: refused, loudly', ([, facts]) => {
    expect(() => nextStep(facts, NOW)).toThrow(/not there/);
  });
});

/** What the design says and the rule does not do. Each fails as it should; whoever mends the rule sees it turn red. */
describe('open', () => {
  test.for<Case>([
    [
      'E5 D2.12 P5 a set-up by right, just confirmed in this step-up: ten backup codes before it is done',
      stepUp('set_up', {
        memberships: [member('a', { trusts: 'new' })],
        authenticators: [app('new', { backupCodesSaved: false, backupCodesLeft: 0 })],
        passesHere: [pass('p', 'a', { endedAt: NOW, rightSpentAt: NOW })],
        evidence: [...both, code('new')],
      }),
      'backup codes of new',
    ],
    [
      'M5 D9 only a step-up is done by the wish to set up: a login by password asks for X all the same',
      logIn({ ...needsX, demand: 'set_up', evidence: [password()] }),
      'code of x for m:a',
    ],
  ])('%s', ([, facts, step]) => {
    expect(sayStep(nextStep(facts, NOW))).toBe(step);
  });
});
