/** T28: attacks on text messages, as long as the documented figures need. Each is told in its file of `test/sms-abuse/`. */
import * as askingAgain from '../sms-abuse/asking-again.ts';
import * as neverTyped from '../sms-abuse/pumping.ts';
import * as answered from '../sms-abuse/pumping-answered.ts';
import * as setUps from '../sms-abuse/pumping-set-ups.ts';
import type { Mode, Report } from './figures.ts';

export const name = 'Q13 pumping';

/** @throws naming every figure that had to be zero and is not. */
export async function run(mode: Mode, report: Report): Promise<object> {
  return {
    neverTyped: await neverTyped.run(mode, report),
    everyCodeTyped: await answered.run(mode, report),
    bySetUps: await setUps.run(mode, report),
    refusedAsks: await askingAgain.run(mode, report),
  };
}
