interface OtpOptions extends CredentialRequestOptions {
  otp: { transport: ['sms'] };
}

/** Fills the code of an arriving text message in, if the person agrees; they look at it and press the button. */
export function offerTextMessageCode(): void {
  const input = document.querySelector<HTMLInputElement>('input[autocomplete="one-time-code"][data-webotp]');
  if (!input || !('OTPCredential' in window)) return;
  const abort = new AbortController();
  input.form?.addEventListener('submit', () => abort.abort());
  const options: OtpOptions = { otp: { transport: ['sms'] }, signal: abort.signal };
  navigator.credentials.get(options).then(
    (credential) => {
      if (credential && 'code' in credential && typeof credential.code === 'string')
        input.value = credential.code;
    },
    () => undefined, // Declined, timed out or aborted: the person types the code.
  );
}
