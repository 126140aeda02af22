/** Q6: the primary is killed under load. What was acknowledged is on the standby, and the nodes go on by themselves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openSite, type Site } from '../nodes/site.ts';
import { buildIfOld } from '../support/program.ts';
import { type DatabaseServer, type Follower, initServer, startFollower } from '../support/standby.ts';
import { type Figures, type Mode, mustBeZero, type Report } from './figures.ts';
import { type Cast, type Crowd, gather, makeCast } from './q6-crowd.ts';
import { createLedger, KINDS, type Ledger, lostEntries, sessionsWithoutFactor } from './q6-ledger.ts';
import { sizeOf } from './size.ts';

export const name = 'Q6 primary killed';

const SIZES = {
  short: {
    kills: 1,
    asynchronousKills: 0,
    clients: 6,
    loadMs: 1_000,
    quietMs: 800,
    coders: 60,
    recoverers: 20,
    newcomers: 20,
  },
  long: {
    kills: 20,
    asynchronousKills: 5,
    clients: 24,
    loadMs: 6_000,
    quietMs: 1_500,
    coders: 400,
    recoverers: 120,
    newcomers: 800,
  },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;

/** How far behind the standby is that the primary does not wait for. */
const BEHIND_MS = 200;
/** Nobody waits longer for the errors to end. */
const ERRORS_END_WITHIN_MS = 30_000;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const size: Size = sizeOf<Size>(SIZES, mode, ['kills', 'asynchronousKills']);
  const synchronous = await killPrimaries(size, size.kills, true, report);
  const asynchronous =
    size.asynchronousKills === 0 ? {} : await killPrimaries(size, size.asynchronousKills, false, report);
  const far = size.asynchronousKills === 0 ? {} : { ...asynchronous, behindMs: BEHIND_MS };
  const figures = { ...synchronous, ...prefixed('asynchronous', far) };
  mustBeZero(
    figures,
    'lost',
    'codesTakenTwice',
    'withoutFactor',
    'answeredFromStandby',
    'surprises',
    'restarts',
  );
  if (Number(figures.errorsEndedMs) > ERRORS_END_WITHIN_MS) {
    throw new Error(`errors went on for ${figures.errorsEndedMs} ms after the promotion`);
  }
  return figures;
}

function prefixed(prefix: string, figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${prefix}.${key}`, value]));
}

async function killPrimaries(
  size: Size,
  kills: number,
  synchronous: boolean,
  report: Report,
): Promise<Figures> {
  await using servers = new AsyncDisposableStack();
  let primary = servers.use(await initServer());
  await primary.start();
  await primary.ask('create database sallyport');
  const follower = servers.use(await startFollower(primary.port));
  const database = new URL(primary.url('sallyport'));
  database.port = String(follower.port);
  const env = { TRUSTED_PROXIES: '127.0.0.1', LOG_LEVEL: 'silent' };
  const site = servers.use(await openSite({ database: database.href, env }));
  const cast = await makeCast(site, size);
  const started = site.nodes.map((node) => node.program.pid).join();

  const totals = { kills, answers: 0, acknowledged: 0, failures: 0, lost: 0, lostKinds: '' };
  const zeros = { codesTakenTwice: 0, withoutFactor: 0, answeredFromStandby: 0, surprises: 0, restarts: 0 };
  let [errorsEndedMs, promotionMs] = [0, 0];
  for (let kill = 1; kill <= kills; kill++) {
    // Behind is only who is not waited for: how much is lost depends on how far.
    const way = synchronous ? null : servers.use(await startFollower(primary.port, BEHIND_MS));
    const standby = servers.use(await primary.standby('standby', way?.port));
    await standby.start();
    if (synchronous) await makeSynchronous(primary);
    const round = await killUnderLoad({ site, cast, primary, standby, way, follower, size });
    totals.answers += round.crowd.answers;
    totals.failures += round.crowd.failures.length;
    totals.acknowledged += round.ledger.entries.length;
    totals.lost += round.lost.length;
    totals.lostKinds = [...new Set([totals.lostKinds, ...round.lost.map((e) => e.what)])]
      .filter(Boolean)
      .join(' ');
    zeros.codesTakenTwice += round.takenTwice;
    zeros.answeredFromStandby += round.answeredFromStandby;
    zeros.surprises += round.crowd.surprises.length;
    errorsEndedMs = Math.max(errorsEndedMs, round.errorsEndedMs);
    promotionMs = Math.max(promotionMs, round.promotionMs);
    for (const surprise of round.crowd.surprises.slice(0, 3)) report(`surprise: ${surprise}`);
    report(
      `kill ${kill} (${synchronous ? 'synchronous' : 'asynchronous'}): ${told(round.ledger)}; lost ${round.lost.length}; ` +
        `errors ended ${Math.round(round.errorsEndedMs)} ms after the promotion`,
    );
    primary = standby;
  }
  zeros.withoutFactor = await sessionsWithoutFactor(site, 'meridian');
  zeros.restarts = site.nodes.map((node) => node.program.pid).join() === started ? 0 : 1;
  return {
    ...totals,
    ...zeros,
    promotionMs: Math.round(promotionMs),
    errorsEndedMs: Math.round(errorsEndedMs),
  };
}

/** From here on a commit is answered once it is on the standby's disk as well. */
async function makeSynchronous(primary: DatabaseServer): Promise<void> {
  await primary.ask(`alter system set synchronous_standby_names = 'standby'`);
  await primary.ask('select pg_reload_conf()');
  for (;;) {
    const rows = await primary.ask<{ sync_state: string }>('select sync_state from pg_stat_replication');
    if (rows.some((r) => r.sync_state === 'sync')) return;
    await sleep(20);
  }
}

interface Stage {
  readonly site: Site;
  readonly cast: Cast;
  readonly primary: DatabaseServer;
  readonly standby: DatabaseServer;
  readonly way: Follower | null;
  readonly follower: Follower;
  readonly size: Size;
}

async function killUnderLoad({ site, cast, primary, standby, way, follower, size }: Stage) {
  const ledger = createLedger();
  const crowd = gather(site, cast, ledger, size.clients);
  await sleep(size.loadMs);
  await primary.kill();
  // What is still on its way went down with it.
  way?.pointTo(standby.port);
  const answeredFromStandby = await leadToStandby(site, standby, follower);
  const began = performance.now();
  await standby.promote();
  const promoted = performance.now();
  await untilQuiet(crowd, promoted, size.quietMs);
  await crowd.leave();
  const late = crowd.failures.filter(({ at }) => at > promoted);
  return {
    ledger,
    crowd,
    answeredFromStandby,
    promotionMs: promoted - began,
    errorsEndedMs: Math.max(0, ...late.map(({ at }) => at - promoted)),
    lost: await lostEntries(site, ledger.entries),
    takenTwice: await takenTwice(site, crowd),
  };
}

/** T34: while the address leads to a standby, every page is refused: it lags, and may not know what was revoked. */
async function leadToStandby(site: Site, standby: DatabaseServer, follower: Follower): Promise<number> {
  follower.pointTo(standby.port);
  let answered = 0;
  for (let turn = 0; turn < 3; turn++) {
    const cookie = `session=${'a'.repeat(43)}`;
    const answers = await Promise.all(site.nodes.map((node) => node.fetch('/', { headers: { cookie } })));
    answered += answers.filter(({ status }) => status !== 503).length;
    await sleep(100);
  }
  return answered;
}

/** Until something worked after the promotion, and nothing has failed for a while. */
async function untilQuiet(crowd: Crowd, promoted: number, quietMs: number): Promise<void> {
  while (performance.now() - promoted < ERRORS_END_WITHIN_MS + quietMs) {
    const last = crowd.failures.at(-1)?.at ?? 0;
    if (crowd.lastSuccessAt() > promoted && performance.now() - Math.max(last, promoted) > quietMs) return;
    await sleep(50);
  }
}

/** Codes that the dead primary had taken, typed once more while the window still allows them. */
async function takenTwice(site: Site, crowd: Crowd): Promise<number> {
  let twice = 0;
  for (const { coder, step } of crowd.taken.slice(-20)) {
    const { person } = coder;
    const browser = site.browser({ 'x-forwarded-for': `172.16.${step % 256}.${twice}` });
    await browser.post('/login', { email: person.email, password: person.password });
    const answer = await browser.post('/login/code', { code: person.app?.codeAt(step * 30_000) ?? '' });
    if (answer.location === '/') twice += 1;
  }
  return twice;
}

function told(ledger: Ledger): string {
  return KINDS.map((kind) => `${kind} ${ledger.count(kind)}`).join(', ');
}
