import type { Mandate, Method } from '../../rules/facts.ts';

/**
 * D4: every page of an account that a step-up may lead back to stands here. Slugs and ids come from rows that
 * were found in the account, choices from the server's own list of words; nothing is copied from a form.
 */
export const addresses = {
  overview: (slug: string) => `/accounts/${slug}`,
  people: (slug: string) => `/accounts/${slug}/people`,
  invite: (slug: string) => `/accounts/${slug}/people/invite`,
  person: (slug: string, id: string) => `/accounts/${slug}/people/${id}`,
  remove: (slug: string, id: string) => `/accounts/${slug}/people/${id}/remove`,
  passes: (slug: string) => `/accounts/${slug}/passes`,
  security: (slug: string) => `/accounts/${slug}/security`,
  mandate: (slug: string, choice: MandateChoice) =>
    `/accounts/${slug}/security/mandate?${new URLSearchParams(choiceFields(choice))}`,
  activity: (slug: string) => `/accounts/${slug}/activity`,
  leave: (slug: string) => `/accounts/${slug}/leave`,
  /** POST: "Confirm it's you". */
  confirm: (slug: string) => `/accounts/${slug}/confirm`,
} as const;

export interface MandateChoice {
  readonly on: boolean;
  readonly methods: readonly Method[];
  readonly from: Mandate['from'];
}

/** The choice as the fields of a form. */
export function choiceFields({ on, methods, from }: MandateChoice): Record<string, string> {
  if (!on) return { on: 'no' };
  return { on: 'yes', ...Object.fromEntries(methods.map((method) => [method, 'yes'])), from };
}

/** Only what was chosen, so that addresses stay short. */
export function withQuery(address: string, query: Readonly<Record<string, string>>): string {
  const chosen = Object.entries(query).filter(([, value]) => value !== '');
  return chosen.length === 0 ? address : `${address}?${new URLSearchParams(chosen)}`;
}
