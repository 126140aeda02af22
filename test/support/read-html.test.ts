import { describe, expect, it } from 'vitest';
import { forms, hasField, visibleText } from './read-html.ts';

const PAGE = `<!doctype html><html lang="en"><head><title>Not read</title></head><body>
<!-- nor this -->
<main><h1>Enter the code</h1><p>We sent it to <strong>a…@example.com</strong>, it&#39;s six&nbsp;digits &amp; more.</p>
<form method="POST" action="/login/code?a=1&amp;b=2">
  <input type="hidden" name="csrf" value="&quot;x&quot;>">
  <label for="code">Code</label><input id="code" name="code" inputmode="numeric">
  <input type="checkbox" name="remember" value="yes"><input type=radio name=kind value=app checked><input type="radio" name="kind" value="sms">
  <select name="country"><option value="DE">Germany</option><option value="FR" selected>France</option></select>
  <textarea name="reason">lost &lt;it&gt;</textarea>
  <input name="off" value="1" disabled>
  <button>Continue</button><button name="go" value="back" formnovalidate>Go <em>back</em></button>
</form>
<form><input name="q"></form><script>var a = "<p>no</p>";</script></main></body></html>`;

describe('reading a page', () => {
  it('sees roughly what a person reads', () => {
    expect(visibleText(PAGE).split('\n').slice(0, 3)).toEqual([
      'Enter the code',
      "We sent it to a…@example.com, it's six digits & more.",
      'Code',
    ]);
    expect(visibleText(PAGE)).not.toMatch(/[<>]p|Not read|nor this|var a/);
  });

  it('does not take an entity for a tag, nor decode twice', () => {
    expect(visibleText('<p>&lt;b&gt; &amp;lt; &#x1F600; &unknown;</p>')).toBe('<b> &lt; 😀 &unknown;');
  });

  it('reads forms', () => {
    expect(forms(PAGE)).toEqual([
      {
        method: 'post',
        action: '/login/code?a=1&b=2',
        fields: ['csrf', 'code', 'remember', 'kind', 'country', 'reason'],
        values: { csrf: '"x">', code: '', kind: 'app', country: 'FR', reason: 'lost <it>' },
        buttons: [
          { name: '', value: '', label: 'Continue' },
          { name: 'go', value: 'back', label: 'Go back' },
        ],
      },
      { method: 'get', action: '', fields: ['q'], values: { q: '' }, buttons: [] },
    ]);
  });

  it('takes the first of a list where none is selected', () => {
    const list = '<form><select name="a"><option>One</option><option>Two</option></select></form>';
    expect(forms(list)[0]?.values).toEqual({ a: 'One' });
  });

  it('knows whether there is a field', () => {
    expect(hasField(PAGE, 'code')).toBe(true);
    expect(hasField(PAGE, 'remember')).toBe(true);
    expect(hasField(PAGE, 'cod')).toBe(false);
    expect(hasField(PAGE, 'go')).toBe(false);
  });
});
