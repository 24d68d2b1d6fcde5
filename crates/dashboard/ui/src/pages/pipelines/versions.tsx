// The versions of a pipeline: what changed between two of them, and the way back to one.

import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { DiffText } from "@/design/diff-text";
import { Field, Select } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { useToast } from "@/design/toast";
import { moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { givenDefinition } from "./definition";
import { freshText } from "./editor/yaml-edit";
import { replacePipeline, useVersions } from "./queries";
import { useWords } from "./words";

type Version = Schemas["PipelineVersion"];

/** The newest two are compared, until others are chosen. */
export function Versions({ pipeline }: { pipeline: Schemas["Pipeline"] }) {
  const t = useWords();
  const c = useVocabulary();
  const versions = useVersions(pipeline.id);
  const [fromId, setFromId] = useState<string | null>(null);
  const [toId, setToId] = useState<string | null>(null);
  const { items } = versions;
  const to = items.find(({ id }) => id === toId) ?? items[0];
  const from = items.find(({ id }) => id === fromId) ?? items[1] ?? to;
  const choose = (label: string, chosen: Version, onChoose: (id: string) => void) => (
    <Field label={label} required className="flex-1 basis-56">
      <Select value={chosen.id} onChange={({ target }) => onChoose(target.value)}>
        {items.map((one) => (
          <option key={one.id} value={one.id}>
            {t("versions.number", { number: one.number })} · {moment(one.created_at)}
            {one.id === pipeline.version_id && ` · ${t("versions.present")}`}
          </option>
        ))}
      </Select>
    </Field>
  );
  return (
    <Card title={t("versions")} flush>
      {versions.error && (
        <Failure error={versions.error} onRetry={versions.retry} className="m-4" />
      )}
      {versions.isPending && !versions.error && <Loading className="px-4" />}
      {from && to && (
        <>
          <div className="flex flex-wrap items-end gap-4 border-b border-line px-4 py-3">
            {choose(t("versions.from"), from, setFromId)}
            {choose(t("versions.to"), to, setToId)}
            {versions.hasMore && (
              <Button busy={versions.isFetching} onClick={versions.more}>
                {c("action.more")}
              </Button>
            )}
          </div>
          <Comparison from={from} to={to} only={items.length === 1} />
          <div className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-2 empty:hidden">
            {[from, to]
              .filter((one, at, all) => one.id !== pipeline.version_id && all.indexOf(one) === at)
              .map((one) => (
                <Restore key={one.id} pipeline={pipeline} version={one} />
              ))}
          </div>
        </>
      )}
    </Card>
  );
}

function Comparison({ from, to, only }: { from: Version; to: Version; only: boolean }) {
  const t = useWords();
  const [before, after] = useMemo(
    () => [freshText(from.definition), freshText(to.definition)],
    [from, to],
  );
  return (
    <DiffText
      from={before}
      to={after}
      label={t("versions.diff", { from: from.number, to: to.number })}
      same={only ? t("versions.one") : t("versions.same")}
    />
  );
}

function Restore({ pipeline, version }: { pipeline: Schemas["Pipeline"]; version: Version }) {
  const t = useWords();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  if (!may("definition_write")) return null;
  const label = t("versions.restore", { number: version.number });
  const restore = async () => {
    await replacePipeline(pipeline, givenDefinition(version.definition));
    say(t("said.restored"));
    await client.invalidateQueries({ queryKey: ["pipelines"] });
  };
  return (
    <Confirm
      trigger={<Button>{label}</Button>}
      title={t("versions.restoreAsk", { number: version.number })}
      action={label}
      danger={false}
      onConfirm={restore}
    >
      {t("versions.restoreHint")}
    </Confirm>
  );
}
