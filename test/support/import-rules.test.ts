import { describe, expect, it } from 'vitest';
import { breaches, importsOf } from './import-rules.ts';

const file = (path: string, ...lines: string[]) => ({ path, text: lines.join('\n') });
const use = (from: string) => `import { x } from '${from}';`;
const name = (from: string) => `import type { X } from '${from}';`;

describe('reading imports', () => {
  it.each([
    [`import x from './a.ts';`, 'value', './a.ts'],
    [`import { x } from './a.ts';`, 'value', './a.ts'],
    [`import x, { y as z } from "./a.ts"`, 'value', './a.ts'],
    [`import * as all from './a.ts';`, 'value', './a.ts'],
    [`import './a.ts';`, 'value', './a.ts'],
    [`import {\n  x, // don't\n  type Y,\n} from './a.ts';`, 'value', './a.ts'],
    [`import { type Y } from './a.ts';`, 'value', './a.ts'],
    [`import{x}from'./a.ts'`, 'value', './a.ts'],
    [`import x from './a.json' with { type: 'json' };`, 'value', './a.json'],
    [`import type from './a.ts';`, 'value', './a.ts'],
    [`export { x } from './a.ts';`, 'value', './a.ts'],
    [`export * from './a.ts';`, 'value', './a.ts'],
    [`export * as a from './a.ts';`, 'value', './a.ts'],
    [`const x = await import('./a.ts');`, 'value', './a.ts'],
    [`const x = require('./a.ts');`, 'value', './a.ts'],
    [`const x = await import(path);`, 'value', undefined],
    [`const x = await import('./' + path);`, 'value', undefined],
    ['const x = await import(`./$' + '{path}.ts`);', 'value', undefined],
    [`import type { X } from './a.ts';`, 'type', './a.ts'],
    [`import type X from './a.ts';`, 'type', './a.ts'],
    [`import type * as X from './a.ts';`, 'type', './a.ts'],
    [`import type {\n  X,\n} from './a.ts';`, 'type', './a.ts'],
    [`import type{X}from './a.ts';`, 'type', './a.ts'],
    [`export type { X } from './a.ts';`, 'type', './a.ts'],
    [`export type * from './a.ts';`, 'type', './a.ts'],
  ])('reads %s', (text, kind, from) => {
    expect(importsOf(text)).toEqual([{ kind, from }]);
  });

  it('reads all of a file, and nothing else', () => {
    const text = [
      '/** Imports nothing from `./z.ts`. */',
      `import { a } from './a.ts'; import { b } from './b.ts';`,
      `import type { C } from './c.ts'`,
      `export const d = 'from ./d.ts';`,
      `export type E = 'e';`,
      `export { d };`,
      `export default 'f';`,
      `const important = ['import', 'x'].from;`,
      `const url = import.meta.url;`,
    ].join('\n');
    expect(importsOf(text).map(({ from }) => from)).toEqual(['./a.ts', './b.ts', './c.ts']);
  });
});

describe('who may import whom', () => {
  it.each([
    ['main begins', 'src/main.ts', use('./start/run.ts')],
    [
      'start uses all',
      'src/start/wire.ts',
      use('./node.ts'),
      use('../store/database.ts'),
      use('../config.ts'),
      use('../web/server.ts'),
    ],
    [
      'config uses credentials, addresses of carriers and limits, and names types',
      'src/config.ts',
      use('./credentials/token.ts'),
      use('./delivery/sms/address.ts'),
      use('./rules/text-messages.ts'),
      name('./store/database.ts'),
    ],
    [
      'web uses web, oidc and flows',
      'src/web/login/routes.ts',
      use('../layout.tsx'),
      use('../../oidc/provider.ts'),
      use('../../flows/login.ts'),
    ],
    ['web names rules', 'src/web/login/routes.ts', name('../../rules/next-step.ts')],
    ['web/client uses itself', 'src/web/client/a.ts', use('./b.ts'), use('./deep/c.ts')],
    [
      'oidc uses flows and names rules',
      'src/oidc/provider.ts',
      use('../flows/login.ts'),
      name('../rules/admission.ts'),
    ],
    ['api uses flows and itself', 'src/api/members.ts', use('../flows/login.ts'), use('./problem.ts')],
    ['cli uses flows', 'src/cli/account.ts', use('../flows/login.ts')],
    [
      'flows use what is below',
      'src/flows/login.ts',
      use('../store/a.ts'),
      use('../delivery/a.ts'),
      use('../credentials/a.ts'),
      use('../rules/a.ts'),
      use('./b.ts'),
    ],
    [
      'store uses itself and names rules',
      'src/store/users.ts',
      use('./database.ts'),
      name('../rules/trust.ts'),
    ],
    [
      'rules use rules and name types',
      'src/rules/next-step.ts',
      use('./trust.ts'),
      name('../credentials/totp.ts'),
      name('fast-check'),
    ],
    ['packages are not judged', 'src/credentials/totp.ts', use('node:crypto'), use('otpauth')],
    [
      'tests may import anything',
      'src/rules/next-step.test.ts',
      use('../flows/login.ts'),
      use('../../test/support/clock.ts'),
    ],
  ])('allows: %s', (_, path, ...lines) => {
    expect(breaches([file(path, ...lines)])).toEqual([]);
  });

  it.each([
    ['src/config.ts', use('./flows/trust.ts')],
    ['src/config.ts', use('./main.ts')],
    ['src/config.ts', use('./start/key-file.ts')],
    ['src/main.ts', use('./store/database.ts')],
    ['src/start/wire.ts', use('../main.ts')],
    ['src/flows/login.ts', use('../start/wire.ts')],
    ['src/cli/account.ts', name('../start/wire.ts')],
    ['src/web/login/routes.ts', use('../../store/users.ts')],
    ['src/web/login/routes.ts', name('../../store/users.ts')],
    ['src/web/login/routes.ts', use('../../rules/next-step.ts')],
    ['src/web/login/routes.ts', use('../../credentials/totp.ts')],
    ['src/web/login/routes.ts', name('../../delivery/mail.ts')],
    ['src/web/login/routes.ts', use('../../api/problem.ts')],
    ['src/web/login/routes.ts', use('../../config.ts')],
    ['src/web/login/routes.ts', use('../client/a.ts')],
    ['src/web/login/routes.ts', `import { type X } from '../../rules/next-step.ts';`],
    ['src/web/login/routes.ts', `export * from '../../store/users.ts';`],
    ['src/web/login/routes.ts', `await import('../../store/users.ts')`],
    ['src/web/client/a.ts', use('../layout.tsx')],
    ['src/web/client/a.ts', name('../../rules/trust.ts')],
    ['src/oidc/provider.ts', use('../web/layout.tsx')],
    ['src/oidc/provider.ts', use('../store/users.ts')],
    ['src/api/members.ts', use('../oidc/provider.ts')],
    ['src/cli/account.ts', use('../store/users.ts')],
    ['src/cli/account.ts', use('../rules/access.ts')],
    ['src/flows/login.ts', use('../web/layout.tsx')],
    ['src/flows/login.ts', name('../config.ts')],
    ['src/store/users.ts', use('../rules/trust.ts')],
    ['src/store/users.ts', use('../credentials/token.ts')],
    ['src/store/users.ts', name('../credentials/token.ts')],
    ['src/rules/trust.ts', use('../credentials/token.ts')],
    ['src/rules/trust.ts', use('node:fs')],
    ['src/credentials/totp.ts', use('../rules/trust.ts')],
    ['src/delivery/mail.ts', use('../store/outbox.ts')],
    ['src/flows/login.ts', use('../../test/support/clock.ts')],
    ['src/flows/login.ts', use('../elsewhere/a.ts')],
    ['src/flows/login.ts', use('./sign-up.test.ts')],
    ['src/flows/login.ts', 'await import(path)'],
  ])('forbids: %s with %s', (path, line) => {
    expect(breaches([file(path, line)])).toEqual([expect.stringMatching(new RegExp(`^${path} `))]);
  });

  it('says what is wrong', () => {
    expect(
      breaches([file('src/store/users.ts', name('../flows/login.ts'), use('../rules/trust.ts'))]),
    ).toEqual([
      'src/store/users.ts names a type of ../flows/login.ts: store may not use flows',
      'src/store/users.ts imports ../rules/trust.ts: store may not use rules',
    ]);
  });
});

describe('names and places', () => {
  it.each([
    'src/main.ts',
    'src/start/wire.ts',
    'src/config.ts',
    'src/config.test.ts',
    'src/web/layout.tsx',
    'src/web/login/pages.test.tsx',
    'src/store/migrations/0001-first.ts',
    'src/web/commonplace.ts',
    'src/web/help/service-status.ts',
  ])('allows %s', (path) => {
    expect(breaches([file(path)])).toEqual([]);
  });

  it.each([
    ['src/server.ts', /no room/],
    ['src/main.tsx', /JSX/],
    ['src/domain/user.ts', /no room/],
    ['src/main/a.ts', /no room/],
    ['src/oidc/page.tsx', /JSX/],
    ['src/web/client/a.tsx', /JSX/],
    ['src/flows/utils.ts', /"utils.ts"/],
    ['src/flows/helper.ts', /"helper.ts"/],
    ['src/flows/login-service.ts', /"login-service.ts"/],
    ['src/store/session-manager.test.ts', /"session-manager.test.ts"/],
    ['src/web/common/a.ts', /"common"/],
  ])('forbids %s', (path, why) => {
    expect(breaches([file(path)])).toEqual([expect.stringMatching(why)]);
  });
});

describe('circles', () => {
  it('finds one, once, however it is entered', () => {
    expect(
      breaches([
        file('src/flows/z.ts', use('./b.ts')),
        file('src/flows/c.ts', use('./a.ts')),
        file('src/flows/b.ts', use('./c.ts')),
        file('src/flows/a.ts', use('./b.ts')),
      ]),
    ).toEqual(['src/flows/a.ts -> src/flows/b.ts -> src/flows/c.ts -> src/flows/a.ts is a circle']);
  });

  it('finds a file that imports itself, and two circles in one room', () => {
    expect(
      breaches([
        file('src/flows/a.ts', use('./a.ts'), use('./b.ts')),
        file('src/flows/b.ts', `export * from './c.ts';`),
        file('src/flows/c.ts', use('./b.ts')),
      ]),
    ).toEqual([
      'src/flows/a.ts -> src/flows/a.ts is a circle',
      'src/flows/b.ts -> src/flows/c.ts -> src/flows/b.ts is a circle',
    ]);
  });

  it('does not mind types, nor a file reached by two ways', () => {
    expect(
      breaches([
        file('src/flows/a.ts', use('./b.ts'), use('./c.ts')),
        file('src/flows/b.ts', use('./d.ts'), name('./a.ts')),
        file('src/flows/c.ts', use('./d.ts')),
        file('src/flows/d.ts'),
      ]),
    ).toEqual([]);
  });
});

describe('leftovers in tests', () => {
  it.each(['only', 'skip'])('finds .%s', (word) => {
    const tests = [`it.${word}('a', f)`, `describe.${word}.each([1])('b', f)`].map((line, n) =>
      file(n === 0 ? 'test/a.test.ts' : 'src/flows/a.test.ts', line),
    );
    expect(breaches(tests)).toEqual([`test/a.test.ts has .${word}()`, `src/flows/a.test.ts has .${word}()`]);
  });

  it('lets a test depend on the machine, and code use such words', () => {
    expect(
      breaches([
        file('test/a.test.ts', 'it.skipIf(!postgres)()'),
        file('src/store/a.ts', `rows.${'skip'}(1)`),
      ]),
    ).toEqual([]);
  });
});
