const secondMs = 1000;
const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', secondMs],
] as const;

/** Never at once, so that a page shown too late does not load itself over and over. */
const soonestMs = 3 * secondMs;

export function showTimeLeft(): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-ends-at]')) countDown(element);
}

/** Measured from the server's time, because the clock here may be wrong by hours. */
function countDown(element: HTMLElement): void {
  const loadedAt = Date.now();
  const atLoad = Number(element.dataset.endsAt) - Number(element.dataset.now ?? loadedAt);
  if (Number.isNaN(atLoad)) return;
  const text = element.querySelector('[data-time-left]');
  const bar = element.querySelector('progress');
  const tick = () => {
    const passed = Date.now() - loadedAt;
    const left = Math.max(0, atLoad - passed);
    if (text) text.textContent = inWords(left);
    if (bar) bar.value = left;
    if (left > 0 || passed < soonestMs) return;
    clearInterval(timer);
    leave(element.dataset.endsHref);
  };
  const timer = setInterval(tick, secondMs);
  tick();
}

function leave(href: string | undefined): void {
  if (href) location.replace(href);
  else location.reload();
}

/** The two largest units, such as "23 hours 59 minutes". */
function inWords(ms: number): string {
  const largest = units.findIndex(([, size]) => ms >= size);
  const words: string[] = [];
  let rest = ms;
  for (const [unit, size] of largest < 0 ? units.slice(-1) : units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0 || words.length === 0) words.push(withUnit(count, unit));
  }
  return words.join(' ');
}

function withUnit(count: number, unit: string): string {
  return count.toLocaleString(document.documentElement.lang, { style: 'unit', unit, unitDisplay: 'long' });
}
