// A form made from a JSON Schema: fields for what is simple, JSON for the rest.

import { useRef, useState } from "react";
import { parseJson, writeJson } from "@/api/exact";
import { own } from "@/api/own";
import { useVocabulary } from "@/i18n/vocabulary";
import { Button } from "./button";
import { Checkbox, Field, Input, Select, TextArea } from "./field";
import { NumberInput } from "./number-input";
import { valueOfFile } from "./value-file";

/** The part of JSON Schema that has fields of its own. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  format?: string;
  default?: unknown;
  maxLength?: number;
}

/** What may be longer than this, in characters, gets several lines. */
const LINE = 200;

type Data = Record<string, unknown>;

interface SchemaFormProps {
  schema: Schema;
  value: Data;
  onChange: (value: Data) => void;
  /** What is wrong with the field of that name. */
  errorOf?: (name: string) => string | undefined;
}

/** Fields for the properties of an object. */
export function SchemaForm({ schema, value, onChange, errorOf }: SchemaFormProps) {
  const properties = Object.entries(schema.properties ?? {});
  return (
    <div className="flex flex-col gap-3">
      {properties.map(([name, property]) => (
        <Property
          key={name}
          name={name}
          schema={property}
          required={schema.required?.includes(name) ?? false}
          value={own(value, name)}
          error={errorOf?.(name)}
          onChange={(next) => {
            const { [name]: _, ...rest } = value;
            onChange(next === undefined ? rest : { ...rest, [name]: next });
          }}
        />
      ))}
    </div>
  );
}

interface PropertyProps {
  name: string;
  schema: Schema;
  required: boolean;
  value: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
}

function typeOf(schema: Schema): string {
  const types = [schema.type ?? "object"].flat().filter((type) => type !== "null");
  return types[0] ?? "object";
}

function Property({ name, schema, required, value, error, onChange }: PropertyProps) {
  const t = useVocabulary();
  const label = schema.title ?? name;
  const type = typeOf(schema);
  if (type === "boolean") {
    return (
      <Checkbox
        checked={(value === undefined ? schema.default : value) === true}
        onChange={onChange}
        label={label}
        hint={schema.description}
      />
    );
  }
  const field = { label, hint: schema.description, required, error };
  if (schema.enum) {
    const at = schema.enum.indexOf(value);
    return (
      <Field {...field}>
        <Select value={at} onChange={({ target }) => onChange(schema.enum?.[Number(target.value)])}>
          {(!required || at === -1) && (
            <option value={-1}>
              {required || schema.default === undefined
                ? t(required ? "choose" : "none")
                : t("default", { value: String(schema.default) })}
            </option>
          )}
          {schema.enum.map((one, place) => (
            <option key={String(one)} value={place}>
              {String(one)}
            </option>
          ))}
        </Select>
      </Field>
    );
  }
  if (type === "string") {
    const Text = (schema.maxLength ?? 0) > LINE ? TextArea : Input;
    return (
      <Field {...field}>
        <Text
          value={typeof value === "string" ? value : ""}
          onChange={({ target }) => onChange(target.value === "" ? undefined : target.value)}
        />
      </Field>
    );
  }
  if (type === "number" || type === "integer") {
    return (
      <Field {...field}>
        <NumberInput step={type === "integer" ? 1 : "any"} value={value} onChange={onChange} />
      </Field>
    );
  }
  return <JsonField {...field} fromFile value={value} onChange={onChange} />;
}

interface JsonFieldProps extends Omit<PropertyProps, "name" | "schema"> {
  label: string;
  hint?: string | undefined;
  rows?: number;
  /** Says that it is JSON, and takes a file. */
  fromFile?: boolean;
}

function asJson(value: unknown): string {
  return value === undefined ? "" : writeJson(value, 2);
}

/** What a text says: a value, nothing, or itself if it is no JSON. */
function fromJson(text: string): { value: unknown; bad: boolean } {
  if (text.trim() === "") return { value: undefined, bad: false };
  try {
    return { value: parseJson(text), bad: false };
  } catch {
    // Nothing older is sent in its place: what gets the text refuses it.
    return { value: text, bad: true };
  }
}

/** A value as JSON. */
export function JsonField({
  label,
  hint,
  rows,
  fromFile = false,
  required,
  error,
  value,
  onChange,
}: JsonFieldProps) {
  const t = useVocabulary();
  const [written, setWritten] = useState(() => asJson(value));
  const read = fromJson(written);
  // A value that was not written here takes the place of what was.
  const isWritten = writeJson(read.value) === writeJson(value);
  const bad = isWritten && read.bad;
  const file = useRef<HTMLInputElement>(null);
  const [badFile, setBadFile] = useState(false);
  const take = async (chosen: File) => {
    try {
      const next = valueOfFile(chosen.name, await chosen.text());
      setBadFile(false);
      setWritten(asJson(next));
      onChange(next);
    } catch {
      setBadFile(true);
    }
  };
  return (
    <div className="flex flex-col items-start gap-1">
      <Field
        className="w-full"
        label={label}
        hint={[hint, fromFile && t("json.hint")].filter(Boolean).join(" ")}
        required={required}
        error={badFile ? t("json.badFile") : bad ? t("error.json") : error}
      >
        <TextArea
          className="font-mono text-xs"
          rows={rows}
          spellCheck={false}
          value={isWritten ? written : asJson(value)}
          onChange={({ target }) => {
            setBadFile(false);
            setWritten(target.value);
            onChange(fromJson(target.value).value);
          }}
        />
      </Field>
      {fromFile && (
        <>
          {" "}
          <input
            ref={file}
            type="file"
            hidden
            accept=".json,.csv"
            onChange={({ target }) => {
              const [chosen] = target.files ?? [];
              if (chosen) void take(chosen);
              target.value = "";
            }}
          />
          <Button small onClick={() => file.current?.click()}>
            {t("json.file")}
          </Button>
        </>
      )}
    </div>
  );
}
