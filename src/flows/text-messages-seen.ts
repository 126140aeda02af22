import type { CarrierStatus } from '../delivery/sms/failover.ts';
import { readMeta, writeMeta } from '../store/meta.ts';
import type { Context } from './context.ts';

/** How the carriers looked to the node that wrote last; `at` in Unix milliseconds. */
export interface CarriersSeen {
  readonly at: number;
  readonly carriers: readonly CarrierStatus[];
}

const KEY = 'sms_carriers';

/** Leaves word of this node's breakers for the operator's command, which is a process of its own. */
export async function noteCarriers(ctx: Context): Promise<void> {
  const carriers = ctx.texts.status();
  if (carriers.length === 0) return;
  await writeMeta(ctx.db, KEY, JSON.stringify({ at: ctx.now(), carriers } satisfies CarriersSeen));
}

export async function carriersSeen(ctx: Context): Promise<CarriersSeen | null> {
  const text = await readMeta(ctx.db, KEY);
  return text === null ? null : (JSON.parse(text) as CarriersSeen);
}
