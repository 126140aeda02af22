/**
 * An account names a day from which it takes no text messages: what the rules make of it before, at and after that
 * moment. M3 says what becomes of people whose kind of authenticator is not taken any more; nothing here is new to it.
 */
import { describe, expect, test } from 'vitest';
import { admission } from './admission.ts';
import type { LoginFacts, Mandate, Method } from './facts.ts';
import { judgeMandate, judgeTextEnd, methodsAt, methodsForNew, textUntilAfter } from './mandate.ts';
import { nextStep } from './next-step.ts';
import { atTheDoor, oneAccount, twoAccounts } from './testing/login-worlds.ts';
import { sayStep } from './testing/say-step.ts';
import {
  BOTH,
  backupCode,
  code,
  days,
  hours,
  logIn,
  mailbox,
  member,
  NOW,
  password,
  phone,
  session,
  textCode,
} from './testing/scene.ts';

const mandate = (methods: readonly Method[], textUntil: number | null): Mandate => ({
  since: NOW - days(30),
  methods,
  from: 'now',
  textUntil,
});

describe('which methods a mandate takes', () => {
  test.for<readonly [string, readonly Method[], number | null, readonly Method[], readonly Method[]]>([
    ['no day: both, of everybody', BOTH, null, BOTH, BOTH],
    [
      'a day to come: both of those who have them, the app of those who set up',
      BOTH,
      NOW + 1,
      BOTH,
      ['totp'],
    ],
    ['at the moment itself: the app', BOTH, NOW, ['totp'], ['totp']],
    ['afterwards: the app', BOTH, NOW - days(400), ['totp'], ['totp']],
    ['the app alone stays the app', ['totp'], NOW, ['totp'], ['totp']],
    ['M3 text alone has no such day; if it had, nothing would be taken (D9)', ['sms'], NOW, [], []],
  ])('D9 %s', ([, methods, until, now, anew]) => {
    expect(methodsAt(mandate(methods, until), NOW)).toEqual(now);
    expect(methodsForNew(mandate(methods, until))).toEqual(anew);
  });
});

describe('may this day be set?', () => {
  test.for<readonly [string, Mandate | null, number, ReturnType<typeof judgeTextEnd>]>([
    ['both methods, tomorrow', mandate(BOTH, null), NOW + days(1), 'ok'],
    ['another day than the one set', mandate(BOTH, NOW + days(9)), NOW + days(3), 'ok'],
    ['the next millisecond', mandate(BOTH, null), NOW + 1, 'ok'],
    ['now', mandate(BOTH, null), NOW, 'too_soon'],
    ['yesterday', mandate(BOTH, null), NOW - days(1), 'too_soon'],
    ['in two years', mandate(BOTH, null), NOW + days(730), 'ok'],
    ['later than that', mandate(BOTH, null), NOW + days(730) + 1, 'too_late'],
    ['M3 text alone: nobody could get in', mandate(['sms'], null), NOW + days(1), 'app_needed'],
    ['the app alone: there is nothing to end', mandate(['totp'], null), NOW + days(1), 'no_text'],
    ['they have ended already', mandate(BOTH, NOW), NOW + days(1), 'no_text'],
    ['no mandate', null, NOW + days(1), 'no_text'],
  ])('%s', ([, of, until, verdict]) => {
    expect(judgeTextEnd(of, until, NOW)).toBe(verdict);
  });
});

describe('methods chosen anew', () => {
  test.for<readonly [string, Mandate | null, readonly Method[], number | null]>([
    ['both once more: a day to come stays', mandate(BOTH, NOW + 1), BOTH, NOW + 1],
    ['the app alone: no day is needed', mandate(BOTH, NOW + 1), ['totp'], null],
    ['both, after the day: they were chosen again', mandate(BOTH, NOW), BOTH, null],
    ['the app alone, after the day', mandate(BOTH, NOW), ['totp'], null],
    ['without a day', mandate(BOTH, null), BOTH, null],
    ['switched on', null, BOTH, null],
  ])('%s', ([, before, methods, until]) => {
    expect(textUntilAfter(before, methods, NOW)).toBe(until);
  });

  test('M3 text alone is refused while a day is set', () => {
    expect(judgeMandate('enterprise', ['sms'], true, true)).toBe('text_ends');
    expect(judgeMandate('enterprise', ['sms'], true, false)).toBe('ok');
    expect(judgeMandate('enterprise', BOTH, true, true)).toBe('ok');
  });
});

describe('a person with text messages', () => {
  const by = (textUntil: number | null) => ({
    memberships: [member('a', { trusts: 'y', textUntil })],
    authenticators: [phone('y')],
  });
  const step = (facts: Partial<LoginFacts>) => sayStep(nextStep(logIn(facts), NOW));
  const proven = [password(), textCode('y')];

  test('logs in as ever until the day', () => {
    for (const until of [null, NOW + 1, NOW + days(30)]) {
      expect(step({ ...by(until), evidence: [password()] })).toBe('code of y for m:a');
      expect(step({ ...by(until), evidence: proven })).toBe('done for m:a');
    }
  });

  test('M3 from the day on shows one last code, then sets up an app', () => {
    expect(step({ ...by(NOW), evidence: [password()] })).toBe('code of y for m:a');
    expect(step({ ...by(NOW), evidence: proven })).toBe('mailbox: set_up');
    expect(step({ ...by(NOW), evidence: [...proven, mailbox()] })).toBe(
      'set up (proven) for m:a: totp, m:a move from y',
    );
  });

  test('B3 whose number is gone sets up an app, before the day too', () => {
    const evidence = [password(), mailbox(), backupCode('y')];
    for (const until of [NOW + days(9), NOW]) {
      expect(step({ ...by(until), evidence, afterRecovery: 'replace' })).toBe(
        'set up (proven) for m:a: totp, m:a move from y',
      );
    }
  });

  test('T2 an open session is in until that very millisecond', () => {
    const kinds = new Map([['y', 'sms' as const]]);
    for (const proof of [textCode('y', hours(1)), backupCode('y', hours(1))]) {
      const facts = session({ kinds, evidence: [password(hours(1)), proof] });
      const answer = (textUntil: number) =>
        admission(facts, member('a', { trusts: 'y', textUntil }), NOW).answer;
      expect([answer(NOW + 1), answer(NOW), answer(NOW - 1)]).toEqual([
        'admitted',
        'method_not_allowed',
        'method_not_allowed',
      ]);
    }
  });

  test('T1 another account keeps taking them: the set-up is for the one that does not', () => {
    const facts = {
      memberships: [
        member('a', { trusts: 'y', textUntil: NOW }),
        member('b', { trusts: 'y', mandates: ['sms'] }),
      ],
      authenticators: [phone('y')],
      accountAsked: 'a',
    };
    expect(step({ ...facts, evidence: [...proven, mailbox()] })).toBe(
      'set up (proven) for m:a: totp, m:a move from y',
    );
    expect(step({ ...facts, accountAsked: 'b', evidence: proven })).toBe('done for m:b');
  });
});

describe('somebody new, with a day to come', () => {
  const step = (facts: Partial<LoginFacts>) => sayStep(nextStep(logIn(facts), NOW));
  const a = member('a', { textUntil: NOW + days(30) });

  test('is offered the app alone', () => {
    expect(step({ memberships: [a], evidence: [password(), mailbox()] })).toBe(
      'set up (first) for m:a: totp, m:a move from nothing',
    );
  });

  test('who has text messages elsewhere sets up an app for this account', () => {
    const facts = {
      memberships: [a, member('b', { trusts: 'y' })],
      authenticators: [phone('y')],
      accountAsked: 'a',
    };
    const evidence = [password(), mailbox(), textCode('y')];
    expect(step({ ...facts, evidence })).toBe('set up (proven) for m:a: totp, m:a move from nothing');
  });

  test('T1 a text message set up for another account is not trusted here on the way', () => {
    const facts = { memberships: [a, member('b')], accountAsked: 'b', evidence: [password(), mailbox()] };
    expect(step(facts)).toBe('set up (first) for m:b: totp/sms, m:b move from nothing');
  });
});

describe('whatever the facts are', () => {
  const worlds = [...oneAccount(), ...twoAccounts(), ...atTheDoor()];
  /** Every mandate that takes both, with that day or those methods instead. */
  function changed(facts: LoginFacts, to: Pick<Mandate, 'methods' | 'textUntil'>): LoginFacts {
    const memberships = facts.memberships.map((m) => {
      const before = m.account.mandate;
      return before === null || before.methods.length < 2
        ? m
        : { ...m, account: { ...m.account, mandate: { ...before, ...to } } };
    });
    return { ...facts, memberships };
  }

  test('M3 text messages that have ended are as if they had never been among the methods', () => {
    for (const facts of worlds) {
      const ended = sayStep(nextStep(changed(facts, { methods: BOTH, textUntil: NOW }), NOW));
      const never = sayStep(nextStep(changed(facts, { methods: ['totp'], textUntil: null }), NOW));
      if (ended !== never) expect.fail(`${ended}, not ${never}: ${JSON.stringify(facts)}`);
    }
  });

  test('with a day to come nobody sets up text messages for that account, and it comes to trust none', () => {
    let seen = 0;
    for (const plain of worlds) {
      const facts = changed(plain, { methods: BOTH, textUntil: NOW + days(9) });
      const next = nextStep(facts, NOW);
      if (next.step !== 'set_up' && next.step !== 'trust') continue;
      const ends = (id: string) =>
        (facts.memberships.find((m) => m.id === id)?.account.mandate?.textUntil ?? null) !== null;
      const methods = next.step === 'trust' ? [next.authenticator.kind] : next.plan.methods;
      const movers = next.step === 'trust' ? [next.target] : next.plan.movers;
      if (!movers.some(ends)) continue;
      seen++;
      if (methods.includes('sms')) expect.fail(`${sayStep(next)}: ${JSON.stringify(facts)}`);
    }
    expect(seen).toBeGreaterThan(100);
  });

  test('with a day to come, who is in is in: no step changes that is not a set-up or a new trust', () => {
    for (const plain of worlds) {
      const trusting = plain.memberships.every((m) => m.trust.state === 'authenticator');
      if (!trusting) continue;
      const before = nextStep(changed(plain, { methods: BOTH, textUntil: null }), NOW);
      if (before.step === 'set_up') continue;
      const after = nextStep(changed(plain, { methods: BOTH, textUntil: NOW + days(9) }), NOW);
      if (sayStep(before) !== sayStep(after)) expect.fail(`${sayStep(after)}: ${JSON.stringify(plain)}`);
    }
  });

  test('a code from an app never minds', () => {
    const kinds = new Map([['x', 'totp' as const]]);
    const facts = session({ kinds, evidence: [password(hours(1)), code('x', hours(1))] });
    for (const textUntil of [null, NOW - 1, NOW, NOW + 1]) {
      expect(admission(facts, member('a', { trusts: 'x', textUntil }), NOW).answer).toBe('admitted');
    }
  });
});
