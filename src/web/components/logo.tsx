/** A battlemented wall whose gate is a keyhole. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        fill="currentColor"
        fill-rule="evenodd"
        d="M2 2h4v4h4V2h4v4h4V2h4v20H2ZM12 9.5a3.25 3.25 0 0 0-1.6 6.08L9 22h6l-1.4-6.42A3.25 3.25 0 0 0 12 9.5Z"
      />
    </svg>
  );
}

export function Wordmark({ name }: { name: string }) {
  return (
    <span class="wordmark">
      <Logo />
      {name}
    </span>
  );
}
