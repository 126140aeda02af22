/** People who do nothing wrong, in a process of their own so that the flood does not slow their watch as well. */
import { Agent, request } from 'node:http';

/** Told a path and a cookie, it asks every so often until it is told to stop, then says how long each took. */
export interface GoodOrder {
  readonly origin: string;
  readonly paths: readonly string[];
  readonly cookie: string;
  readonly everyMs: number;
}

export interface GoodAnswer {
  readonly times: readonly number[];
  readonly failed: number;
}

const agent = new Agent({ keepAlive: true });
let times: number[] = [];
let failed = 0;
let timer: NodeJS.Timeout | undefined;
let turn = 0;

process.on('message', (order: GoodOrder | 'stop') => {
  clearInterval(timer);
  if (order === 'stop') {
    process.send?.({ times, failed } satisfies GoodAnswer);
    [times, failed] = [[], 0];
    return;
  }
  timer = setInterval(() => ask(order), order.everyMs);
});
process.on('disconnect', () => process.exit(0));

function ask({ origin, paths, cookie }: GoodOrder): void {
  const began = performance.now();
  const path = paths[turn++ % paths.length] ?? '/';
  const headers = { cookie, accept: 'text/html', 'sec-fetch-site': 'none' };
  const sent = request(new URL(path, origin), { agent, headers }, (answer) => {
    answer.resume().on('end', () => {
      if (answer.statusCode !== 200) failed++;
      times.push(performance.now() - began);
    });
  });
  sent.on('error', () => failed++).end();
}

process.send?.('ready');
