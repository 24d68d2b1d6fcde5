// The fields of which forms consist. The form around them knows what is wrong with each.

import { type ComponentProps, type ReactNode, use } from "react";
import { Field, Input, Select, TextArea } from "@/design/field";
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

/** A line of code: an expression, a pattern. */
export function CodeField(props: ComponentProps<typeof TextField>) {
  return <TextField className="font-mono text-sm" spellCheck={false} {...props} />;
}

/** Some lines of text; of code, where machines read them. */
export function LinesField({
  code = false,
  ...props
}: Told<ComponentProps<typeof TextArea>> & { code?: boolean }) {
  const { field, onChange, ...rest } = useLabelled(props);
  return (
    <Field {...field}>
      <TextArea
        {...(code && { className: "font-mono text-xs", spellCheck: false })}
        {...rest}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}

interface ChoiceProps<T extends string> extends Labelled {
  value: T;
  onChange: (value: T) => void;
  choices: readonly T[];
  /** What each is called. */
  say: (choice: T) => string;
  disabled?: boolean;
}

/** One of some choices. One of them is always chosen, if only that of none. */
export function ChoiceField<T extends string>(props: ChoiceProps<T>) {
  const labelled = useLabelled({ required: true, ...props });
  const { field, value, onChange, choices, say, disabled } = labelled;
  return (
    <Field {...field}>
      <Select
        value={value}
        disabled={disabled}
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

/** The words of a text, as lists are written: one a line, or with commas between. */
export function listed(text: string): string[] {
  return text.split(/[\s,;]+/).filter((one) => one !== "");
}
