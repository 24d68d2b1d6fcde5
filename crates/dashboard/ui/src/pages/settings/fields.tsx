// The fields of which the forms of the settings consist.

import { type ComponentProps, type ReactNode, use } from "react";
import { Field, Input, Select, TextArea } from "@/design/field";
import { useVocabulary } from "@/i18n/vocabulary";
import { Faults } from "./form";

interface Labelled {
  label: string;
  hint?: ComponentProps<typeof Field>["hint"];
  /** Its JSON pointer, by which the form knows what is wrong with it. */
  at?: string;
  /** What else is wrong with it. */
  error?: string | undefined;
  required?: boolean;
}

type Told<P, T = string> = Labelled & { value: T; onChange: (value: T) => void } & Omit<
    P,
    "value" | "onChange" | "required"
  >;

/** What `Field` says, apart from what the field itself takes. */
function useLabelled<P extends Labelled>({ label, hint, at, error, required, ...rest }: P) {
  const fault = use(Faults)(at ?? "");
  return { field: { label, hint, error: fault ?? error, required }, ...rest };
}

/** A line of text. */
export function TextField(props: Told<ComponentProps<typeof Input>>) {
  const { field, onChange, ...rest } = useLabelled(props);
  return (
    <Field {...field}>
      <Input autoComplete="off" {...rest} onChange={({ target }) => onChange(target.value)} />
    </Field>
  );
}

/** Lines of text that machines read. */
export function LinesField(props: Told<ComponentProps<typeof TextArea>>) {
  const { field, onChange, ...rest } = useLabelled(props);
  return (
    <Field {...field}>
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
  const c = useVocabulary();
  const { field, value, onChange, choices, disabled } = useLabelled(props);
  return (
    <Field {...field}>
      <Select
        value={value}
        disabled={disabled}
        onChange={({ target }) => {
          const chosen = choices.find(([one]) => one === target.value);
          if (chosen) onChange(chosen[0]);
        }}
      >
        {choices.every(([one]) => one !== value) && (
          <option value={value}>{value || c("choose")}</option>
        )}
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
export function Group({ children, ...props }: Labelled & { children: ReactNode }) {
  const { label, error } = useLabelled(props).field;
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
