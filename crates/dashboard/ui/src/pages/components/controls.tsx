// Buttons, fields and the form that a schema makes.

import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, buttonClass, IconButton } from "@/design/button";
import { Checkbox, Field, Input, Select, Switch, TextArea } from "@/design/field";
import { SchemaForm } from "@/design/schema-form";
import { useWords } from "./words";

const LOOKS = ["primary", "plain", "quiet", "danger"] as const;

/** Buttons. */
export function Buttons() {
  const t = useWords();
  const [busy, setBusy] = useState(false);
  return (
    <div className="flex flex-col gap-3">
      {LOOKS.map((look) => (
        <div key={look} className="flex flex-wrap items-center gap-2">
          <Button look={look}>{t(look)}</Button>
          <Button look={look} icon={<Plus />}>
            {t("withIcon")}
          </Button>
          <Button look={look} disabled>
            {t("disabled")}
          </Button>
          <Button look={look} busy>
            {t("busy")}
          </Button>
          <Button look={look} small>
            {t("small")}
          </Button>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-2">
        <a href="#content" className={buttonClass()}>
          {t("link")}
        </a>
        <Button busy={busy} onClick={() => setBusy(true)}>
          {t("toggle")}
        </Button>
        <IconButton label={t("archive")}>
          <Trash2 />
        </IconButton>
        <IconButton label={t("disabled")} disabled>
          <Trash2 />
        </IconButton>
        <Button>{t("long")}</Button>
      </div>
    </div>
  );
}

/** Fields. */
export function Fields() {
  const t = useWords();
  const [checked, setChecked] = useState(true);
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
      <Field label={t("name")} hint={t("nameHint")} required>
        <Input placeholder={t("placeholder")} />
      </Field>
      <Field label={t("name")} hint={t("nameHint")} error={t("wrong")} required>
        <Input defaultValue={t("long")} />
      </Field>
      <Field label={t("disabled")}>
        <Input disabled defaultValue={t("long")} />
      </Field>
      <Field label={t("choice")}>
        <Select defaultValue="long">
          <option>{t("one")}</option>
          <option>{t("two")}</option>
          <option value="long">{t("long")}</option>
        </Select>
      </Field>
      <Field label={t("choice")} error={t("wrong")}>
        <Select>
          <option>{t("one")}</option>
        </Select>
      </Field>
      <Field label={t("disabled")}>
        <Select disabled>
          <option>{t("one")}</option>
        </Select>
      </Field>
      <Field label={t("text")} error={t("wrong")}>
        <TextArea rows={2} />
      </Field>
      <Field label={t("readOnly")}>
        <TextArea rows={2} readOnly defaultValue={t("long")} />
      </Field>
      <div className="flex flex-col gap-3">
        <Checkbox
          checked={checked}
          onChange={setChecked}
          label={t("agree")}
          hint={t("agreeHint")}
        />
        <Checkbox checked onChange={() => {}} label={t("disabled")} disabled />
        <Switch checked={checked} onChange={setChecked} label={t("notify")} hint={t("agreeHint")} />
        <Switch checked={false} onChange={() => {}} label={t("disabled")} disabled />
      </div>
    </div>
  );
}

/** A form of each kind of property. */
export function FromSchema() {
  const t = useWords();
  const [value, setValue] = useState<Record<string, unknown>>({ count: 3 });
  return (
    <div className="max-w-lg">
      <SchemaForm
        schema={{
          required: ["name", "kind"],
          properties: {
            name: { type: "string", title: t("name"), description: t("nameHint") },
            lines: { type: "string", title: t("area"), maxLength: 4000 },
            kind: { enum: [t("one"), t("two")], title: t("choice") },
            count: { type: "integer", title: t("count") },
            flag: { type: "boolean", title: t("flag"), description: t("agreeHint") },
            list: { type: "array", title: t("list") },
          },
        }}
        value={value}
        onChange={setValue}
        errorOf={(name) => (name === "count" ? t("wrong") : undefined)}
      />
    </div>
  );
}
