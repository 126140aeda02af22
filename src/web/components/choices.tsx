import type { ComponentChildren } from 'preact';
import { describedBy, FieldError } from './fields.tsx';
import { Badge } from './notices.tsx';

export interface RadioOption {
  value: string;
  label: ComponentChildren;
  hint?: ComponentChildren;
  /** Such as "Recommended". */
  badge?: string | undefined;
  disabled?: boolean | undefined;
}

export interface RadioCardsProps {
  name: string;
  legend: ComponentChildren;
  /** When the legend is the question of the whole page. */
  legendIsHeading?: boolean | undefined;
  hint?: ComponentChildren;
  error?: string | undefined;
  value?: string | undefined;
  options: readonly RadioOption[];
}

export function RadioCards(props: RadioCardsProps) {
  const { name, legend, legendIsHeading, hint, error, value, options } = props;
  const { 'aria-describedby': described } = describedBy(props);
  return (
    <fieldset class={error ? 'choices field-wrong' : 'choices'} aria-describedby={described}>
      <legend>{legendIsHeading ? <h1>{legend}</h1> : legend}</legend>
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      <FieldError id={name} error={error} />
      {options.map((option, index) => (
        // The first one answers to the field's name, so that an error summary can lead to it.
        <RadioCard
          key={option.value}
          id={index === 0 ? name : `${name}-${option.value}`}
          name={name}
          option={option}
          checked={option.value === value}
        />
      ))}
    </fieldset>
  );
}

function RadioCard(props: { id: string; name: string; option: RadioOption; checked: boolean }) {
  const { id, name, option, checked } = props;
  const hintId = `${id}-choice-hint`;
  return (
    <div class="choice">
      <input
        type="radio"
        id={id}
        name={name}
        value={option.value}
        checked={checked}
        disabled={option.disabled}
        aria-describedby={option.hint ? hintId : undefined}
      />
      <label for={id}>
        {option.label} {option.badge && <Badge tone="accent">{option.badge}</Badge>}
      </label>
      {option.hint && (
        <p class="hint" id={hintId}>
          {option.hint}
        </p>
      )}
    </div>
  );
}

export interface CheckboxProps {
  name: string;
  label: ComponentChildren;
  id?: string | undefined;
  value?: string | undefined;
  hint?: ComponentChildren;
  error?: string | undefined;
  checked?: boolean | undefined;
}

export function Checkbox({ name, label, id = name, value = 'yes', hint, error, checked }: CheckboxProps) {
  return (
    <div class={error ? 'field field-wrong' : 'field'}>
      <FieldError id={id} error={error} />
      <div class="check">
        <input
          type="checkbox"
          id={id}
          name={name}
          value={value}
          checked={checked}
          {...describedBy({ name, id, hint, error })}
        />
        <label for={id}>{label}</label>
        {hint && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
