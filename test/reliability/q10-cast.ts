/** Who plays the deeds of Q10, and how each comes to the page where its form is sent. The clock does not move. */
import type { TestClock } from '../support/clock.ts';
import type { Doorstep } from '../support/doorstep.ts';
import type { Answer, Fields, HttpBrowser } from '../support/http-browser.ts';
import { submit } from '../support/pages.ts';
import type { NewPerson, Person } from '../support/scene.ts';

export interface Flow {
  readonly name: string;
  /** As it stands before the form is sent; each try takes a copy. */
  readonly browser: HttpBrowser;
  send(browser: HttpBrowser): Promise<Answer>;
  /** Sent again after it was done, it rightly does the same once more: a login is begun anew. */
  readonly repeatable?: true;
  /** Looked at are the writes of the outbox's worker, not those of the request. */
  readonly outbox?: 'code' | 'notice';
  /** A deed of two transactions, by design: how it goes on from between the two. */
  readonly between?: (step: Doorstep, browser: HttpBrowser) => Promise<void>;
  /** What the person does next, whose answer was lost: they get in, or their deed shows. */
  readonly afterwards?: (step: Doorstep, clock: TestClock) => Promise<void>;
}

export interface Cast {
  readonly step: Doorstep;
  readonly clock: TestClock;
  readonly account: Awaited<ReturnType<Doorstep['addAccount']>>;
  /** An owner of the account, logged in. */
  readonly owner: HttpBrowser;
  add(name: string, given?: Partial<NewPerson>): Promise<Person>;
  withApp(name: string): Promise<Person>;
  /** A browser in which their password has just been typed. */
  at(person: Person): Promise<HttpBrowser>;
  /** The same, with the mailbox proven as well: a method can be chosen. */
  atSetUp(person: Person): Promise<HttpBrowser>;
  typeMailCode(browser: HttpBrowser, person: Person): Promise<Answer>;
  /** Afterwards, they log in to the end. */
  getsIn(person: Person): NonNullable<Flow['afterwards']>;
}

export const STRONG = 'four brown horses over a wall';

export const post = (path: string, fields: Fields) => (browser: HttpBrowser) => browser.post(path, fields);

export function expectPath(answer: Answer, path: string): void {
  if (answer.path !== path)
    throw new Error(`${answer.path} instead of ${path}: ${answer.text.slice(0, 300)}`);
}

export async function assembleCast(step: Doorstep, clock: TestClock): Promise<Cast> {
  const account = await step.addAccount({ name: 'Meridian', mandates: ['totp', 'sms'] });
  const add: Cast['add'] = (name, given = {}) =>
    step.addPerson({ email: `${name}@meridian.example`, name, in: [{ account }], ...given });
  const at: Cast['at'] = async (person) => {
    const browser = step.browser();
    const page = await step.password(browser, person);
    if (!page.path.startsWith('/login/')) throw new Error(`${page.status} at ${page.path}: ${page.text}`);
    return browser;
  };
  const typeMailCode: Cast['typeMailCode'] = async (browser, { email }) =>
    submit(browser, '/login/email-code', { code: await step.code(email) });
  const olivia = await add('olivia', { method: 'totp', in: [{ account, role: 'owner' }] });
  const owner = await at(olivia);
  expectPath(await submit(owner, '/login/code', { code: step.appCode(olivia) }), '/');
  return {
    step,
    clock,
    account,
    owner,
    add,
    withApp: (name) => add(name, { method: 'totp' }),
    at,
    async atSetUp(person) {
      const browser = await at(person);
      expectPath(await typeMailCode(browser, person), '/login/set-up');
      return browser;
    },
    typeMailCode,
    getsIn: (person) => async (then, later) => {
      later.advance(60_000);
      expectPath(await then.logIn(then.browser(), person), '/');
    },
  };
}
