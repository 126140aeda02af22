import { controlAttributes, Field, type FieldProps } from './fields.tsx';

export type TextAreaFieldProps = FieldProps & { rows?: number | undefined };

/** For what runs over several lines, such as many addresses; what was typed stays when it is wrong. */
export function TextAreaField({ rows = 6, ...field }: TextAreaFieldProps) {
  return (
    <Field field={field}>
      <textarea {...controlAttributes(field)} rows={rows} autocapitalize="off" spellcheck={false}>
        {field.value}
      </textarea>
    </Field>
  );
}
