import { durationInWords } from './durations.ts';

/** What a text about a fault may want to say. */
export interface FaultDetails {
  /** `null` where tries are not counted out. */
  readonly triesLeft: number | null;
  /** How long to wait, or by how much a clock is off. */
  readonly time: string;
  /** The clock that is off is ahead. */
  readonly ahead: boolean;
  /** Whom people turn to. */
  readonly support: string;
}

export type FaultText = string | ((details: FaultDetails) => string);

interface Fault {
  readonly result: string;
  readonly triesLeft?: number | null;
  readonly until?: number;
  readonly offByMs?: number;
}

export interface FaultReader {
  readonly lang: string;
  readonly now: number;
  readonly support: string;
}

/** The text of a fault out of a catalogue that has one for every reason. */
export function faultText<F extends Fault>(
  texts: Readonly<Record<F['result'], FaultText>>,
  fault: F,
  { lang, now, support }: FaultReader,
): string {
  const text = texts[fault.result as F['result']];
  if (typeof text === 'string') return text;
  const offBy = fault.offByMs ?? 0;
  const ms = fault.until === undefined ? Math.abs(offBy) : fault.until - now;
  return text({
    triesLeft: fault.triesLeft ?? null,
    time: durationInWords(ms, lang),
    ahead: offBy > 0,
    support,
  });
}
