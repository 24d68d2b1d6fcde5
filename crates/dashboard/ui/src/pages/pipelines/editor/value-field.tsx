// A field for any value, written as YAML; JSON is YAML, too.

import { useRef, useState } from "react";
import { writeJson } from "@/api/exact";
import { CodeField } from "./expression/code-field";
import { readValue, valueText } from "./value-text";
import { useWords } from "./words";

interface ValueFieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  required?: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** The field. What is not understood stays in it, and changes nothing. */
export function ValueField({ value, onChange, error, ...rest }: ValueFieldProps) {
  const t = useWords();
  const [text, setText] = useState(() => valueText(value));
  const last = useRef(value);
  if (writeJson(last.current) !== writeJson(value)) {
    // Changed from elsewhere: in the text, or by a step back.
    last.current = value;
    setText(valueText(value));
  }
  const reading = readValue(text);
  const fault =
    "fault" in reading
      ? t(`value.${reading.fault}`, { message: reading.message, open: "{{", close: "}}" })
      : undefined;
  return (
    <CodeField
      {...rest}
      error={fault ?? error}
      value={text}
      language="template"
      asYaml
      onChange={(next) => {
        setText(next);
        const read = readValue(next);
        if ("fault" in read) return;
        last.current = read.value;
        onChange(read.value);
      }}
    />
  );
}
