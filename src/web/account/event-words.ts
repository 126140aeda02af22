import type { AuditKind } from '../../flows/audit.ts';
import type { viewActivity } from '../../flows/view-account.ts';
import type { AccountActivityMessages, Told } from '../messages/en-account-activity.ts';

export type ActivityEvent = Extract<Awaited<ReturnType<typeof viewActivity>>, readonly unknown[]>[number];

/** An event as a sentence. A kind that a newer server wrote is shown by its name. */
export function sentenceOf(event: ActivityEvent, words: AccountActivityMessages): string {
  const sentences: Readonly<Record<string, (e: Told) => string>> = words.sentences;
  const sentence = Object.hasOwn(words.sentences, event.kind)
    ? sentences[event.kind as AuditKind]
    : undefined;
  return sentence === undefined ? words.unknown(event.kind) : upperFirst(sentence(toldOf(event, words)));
}

function toldOf(event: ActivityEvent, words: AccountActivityMessages): Told {
  const details = detailsOf(event);
  return {
    actor: event.by === 'user' ? (event.actor_name ?? words.gone) : words[event.by],
    person: event.person_name ?? (event.user_id === null ? words.nobody : words.gone),
    toSelf: event.actor_id !== null && event.actor_id === event.user_id,
    detail: (name) => {
      const value = Object.hasOwn(details, name) ? details[name] : '';
      return Array.isArray(value) ? value.join(',') : String(value ?? '');
    },
  };
}

/** What the event keeps besides who, what and when. */
export function detailsOf(event: ActivityEvent): Record<string, unknown> {
  const details: unknown = JSON.parse(event.data);
  return typeof details === 'object' && details !== null ? { ...details } : {};
}

const upperFirst = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
