import type { Position } from '../../flows/advance.ts';
import { type DoorView, viewDoor } from '../../flows/view-login.ts';
import type { Edge } from '../edge.ts';
import { enLogin, type LoginMessages } from '../messages/en-login.ts';

/** The one language there is so far. */
export const LANG = 'en';

const catalogue = new Map<string, LoginMessages>([['en', enLogin]]);
export const loginWords = (lang: string): LoginMessages => catalogue.get(lang) ?? enLogin;

/** How somebody leaves a login that is not theirs, or that they do not want. */
export type WayOut = 'log_in' | 'sign_up' | 'step_up';

/** What every page of a login in progress knows. */
export interface LoginModel {
  readonly lang: string;
  readonly now: number;
  /** The product's name, and whom people turn to. */
  readonly product: string;
  readonly support: string;
  readonly door: DoorView;
  readonly wayOut: WayOut;
}

export function loginModel(edge: Edge, position: Position): LoginModel {
  const { now, settings } = edge.ctx;
  return {
    lang: LANG,
    now: now(),
    product: settings.product,
    support: settings.support,
    door: viewDoor(position),
    wayOut: wayOutOf(position),
  };
}

function wayOutOf({ login, next, facts }: Position): WayOut {
  if (login.kind === 'step_up') return 'step_up';
  // An invitation is for one address: another one is no way out of it.
  const unprovenAddress = next.step === 'email_code' && next.why === 'sign_up' && !facts.invited;
  return unprovenAddress ? 'sign_up' : 'log_in';
}
