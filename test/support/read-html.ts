/** Reads our own pages as far as the journeys need it. They are well-formed, so regular expressions will do. */

/** Roughly what a person reads: one line per block, entities decoded, nothing of head, scripts and comments. */
export function visibleText(html: string): string {
  const text = html
    .replace(/<!--[\s\S]*?-->|<!doctype[^>]*>/gi, '')
    .replace(/<(head|script|style|template|svg)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .replace(BLOCK, '\n')
    .replace(TAG, '');
  return decodeEntities(text)
    .split('\n')
    .map((line) => line.replace(/[ \t\u00a0]+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

export interface Form {
  /** Lower case. */
  method: string;
  /** As written; empty if the form is sent to its own page. */
  action: string;
  /** Every named control, also the empty and the unchosen ones; no buttons. */
  fields: string[];
  /** What would be sent if the person touched nothing, hidden fields included: spread it into a `post`. */
  values: Record<string, string>;
  buttons: { name: string; value: string; label: string }[];
}

/** The forms of a page, in order. */
export function forms(body: string): Form[] {
  return [...body.matchAll(/<form\b((?:"[^"]*"|'[^']*'|[^'">])*)>([\s\S]*?)<\/form\s*>/gi)].map(
    ([, attributes = '', content = '']) => {
      const form = readAttributes(attributes);
      const controls = readControls(content);
      return {
        method: (form.get('method') ?? 'get').toLowerCase(),
        action: form.get('action') ?? '',
        fields: [...new Set(controls.map(({ name }) => name))],
        values: Object.fromEntries(
          controls.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
        ),
        buttons: readButtons(content),
      };
    },
  );
}

/** Whether the page has a control of that name, in a form or outside. */
export function hasField(body: string, name: string): boolean {
  return readControls(body).some((control) => control.name === name);
}

const TAG = /<\/?[a-z](?:"[^"]*"|'[^']*'|[^'">])*>/gi;
const BLOCK =
  /<\/?(?:address|article|aside|blockquote|br|button|dd|details|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|hr|label|legend|li|main|nav|ol|option|p|pre|section|select|summary|table|td|th|title|tr|ul)\b(?:"[^"]*"|'[^']*'|[^'">])*>/gi;

interface Control {
  name: string;
  /** Undefined: nothing is sent, as for a box without its tick. */
  value: string | undefined;
}

function readControls(html: string): Control[] {
  const tags =
    /<(input)\b((?:"[^"]*"|'[^']*'|[^'">])*)>|<(select|textarea)\b((?:"[^"]*"|'[^']*'|[^'">])*)>([\s\S]*?)<\/\3\s*>/gi;
  return [...html.matchAll(tags)].flatMap(
    ([, input, inputAttributes = '', , attributes = '', content = '']) => {
      const of = readAttributes(input ? inputAttributes : attributes);
      const name = of.get('name');
      const type = of.get('type')?.toLowerCase() ?? 'text';
      if (!name || of.has('disabled') || ['submit', 'button', 'image', 'reset'].includes(type)) return [];
      if (!input)
        return [{ name, value: content.includes('<option') ? chosen(content) : decodeEntities(content) }];
      if (type !== 'checkbox' && type !== 'radio') return [{ name, value: of.get('value') ?? '' }];
      return [{ name, value: of.has('checked') ? (of.get('value') ?? 'on') : undefined }];
    },
  );
}

/** The selected option of a list, else its first. */
function chosen(options: string): string {
  const all = [...options.matchAll(/<option\b((?:"[^"]*"|'[^']*'|[^'">])*)>([^<]*)/gi)].map(
    ([, attributes = '', text = '']) => ({
      of: readAttributes(attributes),
      text: decodeEntities(text).trim(),
    }),
  );
  const option = all.find(({ of }) => of.has('selected')) ?? all[0];
  return option?.of.get('value') ?? option?.text ?? '';
}

function readButtons(html: string): Form['buttons'] {
  return [...html.matchAll(/<button\b((?:"[^"]*"|'[^']*'|[^'">])*)>([\s\S]*?)<\/button\s*>/gi)].map(
    ([, attributes = '', content = '']) => {
      const of = readAttributes(attributes);
      return { name: of.get('name') ?? '', value: of.get('value') ?? '', label: visibleText(content) };
    },
  );
}

function readAttributes(text: string): Map<string, string> {
  const attributes = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;
  return new Map(
    [...text.matchAll(attributes)].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decodeEntities(double ?? single ?? bare ?? ''),
    ]),
  );
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return NAMED[name] ?? whole;
  });
}
