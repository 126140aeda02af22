import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { Icon } from './icons.tsx';

export interface FieldProps {
  name: string;
  label: ComponentChildren;
  /** Where error summaries point; the name unless one page has the name twice. */
  id?: string | undefined;
  hint?: ComponentChildren;
  error?: string | undefined;
  value?: string | undefined;
  autofocus?: boolean | undefined;
}

/** Label, hint and error around one control. */
export function Field({ field, children }: { field: FieldProps; children: ComponentChildren }) {
  const id = fieldId(field);
  return (
    <div class={field.error ? 'field field-wrong' : 'field'}>
      <label id={`${id}-label`} for={id}>
        {field.label}
      </label>
      {field.hint && (
        <p class="hint" id={`${id}-hint`}>
          {field.hint}
        </p>
      )}
      <FieldError id={id} error={field.error} />
      {children}
    </div>
  );
}

export function FieldError({ id, error }: { id: string; error: string | undefined }) {
  if (!error) return null;
  return (
    <p class="field-error" id={`${id}-error`}>
      <Icon name="alert" /> {error}
    </p>
  );
}

/** What every control of a field carries, so that hint and error are read out with it. */
export function controlAttributes(field: FieldProps) {
  return { id: fieldId(field), name: field.name, autofocus: field.autofocus, ...describedBy(field) };
}

export function describedBy(field: Pick<FieldProps, 'id' | 'name' | 'hint' | 'error'>) {
  const id = fieldId(field);
  const parts = [field.hint ? `${id}-hint` : '', field.error ? `${id}-error` : ''].filter(Boolean);
  return {
    'aria-describedby': parts.length > 0 ? parts.join(' ') : undefined,
    'aria-invalid': field.error ? true : undefined,
  };
}

export function fieldId(field: Pick<FieldProps, 'id' | 'name'>): string {
  return field.id ?? field.name;
}

function InputField({ field, ...input }: { field: FieldProps } & InputHTMLAttributes) {
  return (
    <Field field={field}>
      <input {...input} {...controlAttributes(field)} value={field.value} />
    </Field>
  );
}

export type TextFieldProps = FieldProps & {
  autocomplete?: string | undefined;
  inputmode?: 'text' | 'numeric' | 'tel' | 'search' | undefined;
};

export function TextField({ autocomplete, inputmode, ...field }: TextFieldProps) {
  return <InputField field={field} type="text" autocomplete={autocomplete} inputMode={inputmode} />;
}

export function DateField({ min, ...field }: FieldProps & { min?: string | undefined }) {
  return <InputField field={field} type="date" min={min} />;
}

export type EmailFieldProps = FieldProps & {
  /** `username` where one logs in, so that password managers fill it; `email` for someone else's address. */
  autocomplete?: 'username' | 'email' | 'off' | undefined;
};

export function EmailField({ autocomplete = 'username', ...field }: EmailFieldProps) {
  return (
    <InputField
      field={field}
      type="email"
      autocomplete={autocomplete}
      autocapitalize="off"
      spellcheck={false}
    />
  );
}

export type CodeFieldProps = FieldProps & {
  /** Offer the code of an arriving text message where the browser can. */
  webOtp?: boolean | undefined;
};

/** One field without a length limit: a pasted "123 456" must arrive whole. */
export function CodeField({ webOtp, ...field }: CodeFieldProps) {
  return (
    <InputField
      field={field}
      type="text"
      class="code-input"
      inputMode="numeric"
      autocomplete="one-time-code"
      autocapitalize="off"
      spellcheck={false}
      data-webotp={webOtp ? '' : undefined}
    />
  );
}

export function RecoveryCodeField(field: FieldProps) {
  return (
    <InputField
      field={field}
      type="text"
      class="code-input recovery-input"
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
    />
  );
}
