const paths = {
  alert: 'M8 1.2 15.4 14H.6ZM7.2 6v4.2h1.6V6Zm0 5.2v1.6h1.6v-1.6Z',
  info: 'M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8Zm-.8 6.4v4.6h1.6V7.2Zm0-3v1.7h1.6V4.2Z',
  tick: 'M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8Zm3.1 4.1L7 9.1 4.9 7 3.8 8.2 7 11.4l5.2-5.3Z',
  clock: 'M8 .8a7.2 7.2 0 1 1 0 14.4A7.2 7.2 0 0 1 8 .8Zm-.8 3v4.6l3.3 2 .8-1.3-2.5-1.5V3.8Z',
};

export type IconName = keyof typeof paths;

/** Says nothing that the text beside it does not say. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path fill="currentColor" fill-rule="evenodd" d={paths[name]} />
    </svg>
  );
}
