// The field of an expression that must hold.

import { Field, Input } from "@/design/field";
import { useWords } from "./words";

interface FilterFieldProps {
  /** What the expression sees. */
  about: "event" | "request";
  example: string;
  value: string;
  onChange: (text: string) => void;
  error: string | undefined;
}

/** The field. */
export function FilterField({ about, example, value, onChange, error }: FilterFieldProps) {
  const t = useWords();
  return (
    <Field label={t("form.filter")} hint={t("form.filterHint", { about, example })} error={error}>
      <Input
        className="font-mono text-sm"
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}
