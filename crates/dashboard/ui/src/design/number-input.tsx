// A field for a number: what is written stays as it is written.

import { type ComponentProps, useState } from "react";
import { integer } from "@/api/exact";
import { Input } from "./field";

/** The number that a text is, with all digits of an integer. */
function numberOf(text: string): number | bigint | undefined {
  if (text === "") return undefined;
  return /^-?\d+$/.test(text) ? integer(text) : Number(text);
}

interface NumberInputProps extends Omit<ComponentProps<typeof Input>, "value" | "onChange"> {
  /** Anything else than a number is shown as none. */
  value: unknown;
  onChange: (value: number | bigint | undefined) => void;
}

/** The field. Who writes 1.05 has written 1.0 before: it is not set back to 1. */
export function NumberInput({ value, onChange, ...rest }: NumberInputProps) {
  const text = typeof value === "number" || typeof value === "bigint" ? String(value) : "";
  const [written, setWritten] = useState(text);
  return (
    <Input
      {...rest}
      type="number"
      value={numberOf(written) === value ? written : text}
      onChange={({ target }) => {
        setWritten(target.value);
        onChange(numberOf(target.value));
      }}
    />
  );
}
