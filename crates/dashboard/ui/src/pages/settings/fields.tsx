// The fields of which the forms of the settings consist.

import type { ComponentProps, ReactNode } from "react";
import { Field, Input, Select, TextArea } from "@/design/field";

interface Labelled {
  label: string;
  hint?: ComponentProps<typeof Field>["hint"];
  error?: string | undefined;
  required?: boolean;
}

type Told<P, T = string> = Labelled & { value: T; onChange: (value: T) => void } & Omit<
    P,
    "value" | "onChange" | "required"
  >;

/** A line of text. */
export function TextField(props: Told<ComponentProps<typeof Input>>) {
  const { label, hint, error, required, onChange, ...rest } = props;
  return (
    <Field label={label} hint={hint} error={error} required={required}>
      <Input autoComplete="off" {...rest} onChange={({ target }) => onChange(target.value)} />
    </Field>
  );
}

/** Lines of text that machines read. */
export function LinesField(props: Told<ComponentProps<typeof TextArea>>) {
  const { label, hint, error, required, onChange, ...rest } = props;
  return (
    <Field label={label} hint={hint} error={error} required={required}>
      <TextArea
        className="font-mono text-xs"
        spellCheck={false}
        {...rest}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}

interface ChoiceProps<T extends string> extends Labelled {
  value: T;
  onChange: (value: T) => void;
  /** What can be chosen, and what each is called. */
  choices: readonly (readonly [T, string])[];
  disabled?: boolean;
}

/** One of some choices. */
export function ChoiceField<T extends string>(props: ChoiceProps<T>) {
  const { label, hint, error, required, value, onChange, choices, disabled } = props;
  return (
    <Field label={label} hint={hint} error={error} required={required}>
      <Select
        value={value}
        disabled={disabled}
        onChange={({ target }) => {
          const chosen = choices.find(([one]) => one === target.value);
          if (chosen) onChange(chosen[0]);
        }}
      >
        {choices.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** Fields under one name. */
export function Group({ label, error, children }: Labelled & { children: ReactNode }) {
  return (
    <fieldset
      className="flex min-w-0 flex-col gap-2 rounded-sm"
      {...(error && { tabIndex: -1, "data-fault": true })}
    >
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      {children}
      {error && (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** The words of a text, as lists are written: one a line, or with commas between. */
export function listed(text: string): string[] {
  return text.split(/[\s,;]+/).filter((one) => one !== "");
}
