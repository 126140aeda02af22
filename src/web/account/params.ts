import type { Role } from '../../rules/facts.ts';
import { form, text } from '../forms.ts';

/** Parts of the addresses of an account. What is not found behind them answers 404 (R60). */
export const accountParams = form({ slug: text(100) });
export const itemParams = form({ slug: text(100), id: text(64) });

export const ROLES = ['member', 'admin', 'owner'] as const satisfies readonly Role[];
