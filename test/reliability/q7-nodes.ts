/** Q7: three nodes; one is killed, and all are replaced one after the other, while people use them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openSite, type Site } from '../nodes/site.ts';
import { cookieOf } from '../support/pages.ts';
import { startPostgres } from '../support/postgres.ts';
import { buildIfOld } from '../support/program.ts';
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts';
import { type Figures, type Mode, mustBeZero, type Report } from './figures.ts';
import { type Cast, gather, makeCast } from './q6-crowd.ts';
import { createLedger, lostEntries, sessionsWithoutFactor } from './q6-ledger.ts';
import { measureFelt } from './q7-felt.ts';
import { sizeOf } from './size.ts';

export const name = 'Q7 nodes';

const SIZES = {
  short: {
    rounds: 3,
    kills: 1,
    downMs: 400,
    restarts: 1,
    clients: 4,
    restMs: 50,
    coders: 60,
    recoverers: 20,
    newcomers: 20,
  },
  long: {
    rounds: 200,
    kills: 20,
    downMs: 5_000,
    restarts: 10,
    clients: 12,
    restMs: 0,
    coders: 300,
    recoverers: 150,
    newcomers: 600,
  },
} as const;
type Size = Readonly<Record<keyof (typeof SIZES)['short'], number>>;

export async function run(mode: Mode, report: Report): Promise<Figures> {
  buildIfOld();
  const size: Size = sizeOf<Size>(SIZES, mode, ['rounds', 'kills', 'restarts']);
  await using stack = new AsyncDisposableStack();
  const postgres = await startPostgres();
  stack.defer(() => postgres.stop());
  const env = { TRUSTED_PROXIES: '127.0.0.1' };
  const site = stack.use(
    await openSite({ database: await postgres.freshDatabase(), keepAlive: 'fifo', env }),
  );
  const felt = await measureFelt(site, size.rounds, report);
  const stage = { site, cast: await makeCast(site, size), size, report };
  const figures = { ...felt, ...(await killNodes(stage)), ...(await restartNodes(stage)) };
  const zeros = ['lostByKill', 'lostByRestart', 'sessionsLost', 'droppedByRestart', 'surprises'];
  mustBeZero(
    { ...figures, withoutFactor: await sessionsWithoutFactor(site, 'meridian') },
    ...zeros,
    'withoutFactor',
  );
  return figures;
}

interface Stage {
  readonly site: Site;
  readonly cast: Cast;
  readonly size: Size;
  readonly report: Report;
}

/** SIGKILL under load, and a start some time later. */
async function killNodes({ site, cast, size, report }: Stage): Promise<Figures> {
  const ledger = createLedger();
  const crowd = gather(site, cast, ledger, size.clients, 3 * size.restMs);
  const askers = await startAskers(site, [site.proxy], 1, size.restMs);
  await sleep(300);
  for (let kill = 0; kill < size.kills; kill++) {
    const node = site.nodes[kill % site.nodes.length];
    await node?.kill();
    await sleep(size.downMs);
    await node?.start();
    await sleep(size.downMs);
  }
  const asked = await askers.stop();
  await crowd.leave();
  const lost = await lostEntries(site, ledger.entries);
  const figures = {
    kills: size.kills,
    acknowledgedAroundKills: ledger.entries.length,
    lostByKill: lost.length,
    askedAroundKills: asked.total,
    okPercentWithOneRetry: percent(asked.ok, asked.total),
    sessionsLost: asked.signedOut,
    surprises: crowd.surprises.length,
  };
  for (const surprise of crowd.surprises.slice(0, 3)) report(`surprise: ${surprise}`);
  report(`nodes killed: ${JSON.stringify(figures)}`);
  return figures;
}

/** SIGTERM, wait for the end, start: each node in turn, with proxies that keep connections, and one that does not. */
async function restartNodes({ site, cast, size, report }: Stage): Promise<Figures> {
  const ports = site.nodes.map((node) => node.port);
  await using fresh = await startRoundRobin(ports);
  await using lifo = await startRoundRobin(ports, { keepAlive: 'lifo' });
  const proxies = [site.proxy, fresh, lifo];
  const ledger = createLedger();
  const crowd = gather(site, cast, ledger, size.clients, 3 * size.restMs);
  const askers = await startAskers(site, proxies, 0, size.restMs);
  const [lostBefore, errorsBefore] = [sum(proxies, 'lost'), crowd.failures.length];
  let [slowestStopMs, badEnds] = [0, 0];
  await sleep(200);
  for (let restart = 0; restart < size.restarts; restart++) {
    for (const node of site.nodes) {
      const { code, afterMs } = await node.stop();
      if (code !== 0) badEnds += 1;
      slowestStopMs = Math.max(slowestStopMs, afterMs);
      await node.start();
    }
  }
  const asked = await askers.stop();
  await crowd.leave();
  const failed = asked.total - asked.ok;
  const figures = {
    restarts: size.restarts * site.nodes.length,
    requestsAroundRestarts: asked.total + crowd.answers,
    droppedByRestart:
      failed + (crowd.failures.length - errorsBefore) + (sum(proxies, 'lost') - lostBefore) + badEnds,
    lostByRestart: (await lostEntries(site, ledger.entries)).length,
    slowestStopMs: Math.ceil(slowestStopMs),
  };
  for (const what of [...crowd.failures.map((failure) => failure.what), ...asked.whys].slice(0, 6))
    report(`dropped: ${what}`);
  report(`nodes restarted: ${JSON.stringify(figures)}`);
  return figures;
}

const sum = (proxies: readonly RoundRobin[], what: 'lost') =>
  proxies.reduce((n, proxy) => n + proxy[what], 0);
const percent = (part: number, whole: number) => Math.floor((part / Math.max(1, whole)) * 100_000) / 1_000;

/** Signed-in people who look at their page with hardly a pause, and press again as often as they may. */
async function startAskers(site: Site, proxies: readonly RoundRobin[], retries: number, restMs: number) {
  askersMade += 1;
  const account = await site.addAccount({ name: `Askers ${askersMade}` });
  const person = await site.addPerson({ email: `asker${askersMade}@askers.example`, in: [{ account }] });
  const browser = site.browser();
  await site.password(browser, person);
  const cookie = `session=${cookieOf(browser, 'session')}`;
  let [total, ok, signedOut, leaving] = [0, 0, 0, false];
  const whys: string[] = [];
  const ask = async (proxy: RoundRobin, left: number): Promise<boolean> => {
    const answer = await fetch(`${proxy.origin}/`, { headers: { cookie }, redirect: 'manual' }).catch(
      (error: Error) => error,
    );
    const status = answer instanceof Error ? `${answer.cause ?? answer.message}` : answer.status;
    const text = answer instanceof Error ? '' : await answer.text().catch(() => 'cut off');
    if (typeof status === 'number' && status >= 300 && status < 400) signedOut += 1;
    if (status === 200) return true;
    if (left === 0) {
      whys.push(`a look at the page, proxy ${proxies.indexOf(proxy)}: ${status} ${text.slice(0, 80)}`);
      return false;
    }
    // Faster than any person presses again; the proxy has heard by then that its connections are dead.
    await sleep(100);
    return ask(proxy, left - 1);
  };
  const all = proxies.flatMap((proxy) =>
    Array.from({ length: 2 }, async () => {
      while (!leaving) {
        const was = await ask(proxy, retries);
        total += 1;
        ok += was ? 1 : 0;
        if (restMs > 0) await sleep(restMs);
      }
    }),
  );
  return {
    async stop() {
      leaving = true;
      await Promise.all(all);
      return { total, ok, signedOut, whys };
    },
  };
}
let askersMade = 0;
