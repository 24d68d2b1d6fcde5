// The definition of an agent, to be changed: each change makes a version.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas, version } from "@/api/client";
import { writeJson } from "@/api/exact";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Card } from "@/design/layout";
import { useToast } from "@/design/toast";
import { toText } from "./definition-text";
import { DefinitionEditor, useDraft } from "./editor";
import { definitionOf } from "./queries";
import { useWords } from "./words";

/** A change of an agent's definition that is under way. */
export function useEditing(agent: Schemas["Agent"]) {
  // What is written goes by the version from which it began, whatever is read meanwhile.
  const [base, setBase] = useState(agent);
  const [draft, setDraft] = useDraft(definitionOf(agent));
  const begin = (from: Schemas["Agent"]) => {
    setBase(from);
    const definition = definitionOf(from);
    setDraft(({ text }) => ({ definition, text: text === null ? null : toText(definition) }));
  };
  const changed = writeJson(draft.definition) !== writeJson(base.definition);
  return { base, draft, setDraft, begin, changed: changed || draft.fault !== undefined };
}

interface DefinitionProps {
  agent: Schemas["Agent"];
  editing: ReturnType<typeof useEditing>;
}

/** The view. */
export function DefinitionView({ agent, editing }: DefinitionProps) {
  const t = useWords();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const { base, draft, setDraft, changed } = editing;
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const begin = (from: Schemas["Agent"]) => {
    editing.begin(from);
    setError(null);
  };
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const next = await body(
        api.PUT("/api/v1/agents/{agent_id}", {
          params: { path: { agent_id: base.id }, header: { "If-Match": version(base) } },
          body: draft.definition as never,
        }),
      );
      client.setQueryData(["agents", next.id], next);
      begin(next);
      say(t("said.saved", { number: next.version }));
      await client.invalidateQueries({ queryKey: ["agents"] });
    } catch (failure) {
      setError(failure);
      // Somebody may have been faster: the page shows it.
      await client.invalidateQueries({ queryKey: ["agents", base.id] });
    } finally {
      setBusy(false);
    }
  };
  const writable = may("definition_write");
  return (
    <Card>
      {!writable && <p className="mb-4 text-sm text-soft">{t("edit.readOnly")}</p>}
      {agent.version > base.version && changed && (
        <div
          role="status"
          className="mb-4 flex flex-wrap items-center gap-3 rounded-md bg-wait-wash px-3 py-2 text-sm text-wait"
        >
          <span className="flex-1 basis-64">{t("edit.changed")}</span>
          <Confirm
            trigger={<Button small>{t("act.reload")}</Button>}
            title={t("act.reloadAsk")}
            action={t("act.reload")}
            onConfirm={async () => begin(agent)}
          >
            {t("act.reloadHint")}
          </Confirm>
        </div>
      )}
      <DefinitionEditor draft={draft} onChange={setDraft} error={error} readOnly={!writable} />
      {writable && (
        <div className="mt-5 flex justify-end border-t border-line pt-4">
          <Button
            look="primary"
            busy={busy}
            disabled={!changed || draft.fault !== undefined}
            onClick={() => void save()}
          >
            {t("act.save")}
          </Button>
        </div>
      )}
    </Card>
  );
}
