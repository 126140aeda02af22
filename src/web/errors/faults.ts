import { Unreadable } from '../forms.ts';

/** What can be said to people about an error; each has its page. */
export const STATUS = {
  unreadable: 400,
  bad_address: 400,
  foreign_form: 403,
  not_found: 404,
  wrong_method: 405,
  too_slow: 408,
  gone: 410,
  too_large: 413,
  address_too_long: 414,
  not_a_form: 415,
  too_many: 429,
  headers_too_large: 431,
  failed: 500,
  busy: 503,
} as const;
export type ErrorKind = keyof typeof STATUS;

/** What is wrong with a field that cannot be read. */
export type FaultKind =
  | 'missing'
  | 'unknown'
  | 'twice'
  | 'too_long'
  | 'not_a_choice'
  | 'unreadable'
  | 'not_utf8'
  | 'no_form';

export interface Fault {
  readonly kind: FaultKind;
  /** A field's name as it came in, made fit to be shown; its value never. */
  readonly field: string;
  readonly most: number | null;
}

/** As much of an error as is looked at; it may be anything. */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly validation?: unknown;
  readonly validationContext?: unknown;
}

/**
 * Which page an error gets. The first line that applies wins:
 * 1. too many wait to be hashed, no database, a wrong clock → busy
 * 2. an address that cannot be taken apart               → bad_address
 * 3. a part of the path that does not fit its route      → not_found
 * 4. a query that does not fit, or cannot be read        → bad_address
 * 5. an expected fault of the caller, by its status      → its page; of no page of its own → unreadable
 * 6. anything else, and whatever is no error at all      → failed
 */
export function kindOf(error: unknown, method: string): ErrorKind {
  const { name, code, statusCode, validation, validationContext } = asThrown(error);
  if (typeof name === 'string' && BUSY.has(name)) return 'busy';
  if (code === 'FST_ERR_BAD_URL') return 'bad_address';
  if (Array.isArray(validation) && validationContext === 'params') return 'not_found';
  if (Array.isArray(validation) && validationContext === 'querystring') return 'bad_address';
  // What has no body can only be unreadable in its address.
  if (error instanceof Unreadable && (method === 'GET' || method === 'HEAD')) return 'bad_address';
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return 'failed';
  return BY_STATUS.get(statusCode) ?? 'unreadable';
}

/** What passes by itself: the same request may go through in a moment. */
const BUSY = new Set(['HashingOverloaded', 'DatabaseBusy', 'ClockWrong']);

// `unreadable` comes before `bad_address`: the first of a status stands for it.
const BY_STATUS = new Map<number, ErrorKind>(
  (Object.keys(STATUS) as ErrorKind[]).toReversed().map((kind) => [STATUS[kind], kind]),
);

/** What exactly cannot be read, where the error says so. */
export function faultOf(error: unknown): Fault | null {
  if (error instanceof Unreadable) {
    const field = /"(.*)"/s.exec(error.message)?.[1];
    return field === undefined ? faultIn('not_utf8') : faultIn('twice', field);
  }
  const { validation } = asThrown(error);
  const first: unknown = Array.isArray(validation) ? validation[0] : undefined;
  if (typeof first !== 'object' || first === null) return null;
  return faultOfRule(first as BrokenRule);
}

/** What ajv says about the first rule that was broken. */
interface BrokenRule {
  readonly keyword?: string;
  readonly instancePath?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

function faultOfRule({ keyword, instancePath = '', params = {} }: BrokenRule): Fault {
  const field = instancePath.split('/')[1] ?? '';
  if (keyword === 'required') return faultIn('missing', params.missingProperty);
  if (keyword === 'additionalProperties') return faultIn('unknown', params.additionalProperty);
  if (field === '') return faultIn('no_form');
  if (keyword === 'maxLength') return faultIn('too_long', field, params.limit);
  if (keyword === 'enum' || keyword === 'const' || keyword === 'anyOf') return faultIn('not_a_choice', field);
  return faultIn('unreadable', field);
}

function faultIn(kind: FaultKind, field: unknown = '', most: unknown = null): Fault {
  return { kind, field: plainName(field), most: typeof most === 'number' ? most : null };
}

/** Names of unknown fields are a stranger's text: one line, forty characters, nothing invisible. */
function plainName(name: unknown): string {
  const plain = typeof name === 'string' ? name.replace(/[\p{C}\s]+/gu, ' ').trim() : '';
  return plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
}

function asThrown(error: unknown): Thrown {
  return typeof error === 'object' && error !== null ? error : {};
}

/** Does the caller want JSON rather than a page? A browser always names HTML. */
export function prefersJson(accept: string | undefined): boolean {
  const weights = { json: 0, html: 0 };
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const q = Number(parameters.find((p) => p.startsWith('q='))?.slice(2) ?? 1);
    const kind = KINDS.get(type);
    if (kind !== undefined && q > weights[kind]) weights[kind] = q;
  }
  return weights.json > weights.html;
}

const KINDS = new Map<string, 'json' | 'html'>([
  ['application/json', 'json'],
  ['application/problem+json', 'json'],
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
]);
