/** The carriers of text messages: opened where this process sends, and said in words at the start. */
import type { Logger } from 'pino';
import type { Command } from '../cli/arguments.ts';
import type { Config } from '../config.ts';
import type { CarrierParts } from '../delivery/sms/carrier.ts';
import { type FailoverOptions, failover, type SmsSender } from '../delivery/sms/failover.ts';
import { openCarriers } from '../delivery/sms/open-carriers.ts';
import { tellsDelivery } from '../delivery/sms/tells-delivery.ts';
import { type TextChannel, textsByInbox } from '../flows/text-channel.ts';

/**
 * The carriers of text messages, and what flows know of them. A command of the operator's opens none: the running
 * server sends. Receipts are asked for only where a carrier could reach us.
 */
export async function openTexts(
  { sms, url }: Config,
  mode: Command['command'],
  now: () => number,
  logger: Logger,
  patience: Omit<FailoverOptions, 'now'> | undefined,
  onReceipt: NonNullable<CarrierParts['onReceipt']>,
): Promise<{ sender: SmsSender | null; channel: TextChannel }> {
  const reachable = url.startsWith('https:');
  const common = {
    policy: sms.policy,
    warn: (what: object, words: string) => logger.warn(what, words),
    open: () => openCarriers(sms.carriers, { now }),
    carriers: sms.carriers.map(({ name }) => name),
    tellsDelivery: (name: string) =>
      sms.carriers.some((carrier) => carrier.name === name && tellsDelivery(carrier, reachable)),
  };
  if (sms.carriers.length === 0 || mode === 'operate') return { sender: null, channel: textsByInbox(common) };
  const receiptUrl = (carrier: string) => `${url}/receipts/sms/${carrier}`;
  const carriers = await openCarriers(sms.carriers, {
    now,
    onReceipt,
    ...(reachable && { receiptUrl }),
  });
  const sender = failover(carriers, { now, ...patience });
  const named = (name: string) => carriers.find((carrier) => carrier.name === name);
  return {
    sender,
    channel: textsByInbox({
      ...common,
      ready: () => sender.ready(),
      status: () => sender.status(),
      readerOf(name) {
        const receipts = named(name)?.receipts;
        return typeof receipts === 'function' ? receipts : null;
      },
    }),
  };
}

/** Where text messages go, said at the start: with `--dev` too they leave the house, and cost. */
export function textsInWords({ carriers, policy }: Config['sms']): string {
  if (carriers.length === 0) return '';
  if (policy.mode === 'record-only')
    return 'Text messages are recorded and not sent (SMS_MODE=record-only): people with text messages need their backup codes.\n';
  const by = carriers.map(({ name }) => name).join(', then ');
  const to = policy.countries === 'all' ? 'everywhere' : [...policy.countries].join(', ');
  return `Text messages leave by ${by}, to numbers of ${to}.\n`;
}
