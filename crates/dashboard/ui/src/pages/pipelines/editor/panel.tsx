// The form beside the canvas: of the selected node, of the selected edge, or of the pipeline itself.

import { type Dispatch, useCallback, useMemo } from "react";
import type { Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Field, Input, Select, TextArea } from "@/design/field";
import { type Definition, labelOf } from "../definition";
import type { Action, Document, Selection } from "./document";
import { InScope } from "./expression/past";
import type { PastRun } from "./expression/scope";
import { edgeLabels, type FaultAt, NodeForm } from "./node-form";
import { type FieldPlace, UnreadTexts } from "./unread";
import { ValueField } from "./value-field";
import { useWords } from "./words";

interface PanelProps {
  doc: Document;
  selection: Selection;
  past: PastRun | null;
  types: readonly Schemas["NodeType"][];
  faults: readonly Schemas["FieldError"][];
  dispatch: Dispatch<Action>;
  readOnly: boolean;
  /** The field that is to get the focus, and what is told when it has it. */
  goal: FieldPlace | null;
  onGoal: () => void;
}

/** The form. */
export function Panel({
  doc,
  selection,
  past,
  types,
  faults,
  dispatch,
  readOnly,
  goal,
  onGoal,
}: PanelProps) {
  const t = useWords();
  const { definition, stamp } = doc;
  const placed = useMemo(() => faults.map(placedFault), [faults]);
  const faultAt = useCallback<FaultAt>(
    (pointer) =>
      placed.find((fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`))
        ?.message,
    [placed],
  );
  const count = selection.nodes.length + selection.edges.length;
  const node =
    count === 1 ? definition.nodes.find(({ id }) => id === selection.nodes[0]) : undefined;
  const at = count === 1 ? selection.edges[0] : undefined;
  const isEdge = at !== undefined && definition.edges[at] !== undefined;
  const title = node
    ? t("panel.node", { type: node.type })
    : isEdge
      ? t("panel.edge")
      : count > 1
        ? t("panel.many", { count })
        : t("panel.pipeline");
  const scope = useMemo(
    () => ({ definition, node: node ?? null, past, readOnly }),
    [definition, node, past, readOnly],
  );
  return (
    <InScope value={scope}>
      <UnreadTexts
        node={node?.id ?? null}
        texts={doc.unread}
        dispatch={dispatch}
        goal={goal}
        onGoal={onGoal}
      >
        <fieldset disabled={readOnly} className="min-w-0 md:p-4" aria-label={t("panel")}>
          <h2 className="mb-3 text-base font-semibold">{title}</h2>
          {readOnly && <p className="mb-3 text-xs text-soft">{t("viewOnly")}</p>}
          {node ? (
            <NodeForm
              key={`${node.id} ${stamp}`}
              definition={definition}
              node={node}
              type={types.find(({ name }) => name === node.type)}
              faultAt={faultAt}
              faultsOf={(pointer) =>
                placed.filter((fault) => fault.pointer === pointer).map(({ message }) => message)
              }
              dispatch={dispatch}
            />
          ) : isEdge ? (
            <EdgeForm
              definition={definition}
              at={at}
              types={types}
              fault={faultAt(`/edges/${at}`)}
              dispatch={dispatch}
            />
          ) : (
            count === 0 && (
              <PipelineForm
                key={stamp}
                definition={definition}
                faultAt={faultAt}
                dispatch={dispatch}
                readOnly={readOnly}
              />
            )
          )}
        </fieldset>
      </UnreadTexts>
    </InScope>
  );
}

/** A fault where its field is: what is missing is told of where it would be. */
function placedFault(fault: Schemas["FieldError"]): Schemas["FieldError"] {
  const missing = fault.code === "missing_key" && /^`(\w+)` is missing/.exec(fault.message)?.[1];
  return missing ? { ...fault, pointer: `${fault.pointer}/${missing}` } : fault;
}

function EdgeForm({
  definition,
  at,
  types,
  fault,
  dispatch,
}: {
  definition: Definition;
  at: number;
  types: PanelProps["types"];
  fault: string | undefined;
  dispatch: Dispatch<Action>;
}) {
  const t = useWords();
  const edge = definition.edges[at];
  const from = definition.nodes.find(({ id }) => id === edge?.from);
  if (!edge) return null;
  const label = labelOf(edge);
  const labels = from
    ? edgeLabels(
        from,
        types.find(({ name }) => name === from.type),
      )
    : [""];
  return (
    <div className="flex flex-col gap-3">
      <p className="font-mono text-xs break-words">
        {edge.from} → {edge.to}
      </p>
      <Field label={t("edge.when")} error={fault} required>
        <Select
          value={label}
          onChange={({ target }) => dispatch({ do: "label", edge: at, when: target.value })}
        >
          {[...new Set([...labels, label])].map((one) => (
            <option key={one} value={one}>
              {one || t("edge.always")}
            </option>
          ))}
        </Select>
      </Field>
      <Button
        look="danger"
        className="self-start"
        onClick={() => dispatch({ do: "remove", selection: { nodes: [], edges: [at] } })}
      >
        {t("edge.remove")}
      </Button>
    </div>
  );
}

/** What a definition has beside nodes and edges. */
const PARTS = ["inputs", "vars", "agents", "outputs", "limits"] as const;

function PipelineForm({
  definition,
  faultAt,
  dispatch,
  readOnly,
}: {
  definition: Definition;
  faultAt: FaultAt;
  dispatch: Dispatch<Action>;
  readOnly: boolean;
}) {
  const t = useWords();
  const { name, description } = definition;
  return (
    <div className="flex flex-col gap-4">
      {!readOnly && <p className="text-xs text-soft">{t("panel.hint")}</p>}
      <Field label={t("field.name")} hint={t("field.nameHint")} error={faultAt("/name")} required>
        <Input
          value={name ?? ""}
          onChange={({ target }) => dispatch({ do: "set", field: "name", value: target.value })}
        />
      </Field>
      <Field label={t("field.description")} error={faultAt("/description")}>
        <TextArea
          value={typeof description === "string" ? description : ""}
          onChange={({ target }) =>
            dispatch({ do: "set", field: "description", value: target.value || undefined })
          }
        />
      </Field>
      {PARTS.map((part) => (
        <ValueField
          key={part}
          at={part}
          label={t(`field.${part}`)}
          hint={t(`field.${part}Hint`)}
          error={faultAt(`/${part}`)}
          value={definition[part]}
          onChange={(value) => dispatch({ do: "set", field: part, value })}
        />
      ))}
    </div>
  );
}
