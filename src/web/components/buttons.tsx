import type { ComponentChildren } from 'preact';
import { safeHref } from './safe-href.ts';

export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'link';

export interface FormProps {
  action: string;
  /** Hidden fields. */
  fields?: Readonly<Record<string, string>> | undefined;
  method?: 'post' | 'get' | undefined;
  class?: string | undefined;
  /** With script the form sends itself, once per this value and browser tab. */
  autosubmit?: string | undefined;
  /** The answer is a download, so the page stays: do not lock the button. */
  repeatable?: boolean | undefined;
  children?: ComponentChildren;
}

/** The server judges every field; `noValidate` keeps the browser's own bubbles out of the way. */
export function Form(props: FormProps) {
  const { action, fields = {}, method = 'post', autosubmit, repeatable, children } = props;
  return (
    <form
      method={method}
      action={safeHref(action)}
      class={props.class}
      noValidate
      data-autosubmit={autosubmit}
      data-repeatable={repeatable ? '' : undefined}
    >
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}

export interface ButtonProps {
  kind?: ButtonKind | undefined;
  name?: string | undefined;
  value?: string | undefined;
  /** Read out after the text, to tell equal buttons of a table apart. */
  about?: string | undefined;
  children: ComponentChildren;
}

export function Button({ kind = 'primary', name, value, about, children }: ButtonProps) {
  return (
    <button type="submit" class={buttonClass(kind)} name={name} value={value}>
      {children}
      {about && <span class="visually-hidden"> {about}</span>}
    </button>
  );
}

export interface PostButtonProps {
  action: string;
  label: string;
  fields?: Readonly<Record<string, string>> | undefined;
  kind?: ButtonKind | undefined;
  about?: string | undefined;
  repeatable?: boolean | undefined;
}

export function PostButton(props: PostButtonProps) {
  const { action, label, fields, kind = 'secondary', about, repeatable } = props;
  return (
    <Form action={action} fields={fields} repeatable={repeatable} class="post-button">
      <Button kind={kind} about={about}>
        {label}
      </Button>
    </Form>
  );
}

export interface LinkButtonProps {
  href: string;
  kind?: ButtonKind | undefined;
  /** A file name makes it a download. */
  download?: string | undefined;
  children: ComponentChildren;
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function LinkButton({ href, kind = 'primary', download, children }: LinkButtonProps) {
  return (
    <a href={safeHref(href)} class={buttonClass(kind)} download={download}>
      {children}
    </a>
  );
}

export interface CopyButtonProps {
  /** The id of the element whose text or value is copied. */
  from: string;
  label: string;
  doneLabel: string;
  kind?: ButtonKind | undefined;
}

export function CopyButton({ from, label, doneLabel, kind = 'secondary' }: CopyButtonProps) {
  return (
    <span class="copy" data-copies={from} data-done-label={doneLabel} hidden>
      <button type="button" class={buttonClass(kind)}>
        {label}
      </button>
      <span class="visually-hidden" role="status" />
    </span>
  );
}

export function PrintButton({ label, kind = 'secondary' }: { label: string; kind?: ButtonKind | undefined }) {
  return (
    <button type="button" class={buttonClass(kind)} data-prints hidden>
      {label}
    </button>
  );
}

function buttonClass(kind: ButtonKind): string {
  return kind === 'link' ? 'button-link' : `button button-${kind}`;
}
