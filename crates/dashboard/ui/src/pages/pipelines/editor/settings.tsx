// The settings of a node: a field for each property of its type's schema.

import { Plus, X } from "lucide-react";
import { own } from "@/api/own";
import { Button, IconButton } from "@/design/button";
import { Field, Input, Select } from "@/design/field";
import { SchemaForm } from "@/design/schema-form";
import { useVocabulary } from "@/i18n/vocabulary";
import { CodeField } from "./expression/code-field";
import {
  choices,
  inOrder,
  isExpression,
  isLongText,
  isSimple,
  type RichSchema,
  rowsOf,
  variantsOf,
} from "./form-schema";
import { isNamed, NameField } from "./name-field";
import type { FaultAt } from "./node-form";
import { ValueField } from "./value-field";
import { useWords } from "./words";

interface SettingsProps {
  schema: RichSchema;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  /** Those of another kind take their place. */
  onKind: (value: Record<string, unknown>) => void;
  /** What is wrong with a property, or with what is at a pointer into it. */
  faultAt: FaultAt;
}

/** The fields. */
export function Settings({ schema, value, onChange, onKind, faultAt }: SettingsProps) {
  const t = useWords();
  const c = useVocabulary();
  const variants = variantsOf(schema);
  const shape = variants ? variants.of(value[variants.by]) : schema;
  const properties = inOrder(shape).filter(([name]) => name !== variants?.by);
  return (
    <div className="flex flex-col gap-3">
      {variants && (
        <Field
          label={t("node.kind")}
          hint={shape?.description}
          error={!shape && faultAt("kind")}
          required
        >
          <Select
            value={String(value[variants.by] ?? "")}
            onChange={({ target }) => onKind({ [variants.by]: target.value })}
          >
            {!shape && <option value="">{c("choose")}</option>}
            {variants.names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      )}
      {!variants && properties.length === 0 && (
        <p className="text-sm text-soft">{t("node.noSettings")}</p>
      )}
      {properties.map(([name, property]) => (
        <Setting
          // Another kind has other fields, though some are called the same.
          key={`${String(variants && value[variants.by])} ${name}`}
          name={name}
          schema={choices(property)}
          required={shape?.required?.includes(name) ?? false}
          value={value}
          onChange={onChange}
          faultAt={faultAt}
        />
      ))}
    </div>
  );
}

function Setting({
  name,
  schema,
  required,
  value,
  onChange,
  faultAt,
}: Omit<SettingsProps, "onKind"> & { name: string; required: boolean }) {
  const now = own(value, name);
  const set = (next: unknown) => {
    const { [name]: _, ...rest } = value;
    onChange(next === undefined ? rest : { ...value, [name]: next });
  };
  const field = {
    label: schema.title ?? name,
    hint: schema.description,
    required,
    error: faultAt(name),
  };
  if (isNamed(name) && (now == null || typeof now === "string")) {
    return <NameField {...field} kind={name} value={now ?? ""} onChange={set} />;
  }
  if (isLongText(schema) && (now == null || typeof now === "string")) {
    return (
      <CodeField
        {...field}
        language={isExpression(name) ? "expression" : "template"}
        value={now ?? ""}
        onChange={(text) => set(text === "" ? undefined : text)}
      />
    );
  }
  const rows = rowsOf(schema);
  if (rows && (now === undefined || (Array.isArray(now) && now.every(isRow)))) {
    return (
      <Rows {...field} shape={rows} rows={now ?? []} onChange={set} faultAt={faultAt} name={name} />
    );
  }
  if (!isSimple(schema)) {
    return <ValueField {...field} at={`config/${name}`} value={now} onChange={set} />;
  }
  return (
    <SchemaForm
      schema={{ properties: { [name]: schema }, required: required ? [name] : [] }}
      value={value}
      onChange={onChange}
      errorOf={faultAt}
    />
  );
}

type Row = Record<string, string>;

function isRow(value: unknown): value is Row {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((one) => typeof one === "string")
  );
}

interface RowsProps {
  name: string;
  label: string;
  hint: string | undefined;
  error: string | undefined;
  shape: RichSchema;
  rows: readonly Row[];
  onChange: (rows: Row[] | undefined) => void;
  faultAt: FaultAt;
}

/** A list of things that are all alike. */
function Rows({ name, label, hint, error, shape, rows, onChange, faultAt }: RowsProps) {
  const t = useWords();
  const properties = inOrder(shape);
  const change = (next: Row[]) => onChange(next.length === 0 ? undefined : next);
  const deeper = rows.some((_, at) => faultAt(`${name}/${at}`) !== undefined);
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      {hint && <p className="text-xs text-soft">{hint}</p>}
      {rows.map((row, at) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name than its place
          key={at}
          role="group"
          aria-label={`${label} ${at + 1}`}
          className="relative flex flex-col gap-2 rounded-md border border-line p-2 pr-9"
        >
          {properties.map(([property, { pattern, description }]) => {
            const field = {
              label: property,
              error: faultAt(`${name}/${at}/${property}`),
              required: shape.required?.includes(property) ?? false,
            };
            const set = (text: string) =>
              change(rows.map((one, place) => (place === at ? { ...one, [property]: text } : one)));
            return pattern !== undefined || !isExpression(property) ? (
              <Field key={property} {...field}>
                <Input
                  value={row[property] ?? ""}
                  title={description}
                  spellCheck={false}
                  onChange={({ target }) => set(target.value)}
                />
              </Field>
            ) : (
              <CodeField
                key={property}
                {...field}
                language="expression"
                value={row[property] ?? ""}
                onChange={set}
              />
            );
          })}
          <IconButton
            label={t("rows.remove", { name: `${label} ${at + 1}` })}
            className="absolute top-1 right-1"
            onClick={() => change(rows.filter((_, place) => place !== at))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      {error && !deeper && (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
      <Button
        small
        icon={<Plus />}
        className="self-start"
        onClick={() =>
          change([...rows, Object.fromEntries(properties.map(([property]) => [property, ""]))])
        }
      >
        {t("rows.add", { name: label })}
      </Button>
    </fieldset>
  );
}
