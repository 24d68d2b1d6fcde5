// The versions of a pipeline: each to read, and to go back to.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { stringify } from "yaml";
import type { Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Card } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { givenDefinition } from "./definition";
import { replacePipeline, useVersions } from "./queries";
import { useWords } from "./words";

/** The list of them. */
export function Versions({ pipeline }: { pipeline: Schemas["Pipeline"] }) {
  const t = useWords();
  const c = useVocabulary();
  const versions = useVersions(pipeline.id);
  return (
    <Card title={t("versions")} flush>
      {versions.error && <Failure error={versions.error} className="m-4" />}
      {versions.isPending && !versions.error && <Loading className="px-4" />}
      <ul className="divide-y divide-line">
        {versions.items.map((version) => (
          <Version key={version.id} pipeline={pipeline} version={version} />
        ))}
      </ul>
      {versions.hasMore && (
        <div className="flex justify-center p-2">
          <Button look="quiet" small busy={versions.isFetching} onClick={versions.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Version({
  pipeline,
  version,
}: {
  pipeline: Schemas["Pipeline"];
  version: Schemas["PipelineVersion"];
}) {
  const t = useWords();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const present = version.id === pipeline.version_id;
  const restore = async () => {
    await replacePipeline(pipeline, givenDefinition(version.definition));
    say(t("said.restored"));
    await client.invalidateQueries({ queryKey: ["pipelines"] });
  };
  return (
    <li className="px-4 py-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{t("versions.number", { number: version.number })}</span>
        {present && <Badge tone="good">{t("versions.present")}</Badge>}
        <span className="flex-1 text-sm text-soft">
          <Ago at={version.created_at} />
        </span>
        <Button small look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t("versions.hide") : t("versions.show")}
        </Button>
        {!present && may("definition_write") && (
          <Confirm
            trigger={<Button small>{t("versions.restore")}</Button>}
            title={t("versions.restoreAsk", { number: version.number })}
            action={t("versions.restore")}
            danger={false}
            onConfirm={restore}
          >
            {t("versions.restoreHint")}
          </Confirm>
        )}
      </div>
      {open && (
        <Code
          className="mt-2"
          value={stringify(version.definition)}
          label={t("versions.definition", { number: version.number })}
        />
      )}
    </li>
  );
}
