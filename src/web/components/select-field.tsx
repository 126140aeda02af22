import { controlAttributes, Field, type FieldProps, fieldId } from './fields.tsx';

export interface SelectOption {
  value: string;
  label: string;
}

export type SelectFieldProps = FieldProps & {
  options: readonly SelectOption[];
  autocomplete?: string | undefined;
  /** A box on a long list that narrows it as one types; appears with script only. */
  search?: { label: string; noMatch: string } | undefined;
};

export function SelectField({ options, autocomplete, search, ...field }: SelectFieldProps) {
  const id = fieldId(field);
  return (
    <Field field={field}>
      {search && (
        <div class="select-search" data-filters={id} data-no-match={search.noMatch} hidden>
          <input
            type="search"
            aria-label={search.label}
            placeholder={search.label}
            aria-controls={id}
            autocomplete="off"
            spellcheck={false}
          />
        </div>
      )}
      <select {...controlAttributes(field)} autocomplete={autocomplete}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === field.value}>
            {option.label}
          </option>
        ))}
      </select>
      {search && <p role="status" />}
    </Field>
  );
}
