// The main members of a definition as a form. What it does not show stays as it is.

import type { ReactNode } from "react";
import { useId, useState } from "react";
import type { Problem } from "@/api/client";
import { Field, Input, Select, TextArea } from "@/design/field";
import { NumberInput } from "@/design/number-input";
import { JsonField } from "@/design/schema-form";
import { type Definition, useModelNames } from "./queries";
import { ToolChoice } from "./tool-choice";
import { useWords } from "./words";

interface FormProps {
  definition: Definition;
  onChange: (definition: Definition) => void;
  problem: Problem | null;
}

/** `of` with another value of a member; without it if there is none. */
function withMember(of: Definition, name: string, value: unknown): Definition {
  const { [name]: _, ...rest } = of;
  // A member keeps its place, so that the text of the definition does.
  if (value === undefined) return rest;
  return name in of ? { ...of, [name]: value } : { ...rest, [name]: value };
}

function asText(value: unknown): string {
  return ["string", "number", "bigint"].includes(typeof value) ? String(value) : "";
}

/** The form. */
export function DefinitionForm({ definition, onChange, problem }: FormProps) {
  const t = useWords();
  const models = useModelNames(asText(definition.model));
  const modelsId = useId();
  const set = (name: string, value: unknown) => onChange(withMember(definition, name, value));
  const faultOf = (name: string) => problem?.at(`/${name}`)?.message;
  const limits = (definition.limits ?? {}) as Definition;
  const setLimit = (name: string, value: unknown) => {
    const next = withMember(limits, name, value);
    set("limits", Object.keys(next).length === 0 ? undefined : next);
  };
  const fallbacks = Array.isArray(definition.fallbacks) ? definition.fallbacks : [];
  return (
    <div className="flex flex-col gap-6">
      <Part title={t("edit.about")}>
        <Field label={t("field.name")} hint={t("field.nameHint")} required error={faultOf("name")}>
          <Input
            value={asText(definition.name)}
            onChange={({ target }) => set("name", target.value)}
          />
        </Field>
        <Field label={t("field.persona")} hint={t("field.personaHint")} error={faultOf("persona")}>
          <TextArea
            rows={3}
            value={asText(definition.persona)}
            onChange={({ target }) => set("persona", target.value || undefined)}
          />
        </Field>
        <Field
          label={t("field.instructions")}
          hint={t("field.instructionsHint")}
          error={faultOf("instructions")}
        >
          <TextArea
            rows={8}
            value={asText(definition.instructions)}
            onChange={({ target }) => set("instructions", target.value || undefined)}
          />
        </Field>
      </Part>
      <Part title={t("edit.with")}>
        <Field
          label={t("field.model")}
          hint={t("field.modelHint")}
          required
          error={faultOf("model")}
        >
          <Input
            list={modelsId}
            autoComplete="off"
            value={asText(definition.model)}
            onChange={({ target }) => set("model", target.value)}
          />
        </Field>
        <datalist id={modelsId}>
          {models.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Field
          label={t("field.fallbacks")}
          hint={t("field.fallbacksHint")}
          error={faultOf("fallbacks")}
        >
          <Lines
            value={fallbacks.map(asText)}
            onChange={(lines) => set("fallbacks", lines.length === 0 ? undefined : lines)}
          />
        </Field>
        <div className="grid gap-4 sm:grid-cols-3">
          <NumberField
            label={t("field.temperature")}
            hint={t("field.temperatureHint")}
            step="any"
            value={definition.temperature}
            onChange={(value) => set("temperature", value)}
            error={faultOf("temperature")}
          />
          <NumberField
            label={t("field.max_output_tokens")}
            value={definition.max_output_tokens}
            onChange={(value) => set("max_output_tokens", value)}
            error={faultOf("max_output_tokens")}
          />
          <NumberField
            label={t("field.context_tokens")}
            hint={t("field.context_tokensHint")}
            value={definition.context_tokens}
            onChange={(value) => set("context_tokens", value)}
            error={faultOf("context_tokens")}
          />
        </div>
      </Part>
      <Part title={t("edit.tools")}>
        <ToolChoice
          value={Array.isArray(definition.tools) ? definition.tools : []}
          onChange={(tools) => set("tools", tools.length === 0 ? undefined : tools)}
          error={faultOf("tools")}
        />
      </Part>
      <Part title={t("edit.answer")}>
        <JsonField
          label={t("field.output_schema")}
          hint={t("field.output_schemaHint")}
          rows={6}
          required={false}
          value={definition.output_schema}
          onChange={(value) => set("output_schema", value)}
          error={faultOf("output_schema")}
        />
      </Part>
      <Part title={t("edit.limits")}>
        <div className="grid gap-4 sm:grid-cols-3">
          {(["turns", "tool_calls", "tokens", "cost", "concurrent_turns"] as const).map((name) => (
            <NumberField
              key={name}
              label={t(`field.${name}`)}
              step={name === "cost" ? "any" : 1}
              value={limits[name]}
              onChange={(value) => setLimit(name, value)}
              error={faultOf(`limits/${name}`)}
            />
          ))}
          <Field
            label={t("field.timeout")}
            hint={t("field.timeoutHint")}
            error={faultOf("limits/timeout")}
          >
            <Input
              value={asText(limits.timeout)}
              onChange={({ target }) => setLimit("timeout", target.value || undefined)}
            />
          </Field>
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <ChoiceField
            label={t("field.on_limit")}
            choices={["report", "fail"]}
            value={definition.on_limit}
            onChange={(value) => set("on_limit", value)}
            error={faultOf("on_limit")}
          />
          <ChoiceField
            label={t("field.busy")}
            choices={["queue", "reject", "interrupt"]}
            value={definition.busy}
            onChange={(value) => set("busy", value)}
            error={faultOf("busy")}
          />
        </div>
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-4">
      <h2 className="border-b border-line pb-1 text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}

/** Texts, one on each line. Lines without any are none. */
function Lines({ value, onChange }: { value: string[]; onChange: (lines: string[]) => void }) {
  const [written, setWritten] = useState(value.join("\n"));
  const linesOf = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const joined = value.join("\n");
  return (
    <TextArea
      rows={2}
      spellCheck={false}
      value={linesOf(written).join("\n") === joined ? written : joined}
      onChange={({ target }) => {
        setWritten(target.value);
        onChange(linesOf(target.value));
      }}
    />
  );
}

interface MemberProps<T> {
  label: string;
  hint?: string;
  error: string | undefined;
  value: unknown;
  onChange: (value: T | undefined) => void;
}

function NumberField({
  step = 1,
  value,
  onChange,
  ...field
}: MemberProps<number | bigint> & { step?: number | "any" }) {
  return (
    <Field {...field}>
      <NumberInput min={0} step={step} value={value} onChange={onChange} />
    </Field>
  );
}

type Choice = "report" | "fail" | "queue" | "reject" | "interrupt";

function ChoiceField({
  choices,
  value,
  onChange,
  ...field
}: MemberProps<Choice> & { choices: Choice[] }) {
  const t = useWords();
  return (
    <Field {...field}>
      <Select
        value={choices.find((one) => one === value) ?? ""}
        onChange={({ target }) => onChange(choices.find((one) => one === target.value))}
      >
        <option value="">{t("choice.default")}</option>
        {choices.map((one) => (
          <option key={one} value={one}>
            {t(`choice.${one}`)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
