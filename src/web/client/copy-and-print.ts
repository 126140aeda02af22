const doneMs = 4000;

export function enhanceCopyButtons(): void {
  if (!navigator.clipboard) return;
  for (const copy of document.querySelectorAll<HTMLElement>('[data-copies]')) {
    const source = document.getElementById(copy.dataset.copies ?? '');
    const button = copy.querySelector('button');
    const status = copy.querySelector('[role=status]');
    if (!source || !button || !status) continue;
    const label = button.textContent;
    const say = (done: boolean) => {
      status.textContent = done ? (copy.dataset.doneLabel ?? '') : '';
      button.textContent = status.textContent || label;
    };
    copy.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(textOf(source));
      say(true);
      setTimeout(say, doneMs, false);
    });
  }
}

export function enhancePrintButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-prints]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }
}

/** A list is copied with one line per item. */
function textOf(source: HTMLElement): string {
  if (source instanceof HTMLInputElement) return source.value;
  const items = [...source.querySelectorAll('li')];
  return (items.length > 0 ? items : [source]).map((item) => item.textContent.trim()).join('\n');
}
