// A field for any value, written as YAML; JSON is YAML, too.

import { useRef, useState } from "react";
import { writeJson } from "@/api/exact";
import { CodeField } from "./expression/code-field";
import { useUnread } from "./unread";
import { readValue, valueText } from "./value-text";
import { useWords } from "./words";

interface ValueFieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  required?: boolean;
  /** The name of the field in the document. */
  at: string;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** The field. What is not understood changes no value: the document keeps it as a text. */
export function ValueField({ at, value, onChange, error, ...rest }: ValueFieldProps) {
  const t = useWords();
  const unread = useUnread(at);
  const [text, setText] = useState(() => unread.text ?? valueText(value));
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
    <div ref={unread.place} className="min-w-0">
      <CodeField
        {...rest}
        error={fault ?? error}
        value={text}
        language="template"
        asYaml
        onChange={(next) => {
          setText(next);
          const read = readValue(next);
          if ("fault" in read) return unread.report(next);
          unread.report(null);
          last.current = read.value;
          onChange(read.value);
        }}
      />
    </div>
  );
}
