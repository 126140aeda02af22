import { Type } from 'typebox';

/** A request body or query that cannot be read; answered 400 on a page, never guessed at. */
export class Unreadable extends Error {
  readonly statusCode = 400;
}

/** Any text a person may type: no NUL, and never longer than a form needs. */
export const text = (maxLength: number) => Type.String({ maxLength, pattern: '^[^\\u0000]*$' });

/** A form takes the fields it names and no others (R67). */
export const form = <P extends Parameters<typeof Type.Object>[0]>(fields: P) =>
  Type.Object(fields, { additionalProperties: false });

/** For routes that take no query at all. */
export const noQuery = form({});

/**
 * Reads `application/x-www-form-urlencoded` strictly: broken percent-encoding, broken UTF-8 and a field given
 * twice are refused. A name of an object's prototype is only a name.
 */
export function parseForm(body: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  if (body === '') return fields;
  for (const pair of body.split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (Object.hasOwn(fields, name)) throw new Unreadable(`The field "${name.slice(0, 40)}" came twice.`);
    fields[name] = value;
  }
  return fields;
}

/**
 * The same for a query. The router calls this where nobody catches: thrown here, one garbled link would end the
 * whole process. So the fault is handed back among the fields, whose values are texts otherwise.
 */
export function parseQuery(query: string): Record<string, unknown> {
  try {
    return parseForm(query);
  } catch (error) {
    return { unreadable: error };
  }
}

/** In the server's first hook, where what is thrown gets its page. */
export function refuseUnreadableQuery(query: unknown): void {
  const { unreadable } = query as Record<string, unknown>;
  if (unreadable instanceof Error) throw unreadable;
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Unreadable('The form holds characters that are not valid UTF-8.');
  }
  if (decoded.includes('\uFFFD')) throw new Unreadable('The form holds characters that are not valid UTF-8.');
  return decoded;
}
