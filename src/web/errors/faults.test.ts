import { describe, expect, it } from 'vitest';
import { HashingOverloaded } from '../../credentials/password.ts';
import { Unreadable } from '../forms.ts';
import { faultOf, kindOf, prefersJson } from './faults.ts';

const broken = (rule: object, validationContext = 'body') => ({
  statusCode: 400,
  code: 'FST_ERR_VALIDATION',
  validation: [rule],
  validationContext,
});

describe('the page of an error', () => {
  it.each([
    [{ statusCode: 400 }, 'unreadable'],
    [broken({ keyword: 'type' }), 'unreadable'],
    [broken({ keyword: 'type' }, 'querystring'), 'bad_address'],
    [broken({ keyword: 'type' }, 'params'), 'not_found'],
    [{ statusCode: 400, code: 'FST_ERR_BAD_URL' }, 'bad_address'],
    [{ statusCode: 403 }, 'foreign_form'],
    [{ statusCode: 404 }, 'not_found'],
    [{ statusCode: 405 }, 'wrong_method'],
    [{ statusCode: 408 }, 'too_slow'],
    [{ statusCode: 410 }, 'gone'],
    [{ statusCode: 413 }, 'too_large'],
    [{ statusCode: 414 }, 'address_too_long'],
    [{ statusCode: 415 }, 'not_a_form'],
    [{ statusCode: 418 }, 'unreadable'],
    [{ statusCode: 429 }, 'too_many'],
    [{ statusCode: 431 }, 'headers_too_large'],
    [new HashingOverloaded(), 'busy'],
    [{ statusCode: 503 }, 'failed'],
    [{ statusCode: 200 }, 'failed'],
    [{ statusCode: '404' }, 'failed'],
    [new Error('database is gone'), 'failed'],
    ['thrown text', 'failed'],
    [undefined, 'failed'],
    [null, 'failed'],
  ])('%j is %s', (error, kind) => {
    expect(kindOf(error, 'POST')).toBe(kind);
  });

  it('tells an unreadable address from an unreadable form', () => {
    expect(kindOf(new Unreadable('no'), 'GET')).toBe('bad_address');
    expect(kindOf(new Unreadable('no'), 'POST')).toBe('unreadable');
  });
});

describe('what cannot be read', () => {
  it.each([
    [{ keyword: 'required', instancePath: '', params: { missingProperty: 'email' } }, 'missing', 'email'],
    [
      { keyword: 'additionalProperties', instancePath: '', params: { additionalProperty: 'x' } },
      'unknown',
      'x',
    ],
    [{ keyword: 'maxLength', instancePath: '/name', params: { limit: 80 } }, 'too_long', 'name'],
    [{ keyword: 'pattern', instancePath: '/name', params: {} }, 'unreadable', 'name'],
    [{ keyword: 'type', instancePath: '/name', params: {} }, 'unreadable', 'name'],
    [{ keyword: 'enum', instancePath: '/method', params: {} }, 'not_a_choice', 'method'],
    [{ keyword: 'type', instancePath: '', params: { type: 'object' } }, 'no_form', ''],
    [{}, 'no_form', ''],
  ])('%j is %s', (rule, kind, field) => {
    expect(faultOf(broken(rule))).toMatchObject({ kind, field });
  });

  it('names fields as one short line without anything invisible', () => {
    const params = { additionalProperty: `a\u202E\n\0b${'c'.repeat(100)}` };
    const fault = faultOf(broken({ keyword: 'additionalProperties', params }));
    expect(fault?.field).toBe(`a b${'c'.repeat(37)}…`);
  });

  it('is nothing where the error does not say', () => {
    expect(faultOf({ statusCode: 400 })).toBeNull();
    expect(faultOf(null)).toBeNull();
  });
});

describe('JSON rather than a page', () => {
  it.each([
    [undefined, false],
    ['*/*', false],
    ['text/html,application/xhtml+xml,*/*;q=0.8', false],
    ['application/json', true],
    ['application/problem+json', true],
    ['application/json, text/html', false],
    ['application/json, text/html;q=0.9', true],
    ['application/json;q=0', false],
    ['Application/JSON; charset=utf-8', true],
    ['application/json;q=x', false],
  ])('%s: %s', (accept, json) => {
    expect(prefersJson(accept)).toBe(json);
  });
});
