/**
 * R67: whatever is posted to any form: a clear page with 4xx, never 5xx, nothing changed. One form after
 * the other, each by somebody whose turn it is, so that what is refused is the input and not the visitor.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RouteEntry } from '../../src/web/server.ts';
import type { Door } from '../support/door.ts';
import type { Answer, HttpBrowser } from '../support/http-browser.ts';
import { assemble, type Cast, type Example, exampleOf } from './cast.ts';
import { postBytes } from './raw.ts';

let cast: Cast;
let before: Awaited<ReturnType<Door['digest']>>;
beforeAll(async () => {
  cast = await assemble();
});
beforeEach(async () => {
  before = await cast.door.digest();
});
afterEach(async () => {
  await cast.door.sent();
  expect(await cast.door.digest(), 'nothing was changed').toEqual(before);
  expect(cast.door.log.filter((line) => line.level >= 50)).toEqual([]);
  expect((await cast.door.browser().get('/health')).status).toBe(200);
});
afterAll(() => cast.door.close());

type Asked = Example & { path: string; browser: HttpBrowser };

/** Goes through all POST routes of the table. */
async function everyForm(visit: (form: Asked, route: RouteEntry) => Promise<void>): Promise<void> {
  // What carriers send is no form, and proven by their signature: test/sms/receipts.test.ts.
  const posts = cast.door.app.routes.filter(({ method, door }) => method === 'POST' && door !== 'machine');
  expect(posts.length).toBeGreaterThan(25);
  for (const route of posts) {
    const example = exampleOf(route.url);
    await visit(
      { ...example, path: cast.addressOf(route), browser: cast.browsers[example.as].copy() },
      route,
    );
  }
}

/** A page for people: what is wrong stands in a heading, and there is a way on. */
function expectClearPage(answer: Pick<Answer, 'status' | 'body'> & { headers: unknown }, what: string): void {
  expect(answer.status, what).toBeGreaterThanOrEqual(400);
  expect(answer.status, what).toBeLessThan(500);
  expect(JSON.stringify(answer.headers), what).toContain('text/html');
  expect(answer.body, what).toMatch(/<h1[^>]*>[^<]+/);
  expect(answer.body, what).toMatch(/<main[^>]*>[\s\S]*(<a [^>]*href=|<form)[\s\S]*<\/main>/);
}

const encode = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

/** The fields, with one of them as it is given, not encoded. */
const withRaw = (fields: Record<string, string>, name: string, raw: string) => {
  const { [name]: _, ...rest } = fields;
  return [encode(rest), raw].filter((part) => part !== '').join('&');
};

describe('fields that do not belong', () => {
  it.each([
    'nonsense',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    'email[]',
    ' code',
    'CODE',
  ])('an unknown one: "%s"', async (name) => {
    await everyForm(async ({ path, browser, fields }) => {
      const answer = await browser.post(
        path,
        `${encode({ ...fields, [name]: '' })}${name === '__proto__' ? '&__proto__=x' : ''}`,
      );
      expectClearPage(answer, path);
    });
  });

  it('a thousand at once', async () => {
    const many = Array.from({ length: 4000 }, (_, n) => `f${n}=${n}`).join('&');
    await everyForm(async ({ path, browser }) => expectClearPage(await browser.post(path, many), path));
  });

  it('nothing but separators', async () => {
    await everyForm(async ({ path, browser }) => {
      for (const body of ['&&&&', '====', '=', '&=&', '%', '?', '#']) {
        expectClearPage(await browser.post(path, body), `${path} ${body}`);
      }
    });
  });
});

describe('each field of each form', () => {
  const raw: Record<string, (name: string, value: string) => string> = {
    'given twice': (name, value) => `${name}=${value}&${name}=${value}`,
    'given twice, once empty': (name, value) => `${name}=${value}&${name}=`,
    'as a list': (name, value) => `${name}[]=${value}&${name}[]=${value}`,
    'as an object': (name, value) => `${name}[a]=${value}`,
    'as a nested prototype': (name, value) => `${name}[__proto__][x]=${value}`,
    'with a NUL': (name, value) => `${name}=${value}%00`,
    'with broken UTF-8, percent-encoded': (name) => `${name}=%FF`,
    'with a cut sequence': (name, value) => `${name}=${value}%C3`,
    'with an overlong slash': (name) => `${name}=%C0%AF`,
    'with a lone surrogate': (name) => `${name}=%ED%A0%80`,
    'with a replacement character': (name) => `${name}=%EF%BF%BD`,
    'with half an escape': (name, value) => `${name}=${value}%2`,
    'with an escape of nothing': (name) => `${name}=%u0041`,
    'of sixty thousand characters': (name) => `${name}=${'a'.repeat(60_000)}`,
    'of fifteen thousand astral characters': (name) => `${name}=${'%F0%9F%90%8E'.repeat(5_000)}`,
  };

  it.each(Object.keys(raw))('%s', async (how) => {
    let asked = 0;
    await everyForm(async ({ path, browser, fields }) => {
      for (const [name, value] of Object.entries(fields)) {
        const broken = raw[how]?.(name, encodeURIComponent(value)) ?? '';
        expectClearPage(await browser.post(path, withRaw(fields, name, broken)), `${path} ${name}`);
        asked++;
      }
    });
    expect(asked).toBeGreaterThan(30);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['of spaces', '   '],
    ['of invisible characters', '\u200B\u200E\u2060'],
  ])('%s', async (_how, value) => {
    await everyForm(async ({ path, browser, fields, optional = [] }, { url }) => {
      for (const name of Object.keys(fields)) {
        if (optional.includes(name)) continue;
        // Spaces are a password like any other, though never the right one; ticked is ticked.
        if (value?.trim() !== '' && value !== undefined && name === 'saved') continue;
        if (value === '   ' && name === 'saved') continue;
        const { [name]: _, ...rest } = fields;
        const sent = value === undefined ? rest : { ...rest, [name]: value };
        const answer = await browser.post(path, sent);
        expectClearPage(answer, `${url} ${name}`);
        expect([400, 422, 429], `${url} ${name}`).toContain(answer.status);
      }
    });
  });
});

describe('a body', () => {
  it.each([
    ['of a megabyte in a field', (name: string) => `${name}=${'a'.repeat(1_000_000)}`],
    ['of a megabyte of fields', () => 'a=1&'.repeat(250_000)],
    ['of a megabyte of escapes', () => '%41'.repeat(350_000)],
  ])('%s', async (_how, make) => {
    await everyForm(async ({ path, browser, fields }) => {
      const answer = await browser.post(path, make(Object.keys(fields)[0] ?? 'x'));
      expect(answer.status, path).toBe(413);
      expectClearPage(answer, path);
    });
  });

  it('of bytes that are no UTF-8', async () => {
    await everyForm(async ({ path, browser, fields }) => {
      for (const bytes of [
        [0xff, 0xfe],
        [0xc3, 0x28],
        [0xed, 0xa0, 0x80],
        [0xf5, 0x80, 0x80, 0x80],
      ]) {
        const name = Object.keys(fields)[0] ?? 'x';
        const body = Buffer.concat([
          Buffer.from(`${withRaw(fields, name, `${name}=a`)}`),
          Buffer.from(bytes),
        ]);
        expectClearPage(await postBytes(cast.door, browser, path, body), path);
      }
    });
  });

  it('with a NUL byte', async () => {
    await everyForm(async ({ path, browser, fields }) => {
      const name = Object.keys(fields)[0] ?? 'x';
      const body = Buffer.from(`${withRaw(fields, name, `${name}=a`)}\0b`);
      expectClearPage(await postBytes(cast.door, browser, path, body), path);
    });
  });

  const json = (text: string) => ({ type: 'application/json', body: () => text });
  const others: Record<
    string,
    { type: string | undefined; body: (fields: Record<string, string>) => string }
  > = {
    'JSON with the very fields': { type: 'application/json', body: (fields) => JSON.stringify(fields) },
    'JSON with numbers': json('{"code":123456,"email":1,"password":2}'),
    'JSON with lists': json('{"code":["1"],"email":["a"],"password":[]}'),
    'JSON null': json('null'),
    'JSON with a prototype': json('{"__proto__":{"code":"1"},"constructor":{"prototype":{"x":1}}}'),
    'JSON ten thousand deep': json(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
    'JSON objects thousands deep': json(`${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`),
    'JSON with a lone surrogate': json('{"code":"\\ud800","email":"\\udfff"}'),
    'broken JSON': json('{"code":'),
    'plain text': { type: 'text/plain', body: encode },
    multipart: {
      type: 'multipart/form-data; boundary=x',
      body: () => '--x\r\nContent-Disposition: form-data; name="code"\r\n\r\n1\r\n--x--\r\n',
    },
    XML: {
      type: 'application/xml',
      body: () => '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    },
    'of a type that is none': { type: 'nonsense', body: encode },
    'of two types': { type: 'application/x-www-form-urlencoded, application/json', body: encode },
    'of no type': { type: undefined, body: (fields) => encode({ ...fields, a: '1' }) },
  };

  it.each(Object.keys(others))('%s', async (how) => {
    const other = others[how];
    await everyForm(async ({ path, browser, fields }) => {
      const answer = await browser.post(path, other?.body(fields) ?? '', { 'content-type': other?.type });
      expectClearPage(answer, path);
      expect([400, 415], path).toContain(answer.status);
    });
  });

  it('whose form says another character set', async () => {
    await everyForm(async ({ path, browser, fields }) => {
      const type = 'application/x-www-form-urlencoded; charset=utf-16';
      const answer = await browser.post(path, { ...fields, nonsense: 'x' }, { 'content-type': type });
      expectClearPage(answer, path);
    });
  });
});

describe('an address of a form', () => {
  it.each(['x=1', 'x=%FF', '%', 'a=1&a=2', '__proto__=1', '%00', `x=${'a'.repeat(9_000)}`])(
    'with a query it does not take: %s',
    async (query) => {
      await everyForm(async ({ path, browser, fields }) => {
        expectClearPage(await browser.post(`${path}${path.includes('?') ? '&' : '?'}${query}`, fields), path);
      });
    },
  );
});

describe('what a page says back', () => {
  it('shows what was typed as text, never as markup', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    await everyForm(async ({ path, browser, fields, optional = [] }) => {
      for (const name of Object.keys(fields)) {
        // What would be taken, and does not come back on this page.
        if (['saved', 'password', 'account', 'reason', 'name', ...optional].includes(name)) continue;
        const answer = await browser.post(path, { ...fields, [name]: evil });
        expect(answer.status, `${path} ${name}`).toBeLessThan(500);
        expect(answer.body, `${path} ${name}`).not.toMatch(/<script>alert|<img src=x/);
      }
      const named = await browser.post(path, { ...fields, [evil]: '1' });
      expect(named.body, path).not.toMatch(/<script>alert|<img src=x/);
    });
  });

  it('R20: never shows a value of a field that could not be read', async () => {
    await everyForm(async ({ path, browser, fields }) => {
      const answer = await browser.post(path, { ...fields, nonsense: 'my-secret-value' });
      expect(answer.body, path).not.toContain('my-secret-value');
    });
  });
});
