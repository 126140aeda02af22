export function enhancePasswordToggles(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-shows]')) {
    const input = document.getElementById(button.dataset.shows ?? '');
    if (!(input instanceof HTMLInputElement)) continue;
    const show = (shown: boolean) => {
      input.type = shown ? 'text' : 'password';
      button.textContent = (shown ? button.dataset.hideLabel : button.dataset.showLabel) ?? '';
    };
    button.hidden = false;
    button.addEventListener('click', () => show(input.type === 'password'));
    // Browsers remember what was typed into text fields, and password managers look for password fields.
    input.form?.addEventListener('submit', () => show(false));
  }
}
