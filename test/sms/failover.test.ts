import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Accepted,
  NotSent,
  type NotSentKind,
  type SmsCarrier,
  type SmsMessage,
} from '../../src/delivery/sms/carrier.ts';
import { type FailoverOptions, failover } from '../../src/delivery/sms/failover.ts';
import { openHttp } from '../../src/delivery/sms/http-gateway.ts';
import { openSmpp } from '../../src/delivery/sms/smpp.ts';
import { type Conduct, deadPort, httpServer } from '../support/sms-http.ts';
import { expectSilentAbout, message, NOW, outcomeOf } from '../support/sms-messages.ts';
import { smppServer } from '../support/sms-smpp.ts';

// Only the date is moved: time-outs are short and real.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): void => {
  vi.setSystemTime(Date.now() + ms);
};

type Script = NotSentKind | 'ok' | 'deaf' | 'listens' | 'bug';

/** A carrier that does as it is told, and counts. `deaf`: never answers; `listens`: until the signal says. */
function told(name: string, script: Script) {
  const carrier = {
    name,
    script,
    got: [] as string[],
    closed: false,
    receipts: 'none' as const,
    async send(one: SmsMessage, signal: AbortSignal): Promise<Accepted> {
      carrier.got.push(one.id);
      switch (carrier.script) {
        case 'ok':
          return { providerId: `${name}-${carrier.got.length}`, parts: 1 };
        case 'deaf':
          return new Promise(() => {});
        case 'listens':
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new NotSent('unavailable', 'connect_timeout')));
          });
        case 'bug':
          throw new TypeError('a bug');
        default:
          throw new NotSent(carrier.script, 'told');
      }
    },
    async close() {
      carrier.closed = true;
    },
  };
  return carrier satisfies SmsCarrier;
}

const sender = (carriers: SmsCarrier[], options: Partial<FailoverOptions> = {}) =>
  failover(carriers, { now: Date.now, timeoutMs: 60, ...options });

const pair = (first: Script, second: Script = 'ok', third: Script = 'ok') => {
  const carriers = [told('a', first), told('b', second), told('c', third)] as const;
  return { carriers, sms: sender([...carriers]), got: () => carriers.map(({ got }) => got.length) };
};

describe('who is asked', () => {
  it('the first, if it accepts', async () => {
    const { sms, got } = pair('ok');
    expect(await sms.send(message())).toEqual({ providerId: 'a-1', parts: 1, carrier: 'a' });
    expect(got()).toEqual([1, 0, 0]);
  });

  it.each<[NotSentKind, boolean]>([
    ['unavailable', true],
    ['throttled', true],
    ['credentials', true],
    ['country', true],
    ['refused', true],
    ['number', false],
    ['unknown', false],
  ])('after %s the next: %s', async (kind, next) => {
    const { sms, got } = pair(kind);
    const outcome = await outcomeOf(sms.send(message()));
    if (next) expect(outcome).toMatchObject({ carrier: 'b' });
    else expect(outcome).toBe(`${kind} told`);
    expect(got()).toEqual([1, next ? 1 : 0, 0]);
  });

  it('never a third', async () => {
    const { sms, got } = pair('unavailable', 'throttled');
    expect(await outcomeOf(sms.send(message()))).toBe('throttled told');
    expect(got()).toEqual([1, 1, 0]);
  });

  it('a time-out after the message was handed over is nobody else’s', async () => {
    const { sms, got } = pair('deaf');
    const began = performance.now();
    expect(await outcomeOf(sms.send(message()))).toBe('unknown timeout');
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(got()).toEqual([1, 0, 0]);
  });

  it('a time-out before that is', async () => {
    const { sms, got } = pair('listens');
    expect(await sms.send(message())).toMatchObject({ carrier: 'b' });
    expect(got()).toEqual([1, 1, 0]);
  });

  it('a bug is told as it is, and nobody else is asked', async () => {
    const { sms, got } = pair('bug');
    await expect(sms.send(message())).rejects.toThrow(TypeError);
    expect(got()).toEqual([1, 0, 0]);
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('nobody, if there is none', async () => {
    expect(await outcomeOf(sender([]).send(message()))).toBe('unavailable no_carrier');
  });
});

describe('one message per id', () => {
  it('accepted once is accepted, without asking again', async () => {
    const { sms, got } = pair('ok');
    const one = message();
    const first = await sms.send(one);
    expect(await sms.send(one)).toEqual(first);
    expect(got()).toEqual([1, 0, 0]);
  });

  it('under way is under way', async () => {
    const { sms, got } = pair('ok');
    const one = message();
    await Promise.all([sms.send(one), sms.send(one), sms.send(one)]);
    expect(got()).toEqual([1, 0, 0]);
  });

  it('unknown stays unknown, by any carrier', async () => {
    const { sms, carriers, got } = pair('deaf');
    const one = message();
    expect(await outcomeOf(sms.send(one))).toBe('unknown timeout');
    carriers[0].script = 'ok';
    expect(await outcomeOf(sms.send(one))).toBe('unknown timeout');
    expect(got()).toEqual([1, 0, 0]);
  });

  it('certainly not accepted may be tried again', async () => {
    const { sms, carriers } = pair('unavailable', 'unavailable');
    const one = message();
    expect(await outcomeOf(sms.send(one))).toBe('unavailable told');
    carriers[0].script = 'ok';
    expect(await sms.send(one)).toMatchObject({ carrier: 'a' });
  });

  it('is forgotten when the message is dead', async () => {
    const { sms, got } = pair('ok');
    const one = message();
    await sms.send(one);
    pass(361_000);
    await sms.send(message({ expiresAt: Date.now() + 1 }));
    await sms.send({ ...one, expiresAt: Date.now() + 1 });
    expect(got()).toEqual([3, 0, 0]);
  });
});

describe('the breaker', () => {
  it.each<Script>(['unavailable', 'throttled', 'credentials', 'unknown', 'deaf'])(
    'opens after five times %s, and the next carrier gets it all',
    async (script) => {
      const { sms, got } = pair(script);
      for (let i = 0; i < 8; i += 1) await outcomeOf(sms.send(message()));
      expect(got()[0]).toBe(5);
      expect(sms.status()[0]).toMatchObject({ state: 'open', failures: 5 });
      expect(await sms.send(message())).toMatchObject({ carrier: 'b' });
    },
  );

  it.each<Script>(['number', 'country', 'refused'])('does not count %s', async (script) => {
    const { sms, got } = pair(script);
    for (let i = 0; i < 20; i += 1) await outcomeOf(sms.send(message()));
    expect(got()[0]).toBe(20);
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0, lastError: `${script} (told)` });
  });

  describe('a code that we do not know', () => {
    const refuse = async (sms: ReturnType<typeof sender>, from: number, count: number) => {
      for (let n = from; n < from + count; n += 1) {
        await outcomeOf(sms.send(message({ to: `+1415555${1000 + n}` })));
      }
    };
    it('for twenty different numbers in a row, and nothing else: it is the carrier, and the next gets it all', async () => {
      const { sms, got } = pair('refused');
      await refuse(sms, 0, 19);
      expect(sms.status()[0]).toMatchObject({ state: 'closed' });
      await refuse(sms, 19, 3);
      expect(sms.status()[0]).toMatchObject({ state: 'open', lastError: 'refused (told)' });
      expect(got()).toEqual([20, 22, 0]);
      expectSilentAbout(JSON.stringify(sms.status()), ['+14155551000', '+14155551019']);
    });

    it('for one person’s numbers, with one acceptance in between: it stays in use', async () => {
      const { sms, carriers } = pair('refused');
      await refuse(sms, 0, 19);
      carriers[0].script = 'ok';
      await sms.send(message());
      carriers[0].script = 'refused';
      await refuse(sms, 0, 19);
      expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0 });
    });

    it('alone: nothing is ready until its trial, and a trial that is refused so does not close it', async () => {
      const only = told('a', 'refused');
      const sms = sender([only]);
      await refuse(sms, 0, 20);
      expect(sms.ready()).toBe(false);
      expect(await outcomeOf(sms.send(message()))).toBe('unavailable no_carrier');
      pass(30_000);
      expect(sms.ready()).toBe(true);
      expect(await outcomeOf(sms.send(message()))).toBe('refused told');
      expect(sms.status()[0]).toMatchObject({ state: 'open' });
      only.script = 'ok';
      pass(30_000);
      expect(await sms.send(message())).toMatchObject({ carrier: 'a' });
      await refuse(sms, 0, 1);
      expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0 });
    });

    it('as the trial of a carrier that was down: it stays shut', async () => {
      const { sms, carriers } = pair('unavailable');
      for (let i = 0; i < 5; i += 1) await sms.send(message());
      carriers[0].script = 'refused';
      pass(30_000);
      expect(await sms.send(message())).toMatchObject({ carrier: 'b' });
      expect(sms.status()[0]).toMatchObject({ state: 'open' });
    });
  });

  it('counts failures in a row: one success clears them', async () => {
    const { sms, carriers } = pair('unavailable');
    for (let i = 0; i < 4; i += 1) await sms.send(message());
    carriers[0].script = 'ok';
    await sms.send(message());
    carriers[0].script = 'unavailable';
    for (let i = 0; i < 4; i += 1) await sms.send(message());
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 4 });
  });

  it('all open: refused at once, and nobody is asked', async () => {
    const carriers = [told('a', 'unavailable'), told('b', 'unavailable')];
    const sms = sender(carriers);
    for (let i = 0; i < 5; i += 1) await outcomeOf(sms.send(message()));
    const began = performance.now();
    expect(await outcomeOf(sms.send(message()))).toBe('unavailable no_carrier');
    expect(performance.now() - began).toBeLessThan(60);
    expect(carriers.map(({ got }) => got.length)).toEqual([5, 5]);
  });

  it('heals by itself within a minute: one trial, then all', async () => {
    const { sms, carriers, got } = pair('unavailable');
    for (let i = 0; i < 5; i += 1) await sms.send(message());
    carriers[0].script = 'ok';
    pass(29_999);
    expect(await sms.send(message())).toMatchObject({ carrier: 'b' });
    expect(sms.status()[0]).toMatchObject({ state: 'open' });
    pass(1);
    expect(sms.status()[0]).toMatchObject({ state: 'half_open' });
    expect(await sms.send(message())).toMatchObject({ carrier: 'a' });
    expect(await sms.send(message())).toMatchObject({ carrier: 'a' });
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0, lastSuccessAt: NOW + 30_000 });
    expect(got()).toEqual([7, 6, 0]);
  });

  it('a failed trial opens it for as long again', async () => {
    const { sms, got } = pair('unavailable');
    for (let i = 0; i < 5; i += 1) await sms.send(message());
    pass(30_000);
    expect(await sms.send(message())).toMatchObject({ carrier: 'b' });
    expect(await sms.send(message())).toMatchObject({ carrier: 'b' });
    expect(got()[0]).toBe(6);
    pass(30_000);
    await sms.send(message());
    expect(got()[0]).toBe(7);
  });

  it('while a trial hangs, no other message waits for it', async () => {
    const { carriers, got } = pair('unavailable');
    const sms = sender([...carriers], { timeoutMs: 500 });
    for (let i = 0; i < 5; i += 1) await sms.send(message());
    carriers[0].script = 'deaf';
    pass(30_000);
    const trial = outcomeOf(sms.send(message()));
    const began = performance.now();
    const others = await Promise.all(Array.from({ length: 10 }, () => sms.send(message())));
    expect(performance.now() - began).toBeLessThan(400);
    expect(others.every(({ carrier }) => carrier === 'b')).toBe(true);
    expect(await trial).toBe('unknown timeout');
    expect(got()[0]).toBe(6);
    expect(sms.status()[0]).toMatchObject({ state: 'open' });
  });

  it('a number that is refused as the trial shows that the carrier is there', async () => {
    const { sms, carriers } = pair('unavailable');
    for (let i = 0; i < 5; i += 1) await sms.send(message());
    carriers[0].script = 'number';
    pass(30_000);
    expect(await outcomeOf(sms.send(message()))).toBe('number told');
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0 });
  });
});

describe('a carrier that falls silent', () => {
  /** Answers when it is told to, and never by itself. */
  function held(name: string) {
    const waiting: ((answer: Accepted | NotSent) => void)[] = [];
    const carrier: SmsCarrier = {
      ...told(name, 'ok'),
      send: () =>
        new Promise((resolve, reject) => {
          waiting.push((answer) => (answer instanceof NotSent ? reject(answer) : resolve(answer)));
        }),
    };
    return { carrier, waiting };
  }
  const patience = { timeoutMs: 2_000, suspectAfterMs: 20 };
  const send = (sms: ReturnType<typeof sender>, count: number) =>
    Array.from({ length: count }, () => outcomeOf(sms.send(message())));
  const suspected = (sms: ReturnType<typeof sender>) =>
    expect.poll(() => sms.status()[0]?.state, { interval: 2, timeout: 1_000 }).toBe('suspected');

  it('is passed over once five messages are overdue, and in use again with the first answer', async () => {
    const { carrier, waiting } = held('a');
    const second = told('b', 'ok');
    const sms = sender([carrier, second], patience);
    const first = send(sms, 5);
    await suspected(sms);
    const began = performance.now();
    const later = await Promise.all(send(sms, 20));
    expect(performance.now() - began).toBeLessThan(500);
    expect(later).toEqual(Array.from({ length: 20 }, () => expect.objectContaining({ carrier: 'b' })));
    expect([waiting.length, second.got.length]).toEqual([5, 20]);
    waiting[3]?.({ providerId: 'late', parts: 1 });
    expect(await first[3]).toMatchObject({ carrier: 'a' });
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0 });
    const again = send(sms, 1);
    expect(waiting).toHaveLength(6);
    for (const answer of waiting) answer({ providerId: 'x', parts: 1 });
    expect(await again[0]).toMatchObject({ carrier: 'a' });
    // Nothing that was handed over went to the other as well.
    expect(second.got).toHaveLength(20);
    await Promise.all(first);
  });

  it('gets five messages and no more until its breaker opens, at any rate', async () => {
    const { carrier, waiting } = held('a');
    const second = told('b', 'ok');
    const sms = sender([carrier, second], { timeoutMs: 150, suspectAfterMs: 20 });
    const all: Promise<unknown>[] = send(sms, 5);
    await suspected(sms);
    const opened = () => {
      all.push(...send(sms, 3));
      return sms.status()[0]?.state;
    };
    await expect.poll(opened, { interval: 5, timeout: 2_000 }).toBe('open');
    expect(waiting).toHaveLength(5);
    expect((await Promise.all(all)).slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'unknown timeout'));
    expect(second.got).toHaveLength(all.length - 5);
  });

  it('four overdue messages are too few, unless a failure went before them', async () => {
    const { carrier, waiting } = held('a');
    const sms = sender([carrier, told('b', 'ok')], { ...patience, suspectAfterMs: 0 });
    const four = send(sms, 4);
    expect(sms.status()[0]).toMatchObject({ state: 'closed' });
    const fifth = send(sms, 1);
    waiting[4]?.(new NotSent('unavailable', 'told'));
    await fifth[0];
    expect(sms.status()[0]).toMatchObject({ state: 'suspected', failures: 1 });
    for (const answer of waiting) answer({ providerId: 'x', parts: 1 });
    await Promise.all(four);
    expect(sms.status()[0]).toMatchObject({ state: 'closed', failures: 0 });
  });

  it.each<Accepted | NotSent>([{ providerId: 'x', parts: 1 }, new NotSent('number', 'told')])(
    'any answer starts the time of the others anew: %o',
    async (answer) => {
      const { carrier, waiting } = held('a');
      const sms = sender([carrier, told('b', 'ok')], { ...patience, suspectAfterMs: 200 });
      const all = send(sms, 8);
      await suspected(sms);
      waiting[0]?.(answer);
      await all[0];
      expect(sms.status()[0]).toMatchObject({ state: 'closed' });
      await suspected(sms);
      for (const rest of waiting) rest({ providerId: 'x', parts: 1 });
      await Promise.all(all);
    },
  );

  it('and there is no other: it may be slow, so it gets the others as well', async () => {
    const { carrier, waiting } = held('a');
    const sms = sender([carrier], patience);
    const first = send(sms, 5);
    await suspected(sms);
    expect(sms.ready()).toBe(true);
    const sixth = send(sms, 1)[0];
    await expect.poll(() => waiting.length, { interval: 2 }).toBe(6);
    for (const answer of waiting) answer({ providerId: 'x', parts: 1 });
    expect(await sixth).toMatchObject({ carrier: 'a' });
    await Promise.all(first);
  });

  it('and the other is shut: it gets the others as well', async () => {
    const { carrier, waiting } = held('a');
    const shut = told('b', 'unavailable');
    const sms = sender([shut, carrier], patience);
    const first = send(sms, 5);
    await expect.poll(() => sms.status()[1]?.state, { interval: 2 }).toBe('suspected');
    expect(sms.status()[0]).toMatchObject({ state: 'open' });
    const sixth = send(sms, 1)[0];
    await expect.poll(() => waiting.length, { interval: 2 }).toBe(6);
    for (const answer of waiting) answer({ providerId: 'x', parts: 1 });
    expect(await sixth).toMatchObject({ carrier: 'a' });
    expect(shut.got).toHaveLength(5);
    await Promise.all(first);
  });
});

it('a trial alone: others are refused at once meanwhile, and it ends when its time is up', async () => {
  const only = told('a', 'unavailable');
  const sms = sender([only], { timeoutMs: 100 });
  for (let i = 0; i < 5; i += 1) await outcomeOf(sms.send(message()));
  only.script = 'deaf';
  pass(30_000);
  const began = performance.now();
  const trial = outcomeOf(sms.send(message()));
  expect(sms.ready()).toBe(false);
  expect(await outcomeOf(sms.send(message()))).toBe('unavailable no_carrier');
  expect(performance.now() - began).toBeLessThan(90);
  expect(await trial).toBe('unknown timeout');
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(sms.status()[0]).toMatchObject({ state: 'open' });
  expect(only.got).toHaveLength(6);
});

it('status tells what an operator asks, and nothing of people', async () => {
  const { sms, carriers } = pair('unavailable');
  expect(sms.status()[1]).toEqual({
    carrier: 'b',
    state: 'closed',
    failures: 0,
    lastError: null,
    lastErrorAt: null,
    lastSuccessAt: null,
  });
  await sms.send(message());
  pass(10);
  carriers[0].script = 'throttled';
  await sms.send(message());
  expect(sms.status()[0]).toEqual({
    carrier: 'a',
    state: 'closed',
    failures: 2,
    lastError: 'throttled (told)',
    lastErrorAt: NOW + 10,
    lastSuccessAt: null,
  });
  expect(sms.status()[1]).toMatchObject({ lastSuccessAt: NOW + 10 });
  expectSilentAbout(JSON.stringify(sms.status()), []);
});

it('closes every carrier', async () => {
  const { sms, carriers } = pair('ok');
  await sms.close();
  expect(carriers.map(({ closed }) => closed)).toEqual([true, true, true]);
});

describe('over the wire', () => {
  const SECRET = Buffer.from('0123456789abcdef');
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function gateway(name: string, conduct: (count: number) => Conduct) {
    let count = 0;
    const server = await httpServer(() => {
      count += 1;
      return conduct(count);
    });
    open.push(server);
    return {
      server,
      carrier: openHttp(
        { kind: 'http', name, url: server.url, secret: SECRET, receipts: true },
        { now: Date.now },
      ),
    };
  }

  it('one that hangs gets five messages, each answered in time; then the other gets them, and it heals', async () => {
    let hanging = true;
    const bad = await gateway('bad', () => (hanging ? 'never' : { status: 200, body: { id: 'again' } }));
    const good = await gateway('good', () => ({ status: 200, body: { id: 'taken' } }));
    const sms = sender([bad.carrier, good.carrier], { timeoutMs: 80 });
    const ids: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      const one = message();
      ids.push(one.id);
      await outcomeOf(sms.send(one));
    }
    expect(bad.server.seen).toHaveLength(5);
    expect(good.server.seen).toHaveLength(2);
    const keys = [...bad.server.seen, ...good.server.seen].map(({ headers }) => headers['idempotency-key']);
    expect([...keys].sort()).toEqual([...ids].sort());
    hanging = false;
    pass(30_000);
    expect(await sms.send(message())).toMatchObject({ carrier: 'bad', providerId: 'again' });
  });

  it('with 500s, 429s and wrong secrets nobody goes without', async () => {
    for (const status of [500, 429, 401]) {
      const bad = await gateway('bad', () => ({ status }));
      const good = await gateway('good', () => ({ status: 200, body: { id: 'taken' } }));
      const sms = sender([bad.carrier, good.carrier], { timeoutMs: 5_000 });
      for (let i = 0; i < 10; i += 1) expect(await sms.send(message())).toMatchObject({ carrier: 'good' });
      expect(bad.server.seen).toHaveLength(5);
    }
  });

  it('from an SMPP server that is gone to a gateway, and back', async () => {
    const server = await smppServer();
    open.push(server);
    const times = { connectMs: 5_000, reconnectMs: 20, unbindMs: 50 };
    const smpp = openSmpp(server.address, { now: Date.now }, times);
    open.push(smpp);
    const gone = openSmpp(
      { ...server.address, name: 'gone', port: await deadPort() },
      { now: Date.now },
      times,
    );
    open.push(gone);
    const sms = sender([gone, smpp], { timeoutMs: 5_000 });
    expect(await sms.send(message())).toMatchObject({ carrier: 'smpp', providerId: 'id-1' });
    expect(sms.status()[0]).toMatchObject({ lastError: 'unavailable (ECONNREFUSED)' });
  });
});
