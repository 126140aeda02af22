const everyMs = 3000;

/** Asks whether the thing waited for has happened and then loads the page again, which says what it was. */
export function pollUntilDone(): void {
  const url = document.querySelector<HTMLElement>('[data-poll-url]')?.dataset.pollUrl;
  if (!url) return;
  const ask = async () => {
    if (await isDone(url)) location.reload();
    else setTimeout(ask, everyMs);
  };
  setTimeout(ask, everyMs);
}

async function isDone(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { headers: { accept: 'application/json' }, cache: 'no-store' });
    // Not ours to ask any more, or sent elsewhere: the page itself will say why.
    if (answer.redirected || [401, 403, 404, 410].includes(answer.status)) return true;
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'done' in body && body.done === true;
  } catch {
    return false;
  }
}
