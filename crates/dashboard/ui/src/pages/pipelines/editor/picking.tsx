// Adding, connecting and finding nodes without a mouse: the keys of the canvas, and the lists they open.

import {
  type Dispatch,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Schemas } from "@/api/client";
import { type Definition, labelOf, type NodeDefinition } from "../definition";
import type { LabelsOf } from "./canvas";
import { targetsOf } from "./connections";
import type { Action, Document } from "./document";
import { type CanvasKeys, KeyList } from "./keys";
import { portsOf, usedLabels } from "./layout";
import { TypeIcon } from "./node-card";
import { edgeLabels } from "./node-form";
import { type Choice, Picker } from "./picker";
import { useReveal } from "./reveal";
import { useWords } from "./words";

type Picking =
  | { what: "type"; after: string | null }
  | { what: "node" }
  | { what: "outcome"; from: string }
  | { what: "target"; from: string; when: string }
  | { what: "keys" };

/** The outcome at which what is added after a node follows it: the first that leads nowhere yet. */
export function openOutcome(definition: Definition, id: string, labels: LabelsOf): string {
  const node = definition.nodes.find((one) => one.id === id);
  if (!node) return "";
  const ports = portsOf(node, labels(node.type), usedLabels(definition).get(id));
  const taken = new Set(definition.edges.filter(({ from }) => from === id).map(labelOf));
  return ports.find((port) => !taken.has(port)) ?? "";
}

interface PickingProps {
  doc: Document;
  dispatch: Dispatch<Action>;
  types: readonly Schemas["NodeType"][];
  labels: LabelsOf;
  readOnly: boolean;
  onEdit: () => void;
}

/** The keys of the canvas, and the window that they have opened. */
export function usePicking({ doc, dispatch, types, labels, readOnly, onEdit }: PickingProps) {
  const t = useWords();
  const reveal = useReveal();
  const [picking, setPicking] = useState<Picking | null>(null);
  const [said, setSaid] = useState("");
  const { definition } = doc;
  const current = useRef({ definition, onEdit });
  current.current = { definition, onEdit };

  const add = useCallback(
    (type: string, after: string | null, focus: boolean) => {
      const { definition } = current.current;
      const when = after === null ? "" : openOutcome(definition, after, labels);
      dispatch({ do: "add", type, when, ...(after !== null && { after }) });
      setSaid(t("said.added", { type }));
      revealNew.current = focus;
    },
    [dispatch, labels, t],
  );
  // The id of what was added is known once the document has it: it is selected then.
  const revealNew = useRef<boolean | null>(null);
  const [selected] = doc.selection.nodes;
  useEffect(() => {
    if (revealNew.current === null || selected === undefined) return;
    reveal(selected, revealNew.current);
    revealNew.current = null;
  }, [selected, reveal]);

  const beginEdge = useCallback(
    (from: string, when: string) => setPicking({ what: "target", from, when }),
    [],
  );
  const keys = useMemo<Pick<CanvasKeys, "add" | "connect" | "find" | "edit" | "help">>(
    () => ({
      add: (after) => !readOnly && setPicking({ what: "type", after }),
      connect(from) {
        const node = current.current.definition.nodes.find(({ id }) => id === from);
        if (readOnly || !node) return;
        const several = outcomesOf(node, types).length > 1;
        setPicking(several ? { what: "outcome", from } : { what: "target", from, when: "" });
      },
      find: () => setPicking({ what: "node" }),
      edit(node) {
        dispatch({ do: "show", selection: { nodes: [node], edges: [] } });
        setTimeout(() => current.current.onEdit());
      },
      help: () => setPicking({ what: "keys" }),
    }),
    [dispatch, readOnly, types],
  );

  const close = () => setPicking(null);
  const choose = (value: string) => {
    close();
    if (picking?.what === "type") add(value, picking.after, true);
    else if (picking?.what === "outcome")
      setPicking({ what: "target", from: picking.from, when: value });
    else if (picking?.what === "node") {
      dispatch({ do: "show", selection: { nodes: [value], edges: [] } });
      reveal(value, true, true);
    } else if (picking?.what === "target") {
      dispatch({ do: "connect", from: picking.from, to: value, when: picking.when });
      setSaid(t("said.connected", { from: picking.from, to: value }));
      reveal(picking.from, true);
    }
  };
  let shown: ReactNode = null;
  if (picking?.what === "keys") shown = <KeyList onClose={close} readOnly={readOnly} />;
  else if (picking !== null) {
    const { title, choices } = offered(picking, definition, types, t);
    shown = (
      <Picker
        key={picking.what}
        title={title}
        choices={choices}
        onChoose={choose}
        onClose={close}
      />
    );
  }
  const element = (
    <>
      {shown}
      <p role="status" className="sr-only">
        {said}
      </p>
    </>
  );
  return { keys, beginEdge, add, element };
}

function outcomesOf(node: NodeDefinition, types: readonly Schemas["NodeType"][]): string[] {
  return edgeLabels(
    node,
    types.find(({ name }) => name === node.type),
  );
}

function offered(
  picking: Exclude<Picking, { what: "keys" }>,
  definition: Definition,
  types: readonly Schemas["NodeType"][],
  t: ReturnType<typeof useWords>,
): { title: string; choices: Choice[] } {
  const asChoice = ({ id, type, name }: NodeDefinition): Choice => ({
    value: id,
    name: id,
    note: name ? `${type} · ${name}` : type,
    icon: <TypeIcon type={type} className="text-accent" />,
  });
  switch (picking.what) {
    case "type":
      return {
        title: picking.after ? t("pick.typeAfter", { id: picking.after }) : t("palette"),
        choices: types.map(({ name, summary }) => ({
          value: name,
          name,
          note: summary,
          icon: <TypeIcon type={name} className="text-accent" />,
        })),
      };
    case "node":
      return { title: t("pick.node"), choices: definition.nodes.map(asChoice) };
    case "outcome": {
      const node = definition.nodes.find(({ id }) => id === picking.from);
      return {
        title: t("pick.outcome", { id: picking.from }),
        choices: (node ? outcomesOf(node, types) : []).map((when) => ({
          value: when,
          name: when || t("edge.always"),
        })),
      };
    }
    case "target": {
      const open = targetsOf(definition, picking.from, picking.when);
      return {
        title: picking.when
          ? t("pick.targetWhen", { id: picking.from, when: picking.when })
          : t("pick.target", { id: picking.from }),
        choices: definition.nodes.filter(({ id }) => open.has(id)).map(asChoice),
      };
    }
  }
}
