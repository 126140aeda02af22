/** If no answer comes, the person may try again. */
const lockMs = 15_000;

const locked = new Set<HTMLFormElement>();

/** One submit per form. The buttons are locked after the form's data is collected, so a button's own value is sent. */
export function guardSubmits(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || 'repeatable' in form.dataset) return;
    if (locked.has(form)) {
      event.preventDefault();
      return;
    }
    locked.add(form);
    setTimeout(() => lockButtons(form, true));
    setTimeout(() => unlock(form), lockMs);
  });
  // Coming back with the back button shows the page as it was left; some browsers even restore the locks alone.
  addEventListener('pageshow', (event) => {
    for (const form of document.forms) {
      if (event.persisted || !locked.has(form)) unlock(form);
    }
  });
}

/** The waiting page's form goes by itself, once per tab: if it comes back, the person decides. */
export function submitWaitingForms(): void {
  const form = document.querySelector<HTMLFormElement>('form[data-autosubmit]');
  if (!form) return;
  const mark = `sent:${form.dataset.autosubmit}`;
  try {
    if (sessionStorage.getItem(mark)) return;
    sessionStorage.setItem(mark, 'yes');
  } catch {
    return; // Without storage it could go round in circles; its button is there.
  }
  form.requestSubmit();
}

function unlock(form: HTMLFormElement): void {
  locked.delete(form);
  lockButtons(form, false);
}

function lockButtons(form: HTMLFormElement, disabled: boolean): void {
  for (const control of form.elements) {
    if (control instanceof HTMLButtonElement && control.type === 'submit') control.disabled = disabled;
  }
}
