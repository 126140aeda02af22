import { controlAttributes, Field, type FieldProps, fieldId } from './fields.tsx';

export type PasswordFieldProps = Omit<FieldProps, 'value'> & {
  autocomplete: 'current-password' | 'new-password';
  showLabel: string;
  hideLabel: string;
  /** A hint to password generators only; the server decides. */
  minLength?: number | undefined;
};

/** Never carries a value: a password is not sent back to the browser. */
export function PasswordField({
  autocomplete,
  showLabel,
  hideLabel,
  minLength,
  ...field
}: PasswordFieldProps) {
  return (
    <Field field={field}>
      <div class="password">
        <input
          type="password"
          {...controlAttributes(field)}
          autocomplete={autocomplete}
          autocapitalize="off"
          spellcheck={false}
          minLength={minLength}
        />
        <button
          type="button"
          class="password-toggle"
          data-shows={fieldId(field)}
          data-show-label={showLabel}
          data-hide-label={hideLabel}
          aria-controls={fieldId(field)}
          aria-describedby={`${fieldId(field)}-label`}
          hidden
        >
          {showLabel}
        </button>
      </div>
    </Field>
  );
}
