export function focusWhatMatters(): void {
  document.querySelector<HTMLElement>('[data-focus]')?.focus();
  showCurrentPage();
}

/** A link to a field's id scrolls there by itself, but leaves the cursor behind. */
export function followErrorLinks(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('.error-summary a[href^="#"]')) {
    link.addEventListener('click', (event) => {
      const field = document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      (document.querySelector(`label[for="${CSS.escape(field.id)}"]`) ?? field).scrollIntoView();
      field.focus({ preventScroll: true });
    });
  }
}

/** On a phone the navigation is a strip that runs out of sight. */
function showCurrentPage(): void {
  const strip = document.querySelector('.nav ul');
  const current = strip?.querySelector<HTMLElement>('[aria-current]');
  if (strip && current) strip.scrollLeft = current.offsetLeft - strip.clientWidth / 3;
}
