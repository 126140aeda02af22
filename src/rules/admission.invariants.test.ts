/**
 * What must hold of `admission` whatever the facts are: every combination of a membership's mandate and trust
 * with what a session proved and the passes it rests on, and each refusal laid over every one of them.
 */
import { describe, expect, test } from 'vitest';
import { type Admission, admission, sessionStands } from './admission.ts';
import type { Evidence, Membership, Method, Pass, Session } from './facts.ts';
import {
  BOTH,
  backupCode,
  byPass,
  code,
  days,
  hours,
  mailbox,
  member,
  minutes,
  NOW,
  pass,
  password,
  product,
  session,
  textCode,
} from './testing/scene.ts';

interface Combination {
  readonly session: Session;
  readonly membership: Membership;
  readonly answer: Admission;
}

const SINCE = NOW - minutes(30);
const MANDATES = [
  { mandates: null },
  { mandates: BOTH, from: 'now', since: SINCE },
  { mandates: ['totp'], from: 'now', since: SINCE },
  { mandates: BOTH, from: 'next_login', since: SINCE },
  { mandates: ['sms'], from: 'next_login', since: SINCE },
] as const;
const EVIDENCE: readonly (readonly Evidence[])[] = [
  [],
  [mailbox()],
  [code('x')],
  [backupCode('x')],
  [textCode('y')],
  [backupCode('y')],
  [code('stranger'), backupCode('stranger')],
  [code('x'), backupCode('x')],
  [code('x'), textCode('y')],
  [backupCode('x'), textCode('y')],
];
/** A pass the session rests on, in each of its states; `null`: it rests on none. `gone`: no row any more. */
const PASS_STATES = [null, 'live', 'past', 'ended', 'gone', 'not rested on'] as const;
type PassState = (typeof PASS_STATES)[number];

function passOf(
  id: string,
  of: string,
  state: PassState,
  left = hours(23),
): { evidence: Evidence[]; passes: Pass[] } {
  const endsAt = state === 'past' ? NOW : NOW + left;
  const given = { endsAt, endedAt: state === 'ended' ? NOW - 1 : null };
  return {
    evidence: state === null || state === 'not rested on' ? [] : [byPass(id, hours(1))],
    passes: state === null || state === 'gone' ? [] : [pass(id, of, given)],
  };
}

function* world(): Generator<Combination> {
  const kinds = [
    new Map<string, Method>([
      ['x', 'totp'],
      ['y', 'sms'],
    ]),
    new Map<string, Method>([
      ['x', 'sms'],
      ['y', 'totp'],
    ]),
    new Map<string, Method>(),
  ];
  for (const one of product({
    mandate: MANDATES,
    trusts: ['never', 'x', 'y', 'forgotten'],
    joinedAt: [NOW - days(100), NOW - minutes(10)],
    startedAt: [NOW - hours(1), NOW - minutes(20)],
    proven: EVIDENCE,
    own: PASS_STATES,
    other: PASS_STATES,
    kinds,
  })) {
    const own = passOf('own', 'a', one.own);
    const other = passOf('other', 'b', one.other, one.other === 'live' ? hours(2) : hours(23));
    const membership = member('a', { ...one.mandate, trusts: one.trusts, joinedAt: one.joinedAt });
    const facts = session({
      startedAt: one.startedAt,
      evidence: [password(hours(1)), ...other.evidence, ...one.proven, ...own.evidence],
      passes: [...other.passes, ...own.passes],
      kinds: one.kinds,
    });
    yield { session: facts, membership, answer: admission(facts, membership, NOW) };
  }
}

const all = [...world()];
const isIn = (c: Combination) => c.answer.answer === 'admitted';
const rested = (s: Session) => s.evidence.filter((e) => e.kind === 'pass');
const lives = (p: Pass | undefined) => p !== undefined && p.endedAt === null && NOW < p.endsAt;
const somePassOver = (s: Session) => rested(s).some((e) => !lives(s.passes.find((p) => p.id === e.passId)));

function holds(applies: (c: Combination) => boolean, rule: (c: Combination) => boolean): void {
  let seen = 0;
  for (const c of all) {
    if (!applies(c)) continue;
    seen++;
    if (!rule(c)) expect.fail(JSON.stringify({ ...c, kinds: [...c.session.kinds] }, null, 1));
  }
  expect(seen, 'combinations the rule applied to').toBeGreaterThan(100);
}

/** Laid over every combination, it is answered so, whatever else holds. */
function always(
  expected: Admission['answer'],
  change: (c: Combination) => [Session | null, Membership | null],
  applies: (c: Combination) => boolean = () => true,
): void {
  let seen = 0;
  for (const c of all) {
    if (!applies(c)) continue;
    seen++;
    const [changed, membership] = change(c);
    const { answer } = admission(changed, membership, NOW);
    if (answer !== expected) expect.fail(`${answer}: ${JSON.stringify(c, null, 1)}`);
  }
  expect(seen, 'combinations the rule applied to').toBeGreaterThan(100);
}

describe('who is admitted', () => {
  test('the world is walked', () => {
    expect(all.length).toBeGreaterThan(50_000);
    const answers = new Set(all.map((c) => c.answer.answer));
    expect([...answers].sort()).toEqual([
      'admitted',
      'code_needed',
      'method_not_allowed',
      'other_authenticator_needed',
      'pass_needed',
      'pass_over',
      'set_up_needed',
    ]);
  });

  test('T2 to a mandating account only by one of the three ways, and each is what is named', () => {
    holds(
      (c) => isIn(c) && c.membership.account.mandate !== null,
      ({ session: s, membership: m, answer: a }) => {
        const { mandate } = m.account;
        if (a.answer !== 'admitted' || mandate === null) return false;
        switch (a.by) {
          case 'authenticator':
          case 'backup_code': {
            const kind = s.kinds.get(a.authenticatorId);
            const wanted = a.by === 'backup_code' ? ['backup_code'] : ['totp', 'sms'];
            return (
              m.trust.state === 'authenticator' &&
              m.trust.authenticatorId === a.authenticatorId &&
              kind !== undefined &&
              mandate.methods.includes(kind) &&
              s.evidence.some((e) => e.authenticatorId === a.authenticatorId && wanted.includes(e.kind))
            );
          }
          case 'pass': {
            const held = s.passes.find((p) => p.id === a.passId);
            const restsOn = rested(s).some((e) => e.passId === a.passId);
            // P5: the session ends with the earliest pass that it rests on.
            const ends = rested(s).map((e) => s.passes.find((p) => p.id === e.passId)?.endsAt ?? 0);
            return restsOn && lives(held) && held?.membershipId === m.id && a.endsAt === Math.min(...ends);
          }
          case 'before_mandate':
            return mandate.from === 'next_login' && s.startedAt < mandate.since && m.joinedAt < mandate.since;
          default:
            return false;
        }
      },
    );
  });

  test('T2 whoever has one of the three ways is admitted', () => {
    holds(({ session: s, membership: m }) => {
      const { mandate } = m.account;
      if (mandate === null || somePassOver(s)) return false;
      const x = m.trust.state === 'authenticator' ? m.trust.authenticatorId : '';
      const kind = s.kinds.get(x);
      const byTrust =
        kind !== undefined &&
        mandate.methods.includes(kind) &&
        s.evidence.some((e) => e.authenticatorId === x);
      const byItsPass = rested(s).some((e) => e.passId === 'own');
      const before = mandate.from === 'next_login' && Math.max(s.startedAt, m.joinedAt) < mandate.since;
      return byTrust || byItsPass || before;
    }, isIn);
  });

  test('D3 where nothing is demanded everybody is admitted who is not out everywhere', () => {
    holds(
      (c) => c.membership.account.mandate === null,
      (c) => isIn(c) === !somePassOver(c.session),
    );
  });

  test('P4 a pass never opens another mandating account', () => {
    holds(
      ({ session: s, membership: m }) =>
        m.account.mandate !== null && rested(s).some((e) => e.passId === 'other'),
      ({ session: s, membership, answer }) => {
        const without = {
          ...s,
          evidence: s.evidence.filter((e) => e.passId !== 'other'),
          passes: s.passes.filter((p) => p.id !== 'other'),
        };
        const { answer: expected } = admission(without, membership, NOW);
        return somePassOver(s) ? answer.answer === 'pass_over' : answer.answer === expected;
      },
    );
  });

  test('P3 a pass that the session does not rest on changes nothing', () => {
    holds(
      ({ session: s }) => s.passes.some((p) => !rested(s).some((e) => e.passId === p.id)),
      ({ session: s, membership, answer }) => {
        const passes = s.passes.filter((p) => rested(s).some((e) => e.passId === p.id));
        return admission({ ...s, passes }, membership, NOW).answer === answer.answer;
      },
    );
  });

  test('T1 evidence of another authenticator admits nowhere', () => {
    holds(
      ({ membership }) => membership.account.mandate !== null,
      ({ session: s, membership: m, answer }) => {
        const own = m.trust.state === 'authenticator' ? m.trust.authenticatorId : '';
        const evidence = s.evidence.filter(
          (e) => e.authenticatorId === undefined || e.authenticatorId === own,
        );
        const alone = admission({ ...s, evidence }, m, NOW);
        return (alone.answer === 'admitted') === (answer.answer === 'admitted');
      },
    );
  });

  test('D3 the order in which things were proven does not matter', () => {
    holds(
      () => true,
      ({ session: s, membership, answer }) =>
        admission({ ...s, evidence: s.evidence.toReversed(), passes: s.passes.toReversed() }, membership, NOW)
          .answer === answer.answer,
    );
  });
});

describe('who is not', () => {
  const ended = (s: Session): Session => ({ ...s, endedAt: NOW - 1 });
  const old = (s: Session): Session => ({ ...s, startedAt: NOW - hours(24) });
  const idle = (s: Session): Session => ({ ...s, lastUsedAt: NOW - hours(8) });
  const disabled = (s: Session): Session => ({ ...s, userDisabledAt: NOW - 1 });
  const idledOut = (s: Session, ...accounts: string[]): Session => ({ ...s, idledOut: accounts });

  test('D3 without a session', () => always('signed_out', (c) => [null, c.membership]));
  test('S3 ended', () => always('signed_out', (c) => [ended(c.session), c.membership]));
  test('S2 too old', () => always('signed_out', (c) => [old(c.session), c.membership]));
  test('S2 too long idle', () => always('signed_out', (c) => [idle(c.session), c.membership]));
  test('S2 idled out of this account, whatever else', () => {
    always('signed_out', (c) => [idledOut(c.session, 'a'), c.membership]);
    always('signed_out', (c) => [idledOut(disabled(c.session), 'b', 'a'), c.membership]);
  });
  test('S2 idled out of another account changes nothing', () => {
    for (const c of all) {
      const to = admission(idledOut(c.session, 'b', 'm:a'), c.membership, NOW);
      if (JSON.stringify(to) !== JSON.stringify(c.answer)) expect.fail(JSON.stringify(c, null, 1));
    }
  });
  test('S2 idled out of the only account nothing stands; out of one of two, what the other lets', () => {
    const other = member('z', { mandates: null });
    for (const c of all) {
      const out = idledOut(c.session, 'a');
      const both = sessionStands(out, [c.membership, other], NOW);
      if (sessionStands(out, [c.membership], NOW) !== 'signed_out') expect.fail(JSON.stringify(c, null, 1));
      if (both !== sessionStands(c.session, [other], NOW)) expect.fail(JSON.stringify(c, null, 1));
    }
  });
  test('D3 expired beats everything', () => {
    for (const expire of [ended, old, idle]) always('signed_out', (c) => [expire(disabled(c.session)), null]);
  });
  test('U5 disabled', () => always('disabled', (c) => [disabled(c.session), c.membership]));
  test('U5 disabled, no member', () => always('disabled', (c) => [disabled(c.session), null]));
  test('P5 P6 any pass over: out everywhere', () => {
    const isOver = (c: Combination) => somePassOver(c.session);
    always('pass_over', (c) => [c.session, c.membership], isOver);
    always('pass_over', (c) => [c.session, null], isOver);
    always('pass_over', (c) => [c.session, member('z', { mandates: null })], isOver);
  });
  test('P5 no pass over: nobody is told so', () => {
    holds(
      (c) => !somePassOver(c.session),
      (c) => c.answer.answer !== 'pass_over',
    );
  });
  test('D3 no member', () =>
    always(
      'not_member',
      (c) => [c.session, null],
      (c) => !somePassOver(c.session),
    ));
  test('S2 sessions of this account ended after it began', () =>
    always(
      'session_ended_here',
      (c) => [c.session, { ...c.membership, sessionsFrom: c.session.startedAt + 1 }],
      (c) => !somePassOver(c.session),
    ));

  test('U2 inactive in a mandating account: set-up, whatever else', () =>
    always(
      'set_up_needed',
      (c) => [c.session, { ...c.membership, active: false }],
      (c) => !somePassOver(c.session) && c.membership.account.mandate !== null,
    ));
  test('U2 inactive where nothing is mandated: it changes nothing', () =>
    always(
      'admitted',
      (c) => [c.session, { ...c.membership, active: false }],
      (c) => !somePassOver(c.session) && c.membership.account.mandate === null,
    ));
  test('D9 an authenticator that is not among the facts admits nowhere, whatever was proven', () => {
    let seen = 0;
    for (const c of all) {
      if (c.membership.trust.state !== 'authenticator' || c.membership.account.mandate === null) continue;
      seen++;
      const to = admission({ ...c.session, kinds: new Map() }, c.membership, NOW);
      if (to.answer === 'admitted' && to.by !== 'pass' && to.by !== 'before_mandate') {
        expect.fail(JSON.stringify(c, null, 1));
      }
    }
    expect(seen).toBeGreaterThan(1000);
  });

  test('D9 a trust of an unknown state is refused, loudly', () => {
    const odd = { ...member('a'), trust: { state: 'maybe' } } as unknown as Membership;
    expect(() => admission(session(), odd, NOW)).toThrow(/refused/);
  });

  test('D3 what is refused everywhere does not stand, and what is admitted anywhere stands', () => {
    for (const c of all) {
      const stands = sessionStands(c.session, [c.membership], NOW);
      if (stands === 'signed_in' ? c.answer.answer === 'pass_over' : c.answer.answer !== stands) {
        expect.fail(JSON.stringify(c, null, 1));
      }
    }
  });
});
