import { NotSent, type SmsMessage } from './carrier.ts';

const SWEEP_MS = 60_000;

/**
 * The first answer for an id stands as long as the message lives, unless it was certainly not accepted: then it may
 * be tried again. Holds ids and answers, no texts and no numbers.
 */
export function oncePerId<T>(now: () => number) {
  const answers = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();
  let sweptAt = now();
  const sweep = (): void => {
    if (now() - sweptAt < SWEEP_MS) return;
    sweptAt = now();
    for (const [id, { until }] of answers) if (until <= sweptAt) answers.delete(id);
  };
  return (message: SmsMessage, send: () => Promise<T>): Promise<T> => {
    sweep();
    const known = answers.get(message.id);
    if (known !== undefined) return known.answer;
    const answer = send();
    answers.set(message.id, { answer, until: message.expiresAt });
    answer.catch((error: unknown) => {
      if (error instanceof NotSent && error.kind !== 'unknown') answers.delete(message.id);
    });
    return answer;
  };
}
