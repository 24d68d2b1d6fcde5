// The form of the selected node: its names, its settings from the schema of its type, and where it leads.

import { X } from "lucide-react";
import { type Dispatch, type ReactNode, useState } from "react";
import type { Schemas } from "@/api/client";
import { Button, IconButton } from "@/design/button";
import { Field, Input, Select } from "@/design/field";
import { type Schema, SchemaForm } from "@/design/schema-form";
import { useVocabulary } from "@/i18n/vocabulary";
import { type Definition, labelOf, type NodeDefinition } from "../definition";
import { targetsOf } from "./connections";
import type { Action } from "./document";
import type { RichSchema } from "./form-schema";
import { casesOf } from "./layout";
import { idFault } from "./node-ids";
import { Settings } from "./settings";
import { useUnread } from "./unread";
import { ValueField } from "./value-field";
import { useWords } from "./words";

/** Tells what is wrong with the value at a JSON pointer. */
export type FaultAt = (pointer: string) => string | undefined;

interface NodeFormProps {
  definition: Definition;
  node: NodeDefinition;
  type: Schemas["NodeType"] | undefined;
  faultAt: FaultAt;
  /** What is wrong with exactly that place. */
  faultsOf: (pointer: string) => string[];
  dispatch: Dispatch<Action>;
}

/** The labels that edges from a node may have. */
export function edgeLabels(node: NodeDefinition, type: Schemas["NodeType"] | undefined): string[] {
  const error = type?.fields.includes("on_error") ? ["error"] : [];
  return ["", ...casesOf(node), ...(type?.labels ?? []), ...error];
}

/** The form. */
export function NodeForm({ definition, node, type, faultAt, faultsOf, dispatch }: NodeFormProps) {
  const t = useWords();
  const at = `/nodes/${definition.nodes.indexOf(node)}`;
  const change = (field: string, value: unknown) =>
    dispatch({ do: "change", id: node.id, field, value });
  const here = [at, `${at}/id`, `${at}/type`, `${at}/config`].flatMap((place) => faultsOf(place));
  return (
    <div className="flex flex-col gap-4">
      <NodeId definition={definition} node={node} dispatch={dispatch} />
      <Field label={t("node.name")} error={faultAt(`${at}/name`)}>
        <Input
          value={node.name ?? ""}
          onChange={({ target }) => change("name", target.value || undefined)}
        />
      </Field>
      {type === undefined ? (
        <p className="text-sm text-bad">{t("node.unknown", { type: node.type })}</p>
      ) : (
        <>
          <p className="text-xs text-soft">{type.summary}</p>
          <Group title={t("node.settings")}>
            <Settings
              schema={type.config_schema as RichSchema}
              value={node.config ?? {}}
              onChange={(config) => change("config", config)}
              onKind={(value) =>
                dispatch({ do: "change", id: node.id, field: "config", value, fresh: true })
              }
              faultAt={(name) => faultAt(`${at}/config/${name}`)}
            />
            {type.fields.includes("input") && (
              <div className="mt-3">
                <InputField
                  node={node}
                  change={change}
                  faultAt={(name) => faultAt(`${at}/${name}`)}
                />
              </div>
            )}
          </Group>
          {type.fields.length > 0 && (
            <Group title={t("node.around")}>
              <Around
                type={type}
                node={node}
                change={change}
                faultAt={(name) => faultAt(`${at}/${name}`)}
              />
            </Group>
          )}
        </>
      )}
      <Group title={t("node.leads")}>
        <Leads definition={definition} node={node} type={type} dispatch={dispatch} />
      </Group>
      {/* At the end, where it moves no field that is being written into. */}
      {here.length > 0 && (
        <ul className="flex flex-col gap-1 text-xs text-bad" aria-label={t("faults.title")}>
          {here.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-3">
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function NodeId({
  definition,
  node,
  dispatch,
}: Pick<NodeFormProps, "definition" | "node" | "dispatch">) {
  const t = useWords();
  const unread = useUnread("id");
  const [id, setId] = useState(unread.text ?? node.id);
  const fault = idFault(definition, node.id, id);
  const rename = () => {
    if (fault === null) dispatch({ do: "rename", id: node.id, to: id });
  };
  return (
    <div ref={unread.place}>
      <Field
        label={t("node.id")}
        hint={t("node.idHint", { id: node.id })}
        error={fault && t(fault === "taken" ? "node.idTaken" : "node.idForm")}
        required
      >
        <Input
          className="font-mono"
          spellCheck={false}
          value={id}
          onChange={({ target: { value } }) => {
            setId(value);
            unread.report(idFault(definition, node.id, value) === null ? null : value);
          }}
          onBlur={rename}
          onKeyDown={({ key }) => key === "Enter" && rename()}
        />
      </Field>
    </div>
  );
}

interface AroundProps {
  type: Schemas["NodeType"];
  node: NodeDefinition;
  change: (field: string, value: unknown) => void;
  faultAt: FaultAt;
}

/** What its work is given. */
function InputField({ node, change, faultAt }: Omit<AroundProps, "type">) {
  const t = useWords();
  return (
    <ValueField
      label="input"
      at="input"
      hint={t("hint.input")}
      error={faultAt("input")}
      value={node.input}
      onChange={(value) => change("input", value)}
    />
  );
}

const FIELDS = ["timeout", "cost", "on_error", "join"] as const;

function Around({ type, node, change, faultAt }: AroundProps) {
  const t = useWords();
  const shapes: Record<(typeof FIELDS)[number], Schema> = {
    timeout: { type: "string" },
    cost: { type: "number" },
    on_error: { enum: ["fail", "continue", "route"], type: "string", default: "fail" },
    join: { type: "string" },
  };
  const properties = Object.fromEntries(
    FIELDS.filter((field) => type.fields.includes(field)).map((field) => [
      field,
      { ...shapes[field], description: t(`hint.${field}`) },
    ]),
  );
  return (
    <div className="flex flex-col gap-3">
      <SchemaForm
        schema={{ properties }}
        value={node}
        onChange={(next) => {
          for (const field of Object.keys(properties)) {
            if (next[field] !== node[field]) change(field, next[field]);
          }
        }}
        errorOf={faultAt}
      />
      {type.fields.includes("retry") && (
        <ValueField
          label="retry"
          at="retry"
          hint={t("hint.retry")}
          error={faultAt("retry")}
          value={node.retry}
          onChange={(value) => change("retry", value)}
        />
      )}
    </div>
  );
}

function Leads({ definition, node, type, dispatch }: Omit<NodeFormProps, "faultAt" | "faultsOf">) {
  const t = useWords();
  const c = useVocabulary();
  const labels = edgeLabels(node, type);
  const [to, setTo] = useState("");
  const [when, setWhen] = useState("");
  const out = definition.edges.flatMap((edge, index) =>
    edge.from === node.id ? [{ edge, index }] : [],
  );
  const open = targetsOf(definition, node.id, when);
  const targets = definition.nodes.filter(({ id }) => open.has(id));
  const target = targets.some(({ id }) => id === to) ? to : "";
  return (
    <div className="flex flex-col gap-3">
      {out.length === 0 && <p className="text-sm text-soft">{t("node.leadsNone")}</p>}
      <ul className="flex flex-col gap-1">
        {out.map(({ edge, index }) => (
          <li key={index} className="flex items-center gap-2 text-sm">
            <button
              type="button"
              className="min-w-0 flex-1 truncate text-left text-accent hover:underline"
              onClick={() => dispatch({ do: "show", selection: { nodes: [], edges: [index] } })}
            >
              {edge.to}
              <span className="ml-2 text-soft">{labelOf(edge) || t("edge.always")}</span>
            </button>
            <IconButton
              label={t("edge.remove")}
              onClick={() => dispatch({ do: "remove", selection: { nodes: [], edges: [index] } })}
            >
              <X />
            </IconButton>
          </li>
        ))}
      </ul>
      <Field label={t("node.connect")}>
        <Select value={target} onChange={({ target }) => setTo(target.value)}>
          <option value="">{c("choose")}</option>
          {targets.map(({ id, name }) => (
            <option key={id} value={id}>
              {name ? `${name} (${id})` : id}
            </option>
          ))}
        </Select>
      </Field>
      {labels.length > 1 && (
        <Field label={t("node.connectWhen")}>
          <Select value={when} onChange={({ target }) => setWhen(target.value)}>
            {labels.map((label) => (
              <option key={label} value={label}>
                {label || t("edge.always")}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Button
        small
        className="self-start"
        disabled={target === ""}
        onClick={() => dispatch({ do: "connect", from: node.id, to: target, when })}
      >
        {c("action.add")}
      </Button>
    </div>
  );
}
