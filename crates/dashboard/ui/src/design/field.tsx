// Fields of forms: each has a label, what it is for, and what is wrong with it.

import clsx from "clsx";
import { ChevronDown } from "lucide-react";
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from "radix-ui";
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  use,
  useId,
} from "react";
import { useVocabulary } from "@/i18n/vocabulary";

interface Named {
  id: string;
  describedBy: string | undefined;
  invalid: boolean;
  required: boolean;
}

const InField = createContext<Named | null>(null);

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  className?: string;
  children: ReactNode;
}

/** A label with its field. */
export function Field({ label, hint, error, required = false, className, children }: FieldProps) {
  const id = useId();
  const t = useVocabulary();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <InField
      value={{ id, describedBy: describedBy || undefined, invalid: Boolean(error), required }}
    >
      <div className={clsx("flex min-w-0 flex-col gap-1", className)}>
        <label htmlFor={id} className="text-sm font-medium">
          {label}
          {!required && <span className="ml-0.5 font-normal text-faint"> {t("optional")}</span>}
        </label>
        {children}
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-soft">
            {hint}
          </p>
        )}
        {error && (
          <p id={`${id}-error`} role="alert" className="text-xs text-bad">
            {error}
          </p>
        )}
      </div>
    </InField>
  );
}

/** What a field of another kind says of itself, so that its label, hint and fault are read with it. */
export function useNamed() {
  const named = use(InField);
  return {
    id: named?.id,
    "aria-describedby": named?.describedBy,
    "aria-invalid": named?.invalid || undefined,
    "aria-required": named?.required || undefined,
  };
}

/** The look of what is written into. */
export const inputClass =
  "w-full min-w-0 rounded-md border border-line-strong bg-card px-2.5 text-base text-ink placeholder:text-faint " +
  "hover:border-soft focus-visible:outline-offset-0 aria-invalid:border-bad disabled:bg-sunken disabled:text-soft [&[readonly]]:bg-sunken";

/** A line of text. */
export function Input({
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  return (
    <input {...useNamed()} {...rest} className={clsx(inputClass, "h-8.5 max-sm:h-10", className)} />
  );
}

/** Some lines of text. */
export function TextArea({
  className,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  return (
    <textarea
      {...useNamed()}
      {...rest}
      rows={rest.rows ?? 4}
      className={clsx(inputClass, "py-1.5", className)}
    />
  );
}

/** One of some choices. The browser's own: it works everywhere, on phones best of all. */
export function Select({ className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <span className={clsx("relative block min-w-0", className)}>
      <select
        {...useNamed()}
        {...rest}
        className={clsx(inputClass, "h-8.5 appearance-none truncate pr-8 max-sm:h-10")}
      >
        {children}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-soft"
      />
    </span>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
}

/** Something that holds or not. */
export function Checkbox({ checked, onChange, label, hint, disabled }: CheckProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <RadixCheckbox.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(next) => onChange(next === true)}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="relative mt-0.5 grid size-4 shrink-0 place-items-center rounded-sm border border-line-strong bg-card text-on-accent after:absolute after:-inset-1.5 max-sm:after:-inset-3 data-[state=checked]:border-accent data-[state=checked]:bg-accent disabled:opacity-50"
      >
        <RadixCheckbox.Indicator>
          <svg aria-hidden viewBox="0 0 12 12" className="size-3 fill-none stroke-current stroke-2">
            <path d="M2.5 6.5 5 9l4.5-6" />
          </svg>
        </RadixCheckbox.Indicator>
      </RadixCheckbox.Root>
      <CheckLabel id={id} label={label} hint={hint} disabled={disabled} />
    </div>
  );
}

/** What stands beside a box or a switch. The hint describes it, and is no part of its name. */
function CheckLabel({
  id,
  label,
  hint,
  disabled,
}: Pick<CheckProps, "label" | "hint" | "disabled"> & { id: string }) {
  return (
    <div className={clsx("min-w-0 text-sm break-words", disabled && "opacity-60")}>
      <label htmlFor={id}>{label}</label>
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}

/** Something that is on or off, and changes at once. */
export function Switch({ checked, onChange, label, hint, disabled }: CheckProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <RadixSwitch.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="relative h-5 w-9 shrink-0 rounded-full border border-line-strong bg-sunken p-px transition-colors after:absolute after:-inset-1 max-sm:after:-inset-3 data-[state=checked]:border-accent data-[state=checked]:bg-accent disabled:opacity-50"
      >
        <RadixSwitch.Thumb className="block size-4 rounded-full bg-line-strong transition-transform data-[state=checked]:translate-x-4 data-[state=checked]:bg-on-accent" />
      </RadixSwitch.Root>
      <CheckLabel id={id} label={label} hint={hint} disabled={disabled} />
    </div>
  );
}
