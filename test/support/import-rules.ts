/**
 * Who may import whom (design, section 3), as a table and a function over the texts of the files. It reads imports
 * with regular expressions: where it cannot read one, it says so, and nothing passes for lack of understanding.
 */
import { posix } from 'node:path';

export interface SourceFile {
  /** From the root of the repository, with slashes: `src/flows/login.ts`. */
  path: string;
  text: string;
}

type Room = keyof typeof MAY_IMPORT;

/** `values`: rooms whose code it may use. `types`: rooms that it may also name in `import type`. */
const MAY_IMPORT = {
  main: { values: ['start'], types: [] },
  start: {
    values: [
      'start',
      'config',
      'web',
      'oidc',
      'api',
      'cli',
      'flows',
      'store',
      'delivery',
      'credentials',
      'rules',
    ],
    types: [],
  },
  config: { values: ['credentials', 'delivery', 'rules'], types: 'any' },
  web: { values: ['web', 'oidc', 'flows'], types: ['rules'] },
  'web/client': { values: ['web/client'], types: [] },
  oidc: { values: ['oidc', 'flows'], types: ['rules'] },
  api: { values: ['api', 'flows'], types: ['rules'] },
  cli: { values: ['cli', 'flows'], types: ['rules'] },
  flows: { values: ['flows', 'store', 'delivery', 'credentials', 'rules'], types: [] },
  store: { values: ['store'], types: ['rules'] },
  rules: { values: ['rules'], types: 'any' },
  credentials: { values: ['credentials'], types: 'any' },
  delivery: { values: ['delivery'], types: 'any' },
} as const satisfies Record<string, { values: readonly string[]; types: readonly string[] | 'any' }>;

const TOP_LEVEL_FILES = ['main', 'config'];
const EMPTY_NAMES = /^(?:.*-)?(?:utils?|helpers?|managers?|services?|common)$/;

/**
 * Every breach, one readable line each. Of tests, beside the code or in `test/`, only names and leftovers are
 * judged: to build their scene they may import anything.
 */
export function breaches(files: SourceFile[]): string[] {
  const sources = files.filter(({ path }) => path.startsWith('src/') && !isTest(path));
  return [
    ...files.filter(({ path }) => path.startsWith('src/')).flatMap(nameBreaches),
    ...sources.flatMap(importBreaches),
    ...cycles(sources),
    ...files.filter(({ path }) => isTest(path)).flatMap(leftovers),
  ];
}

export interface Import {
  /** As written, or undefined if it is not written as plain text. */
  from: string | undefined;
  kind: 'value' | 'type';
}

/**
 * The imports of a text. `import { type A }` is a value import, since the compiler keeps its `import {}`; so is
 * every `import()`.
 */
export function importsOf(text: string): Import[] {
  const statements =
    /(?:^|;)[ \t]*(?:import|export)(?=[\s{*'"])\s*(type(?=[\s{*])(?!\s+from\s*['"])\s*)?(?:(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s*as\s+[\w$]+)?)?\s*from\s*)?(['"])([^'"\n]+)\2/gm;
  const calls = /\b(?:import|require)\(\s*(?:(['"`])([^'"`$\n]+)\1\s*[,)])?/g;
  return [
    ...[...text.matchAll(statements)].map(
      ([, type, , from]): Import => ({ from, kind: type === undefined ? 'value' : 'type' }),
    ),
    ...[...text.matchAll(calls)].map(([, , from]): Import => ({ from, kind: 'value' })),
  ];
}

function importBreaches({ path, text }: SourceFile): string[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  return importsOf(text).flatMap(({ from, kind }) => {
    if (from === undefined) return [`${path} has an import() whose target cannot be read`];
    const arrow = `${path} ${kind === 'type' ? 'names a type of' : 'imports'} ${from}`;
    if (!from.startsWith('.')) {
      return room === 'rules' && kind === 'value' ? [`${arrow}: rules are pure and import nothing`] : [];
    }
    const target = posix.join(posix.dirname(path), from);
    const targetRoom = roomOf(target);
    if (targetRoom === undefined) return [`${arrow}: ${target} is in no room of src`];
    if (isTest(target)) return [`${arrow}: that is a test`];
    return allowed(room, targetRoom, kind) ? [] : [`${arrow}: ${room} may not use ${targetRoom}`];
  });
}

function allowed(room: Room, target: Room, kind: Import['kind']): boolean {
  const { values, types }: { values: readonly string[]; types: readonly string[] | 'any' } = MAY_IMPORT[room];
  if (values.includes(target)) return true;
  return kind === 'type' && (types === 'any' || types.includes(target));
}

function nameBreaches({ path }: SourceFile): string[] {
  const found: string[] = [];
  if (roomOf(path) === undefined) found.push(`${path} is in no room: ${Object.keys(MAY_IMPORT).join(', ')}`);
  if (path.endsWith('.tsx') && roomOf(path) !== 'web') found.push(`${path} has JSX outside of src/web`);
  const empty = path.split('/').find((part) => EMPTY_NAMES.test(part.replace(/\..*$/, '')));
  if (empty) found.push(`${path} is named "${empty}", which says nothing`);
  return found;
}

/** A test that was left switched off, or that switches off all others. */
function leftovers({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/\.(?:only|skip)\b(?=\s*[(.])/g)].map(
    ([found], at) => `${path} has ${found}()${at > 0 ? ' again' : ''}`,
  );
}

function roomOf(path: string): Room | undefined {
  const [src, first = '', second, ...deeper] = path.split('/');
  if (src !== 'src') return undefined;
  if (second === undefined)
    return TOP_LEVEL_FILES.find((name) => first.split('.')[0] === name) as Room | undefined;
  if (TOP_LEVEL_FILES.includes(first)) return undefined;
  const room = first === 'web' && second === 'client' && deeper.length > 0 ? 'web/client' : first;
  return room in MAY_IMPORT ? (room as Room) : undefined;
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/** Each circle of files that import one another (types aside), told once, from the first of its names. */
function cycles(files: SourceFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  const next = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text).flatMap(({ from, kind }) => {
        if (kind === 'type' || !from?.startsWith('.')) return [];
        const target = posix.join(posix.dirname(path), from);
        return [target, target.replace(/\.js$/, '.ts')]
          .filter((candidate) => known.has(candidate))
          .slice(0, 1);
      }),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): void => {
    if (trail.includes(path)) {
      const circle = trail.slice(trail.indexOf(path));
      const first = circle.indexOf([...circle].sort()[0] ?? path);
      const ring = [...circle.slice(first), ...circle.slice(0, first)];
      found.add(`${[...ring, ring[0]].join(' -> ')} is a circle`);
      return;
    }
    if (done.has(path)) return;
    for (const target of next.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const path of known) walk(path, []);
  return [...found];
}
