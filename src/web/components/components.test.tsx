import jsqr from 'jsqr';
import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import {
  CodeField,
  ContactText,
  ErrorSummary,
  PasswordField,
  QrCode,
  SelectField,
  Time,
} from '../components.tsx';

test('a field reads its hint and its error out, and the summary leads to it', () => {
  const text = 'That code is not right';
  const field = renderToString(<CodeField name="code" label="Code" hint="Six digits" error={text} />);
  expect(field).toContain('aria-describedby="code-hint code-error"');
  expect(field).toContain('aria-invalid="true"');
  expect(field).toContain('id="code-hint"');
  expect(field).toContain('id="code-error"');
  const summary = renderToString(
    <ErrorSummary title="There is a problem" problems={[{ field: 'code', text }]} />,
  );
  expect(summary).toContain('role="alert"');
  expect(summary).toContain(`<a href="#code">${text}</a>`);
});

test('a field without hint and error points nowhere', () => {
  const field = renderToString(<CodeField name="code" label="Code" />);
  expect(field).not.toContain('aria-');
  expect(field).not.toContain('maxlength');
  expect(field).toContain('autocomplete="one-time-code"');
  expect(field).toContain('inputmode="numeric"');
});

test('no problems, no summary', () => {
  expect(renderToString(<ErrorSummary title="There is a problem" problems={[]} />)).toBe('');
});

test('what only works with script is hidden until there is script', () => {
  const password = renderToString(
    <PasswordField
      name="password"
      label="Password"
      autocomplete="current-password"
      showLabel="Show"
      hideLabel="Hide"
    />,
  );
  expect(password).toMatch(/<button [^>]*hidden[^>]*>Show</);
  const search = { label: 'Search', noMatch: 'None' };
  const select = renderToString(<SelectField name="country" label="Country" options={[]} search={search} />);
  expect(select).toMatch(/<div class="select-search"[^>]* hidden>/);
});

test('a time says that it is UTC, and breaks after the comma or not at all', () => {
  expect(renderToString(<Time at={Date.UTC(2025, 10, 24, 10, 30)} />)).toBe(
    '<time datetime="2025-11-24T10:30:00.000Z">24\u00a0Nov\u00a02025, 10:30\u00a0UTC</time>',
  );
});

test('a camera reads the QR code', () => {
  const text = 'otpauth://totp/Sallyport:ana%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Sallyport';
  const svg = renderToString(<QrCode text={text} label="QR code" />);
  const { pixels, side } = paint(svg, 4);
  expect(jsqr.default(pixels, side, side)?.data).toBe(text);
});

/** Paints the strokes of the drawing, `scale` pixels to a module. */
function paint(svg: string, scale: number) {
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)?.[1]) * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  const [, strokes = ''] = /stroke="#000" d="([^"]+)"/.exec(svg) ?? [];
  let x = 0;
  let y = 0;
  for (const [, command, across = '', down = ''] of strokes.matchAll(/([Mmh])(\d+)(?: (\d+))?/g)) {
    const from = command === 'M' ? 0 : x;
    x = from + Number(across);
    if (command === 'M') y = Number(down);
    if (command !== 'h') continue;
    for (let row = y * scale; row < (y + 1) * scale; row++) {
      pixels.fill(0, (row * side + from * scale) * 4, (row * side + x * scale) * 4);
    }
  }
  return { pixels, side };
}

test('whom to turn to is a link where it is an e-mail address, and text where it is anything else', () => {
  const shown = (contact: string) =>
    renderToString(<ContactText text={`Turn to ${contact}.`} contact={contact} />);
  expect(shown('help@acme.example')).toBe(
    'Turn to <a href="mailto:help@acme.example">help@acme.example</a>.',
  );
  for (const other of [
    'the people who run this',
    '+44 20 7946 0000',
    'help@acme.example?bcc=x@evil.example',
  ]) {
    expect(shown(other)).toBe(`Turn to ${other}.`);
  }
});
