/** A machine whose clock can be set while time goes on: `true` time is counted by itself and nobody is told of it. */
import { createClock, hours, minutes, seconds } from '../support/clock.ts';
import { createBytes, openStage, type Stage } from '../support/crash-stage.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import { freePort } from '../support/program.ts';
import type { Person } from '../support/scene.ts';

export interface World extends AsyncDisposable {
  readonly stage: Stage;
  /** Milliseconds since the world began, whatever the clocks say. */
  readonly elapsed: () => number;
  /** What an honest clock, such as the one in the person's phone, says. */
  readonly truth: () => number;
  readonly wall: () => number;
  /** Sets the machine's clock by so much, at once. */
  jump(ms: number): void;
  /** Time goes on, in steps; after each the node is asked how it is, as its own job does every five seconds. */
  pass(ms: number, step?: number): Promise<void>;
  health(): Promise<number>;
  /** How often this process has said in its log that it is not ready. */
  faultLines(): number;
  /** Leaps ahead that it said it follows, in milliseconds. */
  leapLines(): number[];
  /** Ends the process and starts it again over the same file; `after` it has lain still. */
  restart(after?: number): Promise<void>;
}

export async function createWorld(path: string, key: string): Promise<World> {
  const start = createClock().now();
  const port = await freePort();
  let [elapsed, offset] = [0, 0];
  // A process's steady clock begins anew with it.
  let began = 0;
  const clock = { ...createClock(), now: () => start + elapsed };
  const wall = () => start + elapsed + offset;
  const bytes = createBytes();
  const open = () => {
    began = elapsed;
    bytes.restart(`from ${elapsed} on`);
    return openStage({ path, port, clock, bytes, key, time: { wall, steady: () => elapsed - began } });
  };
  let stage = await open();
  const lines = (part: string) => stage.log.filter((line) => line.includes(part));
  const health = async () => (await stage.step.browser().get('/health')).status;
  return {
    get stage() {
      return stage;
    },
    elapsed: () => elapsed,
    truth: clock.now,
    wall,
    jump(ms) {
      offset += ms;
    },
    async pass(ms, step = seconds(5)) {
      for (const end = elapsed + ms; elapsed < end; ) {
        elapsed = Math.min(end, elapsed + step);
        await health();
      }
    },
    health,
    faultLines: () => lines('this node is not ready').length,
    leapLines: () =>
      lines('the clock leapt ahead').map((line) => (JSON.parse(line) as { byMs: number }).byMs),
    async restart(after = 0) {
      await stage.app.close();
      elapsed += after;
      stage = await open();
    },
    [Symbol.asyncDispose]: () => stage.app.close(),
  };
}

/** Somebody in an account that mandates, whose sessions last as long as any may. */
export async function addMember(world: World, name: string): Promise<Person> {
  const { step } = world.stage;
  const account = await step
    .account('meridian')
    .catch(() => step.addAccount({ name: 'Meridian', mandates: ['totp'], session_idle_ms: hours(24) }));
  return step.addPerson({ email: `${name}@meridian.example`, name, method: 'totp', in: [{ account }] });
}

export const codeAt = (person: Person, at: number): string => person.app?.codeAt(at) ?? '';

/** Types the password, then this code. */
export async function logInWith(
  world: World,
  person: Person,
  code: string,
  browser = world.stage.step.browser(),
): Promise<Answer> {
  const page = await submit(browser, '/login', { email: person.email, password: person.password });
  return page.path === '/login/code' ? submit(browser, '/login/code', { code }) : page;
}

/** P5: a session under a pass that is over opens nothing at all. */
export const isIn = async (browser: HttpBrowser): Promise<boolean> => (await browser.get('/')).status === 200;

export { hours, minutes, seconds };
