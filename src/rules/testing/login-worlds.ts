/**
 * Three worlds of facts about a login, each walked in every combination by the invariants' tests. What is left
 * out of a world has no say there and is walked in another.
 */
import type { Authenticator, Demand, Evidence, LoginFacts, Membership } from '../facts.ts';
import {
  app,
  BOTH,
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
  product,
  textCode,
} from './scene.ts';

const LOGINS = [
  { kind: 'log_in', demand: 'entry' },
  { kind: 'sign_up', demand: 'entry' },
] as const;
const STEP_UPS = (['entry', 'fresh', 'two_factor', 'own_authenticator', 'set_up'] as const).map((demand) => ({
  kind: 'step_up' as const,
  demand,
}));
const MANDATES = [null, BOTH, ['totp'], ['sms']] as const;
const CHOICES = [null, 'continue', 'replace'] as const;

const EVIDENCE_HERE = [...product({ p: [0, 1], m: [0, 1], x: [0, 1], b: [0, 1] })].map(({ p, m, x, b }) => [
  ...(p ? [password(minutes(4))] : []),
  ...(m ? [mailbox(minutes(3))] : []),
  ...(x ? [code('x', minutes(2))] : []),
  ...(b ? [backupCode('x', minutes(1))] : []),
]);
const EVIDENCE_OF_SESSION = [
  [password(hours(1))],
  [password(hours(1)), mailbox(hours(1)), code('x', hours(1))],
  [password(minutes(5)), mailbox(minutes(5)), textCode('x', minutes(5))],
  [password(hours(1)), backupCode('x', minutes(2)), byPass('p', minutes(2))],
];
const PASSES = [
  [],
  [pass('p', 'a')],
  [pass('p', 'a', { rightUntil: null, endedAt: NOW - 1 }), pass('q', 'other')],
  [pass('p', 'a', { endsAt: NOW })],
  [pass('p', 'a', { endsAt: NOW, rightSpentAt: NOW - 1 })],
];
const AUTHENTICATORS: readonly (readonly Authenticator[])[] = [
  [],
  [app('x')],
  [app('x', { asleepSince: NOW - days(91) })],
  [phone('x', { codesDead: true })],
  [app('x', { backupCodesSaved: false, backupCodesLeft: 0 })],
  [phone('x', { backupCodesLeft: 2 })],
];

/** One account and at most one authenticator. */
export function* oneAccount(): Generator<LoginFacts> {
  const sessions = (demand: Demand) =>
    demand === 'own_authenticator' || demand === 'set_up'
      ? EVIDENCE_OF_SESSION.slice(1)
      : EVIDENCE_OF_SESSION;
  const entries = [
    ...LOGINS.map((login) => ({ ...login, sessionEvidence: [] as Evidence[] })),
    ...STEP_UPS.flatMap((stepUp) =>
      sessions(stepUp.demand).map((sessionEvidence) => ({ ...stepUp, sessionEvidence })),
    ),
  ];
  const people = ['never', 'x', 'forgotten'].flatMap((trusts) =>
    [...product({ mandates: [null, BOTH, ['sms'] as const], authenticators: AUTHENTICATORS })]
      .map(({ mandates, authenticators }) => ({
        memberships: [member('a', { mandates, trusts })],
        authenticators,
        passes: trusts === 'forgotten' ? PASSES : PASSES.slice(0, 2),
      }))
      .filter(({ authenticators }) => trusts !== 'forgotten' || AUTHENTICATORS.indexOf(authenticators) < 2),
  );
  for (const { passes, ...one } of people.filter(consistent)) {
    for (const { entry, ...rest } of product({
      entry: entries,
      evidence: EVIDENCE_HERE,
      passesHere: passes,
      textMessages: [true, false],
      afterRecovery: CHOICES,
      wantsPass: [false, true],
    })) {
      if (rest.afterRecovery !== null && !rest.evidence.some(isBackupCode)) continue;
      if (!rest.textMessages && (!rest.evidence.some(isMailbox) || rest.passesHere.length > 1)) continue;
      if (rest.wantsPass && (!rest.textMessages || rest.evidence.some((e) => e.authenticatorId))) continue;
      yield logIn({ ...entry, ...one, ...rest, accountAsked: 'a' });
    }
  }
}

/** Two accounts that mandate or not, trusting one of two authenticators, none, or forgotten. */
export function* twoAccounts(): Generator<LoginFacts> {
  const trusts = ['never', 'x', 'y', 'forgotten'];
  const people = [
    ...product({
      a: [...product({ mandates: [null, BOTH, ['sms'] as const], trusts })],
      b: [...product({ mandates: MANDATES, trusts })],
      authenticators: [[], [app('x')], [phone('y')], [app('x'), phone('y')]],
    }),
  ]
    .map(({ a, b, authenticators }) => ({
      memberships: [member('a', a), member('b', { ...b, lastEnteredAt: NOW - days(1) })],
      authenticators,
    }))
    .filter(consistent);
  const proofs = [[], [code('x')], [backupCode('x')], [textCode('y')], [backupCode('y'), code('x')]];
  const passes = [[], [pass('p', 'a')], [pass('p', 'b')]];
  const sessionEvidence = [password(hours(1)), textCode('y', minutes(9))];
  const entries = [
    { ...LOGINS[0], accountAsked: 'a', passes },
    { ...LOGINS[0], accountAsked: null, passes: passes.slice(0, 1) },
    ...STEP_UPS.slice(0, 4).map((stepUp) => ({
      ...stepUp,
      accountAsked: stepUp.demand === 'own_authenticator' ? null : 'a',
      sessionEvidence,
      passes: stepUp.demand === 'entry' ? passes.slice(1) : passes.slice(0, 1),
    })),
  ];
  for (const one of people) {
    for (const { passes: held, ...entry } of entries) {
      for (const { proof, start, passesHere, afterRecovery } of product({
        proof: proofs,
        start: [[password()], [password(), mailbox()]],
        passesHere: held,
        afterRecovery: CHOICES,
      })) {
        if (afterRecovery !== null && !proof.some(isBackupCode)) continue;
        yield logIn({ ...one, ...entry, passesHere, afterRecovery, evidence: [...start, ...proof] });
      }
    }
  }
}

/** The first lines: over, disabled, unproven, invited, of no account, asking and picking among three. */
export function* atTheDoor(): Generator<LoginFacts> {
  const three = [
    [],
    [member('a', { mandates: null })],
    [member('a'), member('b', { trusts: 'x' }), member('c', { trusts: 'forgotten' })],
    [
      member('a', { mandates: null, lastEnteredAt: NOW }),
      member('b', { joinedAt: NOW - days(200) }),
      member('c', { trusts: 'x', lastEnteredAt: NOW - 1 }),
    ],
  ];
  for (const { login, user, evidence, ...rest } of product({
    login: [...LOGINS, ...STEP_UPS],
    user: [null, { disabledAt: null }, { disabledAt: NOW - 1 }],
    invited: [false, true],
    evidence: EVIDENCE_HERE,
    memberships: three,
    accountAsked: [null, 'a', 'b', 'gone'],
    accountPicked: [null, 'c'],
    passesHere: [[], [pass('p', 'c')]],
  })) {
    const sessionEvidence = login.kind === 'step_up' ? [password(hours(1))] : [];
    const authenticators = rest.memberships.length > 1 ? [app('x')] : [];
    if (user === null && (login.kind !== 'sign_up' || rest.memberships.length > 0)) continue;
    yield logIn({ ...login, ...rest, user, evidence, sessionEvidence, authenticators });
  }
}

/** The store never shows a trust in an authenticator that it does not hold. */
function consistent(given: {
  readonly memberships: readonly Membership[];
  readonly authenticators: readonly Authenticator[];
}): boolean {
  const held = given.authenticators.map((x) => x.id);
  return given.memberships.every(
    ({ trust }) => trust.state !== 'authenticator' || held.includes(trust.authenticatorId),
  );
}

const isMailbox = (e: Evidence) => e.kind === 'email';
const isBackupCode = (e: Evidence) => e.kind === 'backup_code';
