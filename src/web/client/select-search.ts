export function enhanceSelectSearches(): void {
  for (const search of document.querySelectorAll<HTMLElement>('[data-filters]')) {
    const select = document.getElementById(search.dataset.filters ?? '');
    const input = search.querySelector('input');
    const result = search.parentElement?.querySelector('[role=status]');
    if (select instanceof HTMLSelectElement && input && result) {
      search.hidden = false;
      filterWhileTyping(select, input, result, search.dataset.noMatch ?? '');
    }
  }
}

function filterWhileTyping(
  select: HTMLSelectElement,
  input: HTMLInputElement,
  result: Element,
  noMatch: string,
): void {
  const all = [...select.options];
  input.addEventListener('input', () => {
    const wanted = plain(input.value);
    const matches = all.filter((option) => matchOf(option, wanted) > 0);
    result.textContent = matches.length === 0 ? noMatch : '';
    result.classList.toggle('visually-hidden', matches.length > 0);
    if (matches.length === 0) return;
    // Removed rather than hidden: phones show hidden options all the same.
    const chosen = select.selectedOptions[0];
    select.replaceChildren(...matches);
    const best = Math.max(...matches.map((option) => matchOf(option, wanted)));
    const keeps = chosen !== undefined && matchOf(chosen, wanted) === best;
    const first = keeps ? chosen : matches.find((option) => matchOf(option, wanted) === best);
    if (!first) return;
    first.selected = true;
    if (wanted) result.textContent = first.text;
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    select.focus();
  });
}

/** 4: its value, 3: its beginning, 2: the beginning of one of its words, 1: somewhere, 0: not at all. */
function matchOf(option: HTMLOptionElement, wanted: string): number {
  const text = plain(option.text);
  if (plain(option.value) === wanted) return 4;
  if (text.startsWith(wanted)) return 3;
  if (text.split(/[\s(+,]+/).some((word) => word.startsWith(wanted.replace(/^\+|^00/, '')))) return 2;
  return text.includes(wanted) ? 1 : 0;
}

/** "Åland" is found by "aland". */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
}
