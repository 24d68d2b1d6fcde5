// Fields that are bound to a member of what a form holds: texts, and one of some choices.

import type { ComponentProps, ReactNode } from "react";
import { Field, Input, Select, TextArea } from "@/design/field";

interface Bound<V extends string> {
  value: V;
  onChange: (value: V) => void;
  error: string | undefined;
}

/** The members of a draft that are texts. */
type Texts<D> = { [K in keyof D]: D[K] extends string ? K : never }[keyof D];

/** Binds fields to members of a draft; the pointer is where the server tells of their faults. */
export function binder<D>(
  draft: D,
  set: (next: Partial<D>) => void,
  errorOf: (pointer: string) => string | undefined,
) {
  return <K extends Texts<D>>(name: K, pointer: string): Bound<D[K] & string> => ({
    value: draft[name] as D[K] & string,
    onChange: (value) => set({ [name]: value } as unknown as Partial<D>),
    error: errorOf(pointer),
  });
}

interface Labelled {
  label: string;
  hint?: ReactNode;
  required?: boolean;
}

type InputProps = Omit<ComponentProps<typeof Input>, "value" | "onChange">;

/** A line of text. */
export function TextField({
  label,
  hint,
  required = false,
  value,
  onChange,
  error,
  ...rest
}: Labelled & Bound<string> & InputProps) {
  return (
    <Field label={label} hint={hint} required={required} error={error}>
      <Input {...rest} value={value} onChange={({ target }) => onChange(target.value)} />
    </Field>
  );
}

/** A line of code: an expression, a pattern. */
export function CodeField(props: ComponentProps<typeof TextField>) {
  return <TextField {...props} className="font-mono text-sm" spellCheck={false} />;
}

/** Some lines of text. */
export function LinesField({
  label,
  hint,
  required = false,
  value,
  onChange,
  error,
  rows = 4,
  code = false,
}: Labelled & Bound<string> & { rows?: number; code?: boolean }) {
  return (
    <Field label={label} hint={hint} required={required} error={error}>
      <TextArea
        rows={rows}
        {...(code && { className: "font-mono text-xs", spellCheck: false })}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}

interface ChoiceProps<V extends string> extends Labelled, Bound<V> {
  choices: readonly V[];
  say: (choice: V) => string;
}

/** One of some choices. */
export function ChoiceField<V extends string>(props: ChoiceProps<V>) {
  const { label, hint, value, onChange, error, choices, say } = props;
  return (
    <Field label={label} hint={hint} required error={error}>
      <Select
        value={value}
        onChange={({ target }) => {
          const chosen = choices.find((one) => one === target.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {choices.map((one) => (
          <option key={one} value={one}>
            {say(one)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
