const MINUTE_MS = 60_000;

/** How long to wait, rounded up so that nobody comes too early: "12 seconds", "14 minutes", "2 hours 5 minutes". */
export function durationInWords(ms: number, lang: string): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 60) return withUnit(seconds, 'second', lang);
  const minutes = Math.ceil(ms / MINUTE_MS);
  if (minutes < 60) return withUnit(minutes, 'minute', lang);
  const hours = withUnit(Math.floor(minutes / 60), 'hour', lang);
  return minutes % 60 === 0 ? hours : `${hours} ${withUnit(minutes % 60, 'minute', lang)}`;
}

function withUnit(count: number, unit: 'second' | 'minute' | 'hour', lang: string): string {
  return count.toLocaleString(lang, { style: 'unit', unit, unitDisplay: 'long' });
}
