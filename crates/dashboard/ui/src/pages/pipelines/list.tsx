// All pipelines of the project: made, searched by name, exported, deleted here.

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, Plus, Workflow } from "lucide-react";
import { useState } from "react";
import { bytes } from "@/api/client";
import { useOpening } from "@/app/opening";
import { useSession } from "@/app/session";
import { Button, IconButton } from "@/design/button";
import { download } from "@/design/download";
import { Input } from "@/design/field";
import { Card, Page } from "@/design/layout";
import { Rows } from "@/design/rows";
import { Empty, Failure, Loading } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { CreatePipeline } from "./create";
import { DeletePipeline } from "./delete";
import { usePipelines } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Pipelines() {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const client = useQueryClient();
  const pipelines = usePipelines();
  const [search, setSearch] = useState("");
  const [creating, setCreating] = useOpening("new", may("definition_write"));
  const wanted = search.trim().toLowerCase();
  const shown = pipelines.items.filter(({ name }) => name.toLowerCase().includes(wanted));
  const create = may("definition_write") && (
    <Button look="primary" icon={<Plus />} onClick={() => setCreating(true)}>
      {t("create.title")}
    </Button>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={create}>
      {pipelines.error && (
        <Failure error={pipelines.error} onRetry={pipelines.retry} className="mb-3" />
      )}
      {pipelines.isPending && !pipelines.error && <Loading />}
      {!pipelines.isPending && pipelines.items.length === 0 && !pipelines.error && (
        <Empty icon={<Workflow />} title={t("empty")} action={create}>
          {t("emptyHint")}
        </Empty>
      )}
      {pipelines.items.length > 0 && (
        <>
          <Input
            type="search"
            aria-label={t("search")}
            placeholder={t("search")}
            className="mb-3 max-w-80"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
          {shown.length === 0 ? (
            <Empty title={t("noMatch")}>{pipelines.hasMore && t("noMatchMore")}</Empty>
          ) : (
            <Card flush>
              <Rows
                label={t("title")}
                items={shown}
                id={({ id }) => id}
                columns={[
                  {
                    name: t("col.name"),
                    cell: ({ id, name }) => (
                      <Link
                        to="/pipelines/$pipelineId"
                        params={{ pipelineId: id }}
                        className="hover:underline"
                      >
                        {name}
                      </Link>
                    ),
                  },
                  {
                    name: t("col.changed"),
                    cell: ({ updated_at }) => <Ago at={updated_at} />,
                    className: "text-soft",
                  },
                  {
                    name: t("col.version"),
                    cell: ({ version }) => number(version),
                    className: "text-right text-soft tabular-nums",
                    spare: true,
                  },
                ]}
                actions={(pipeline) => (
                  <>
                    <ExportPipeline pipeline={pipeline} />
                    <DeletePipeline
                      pipeline={pipeline}
                      onGone={() => client.invalidateQueries({ queryKey: ["pipelines", "list"] })}
                    />
                  </>
                )}
              />
            </Card>
          )}
          {pipelines.hasMore && (
            <div className="mt-3 flex justify-center">
              <Button look="quiet" busy={pipelines.isFetching} onClick={pipelines.more}>
                {c("action.more")}
              </Button>
            </div>
          )}
        </>
      )}
      {creating && <CreatePipeline onClose={() => setCreating(false)} />}
    </Page>
  );
}

/** Downloads the definition as a YAML file. */
export function ExportPipeline({ pipeline }: { pipeline: { id: string; name: string } }) {
  const t = useWords();
  const { fail } = useToast();
  const save = async () => {
    try {
      const file = await bytes(`/api/v1/pipelines/${pipeline.id}/export`);
      download(file, `${pipeline.name.replace(/[^\p{L}\p{N}._-]+/gu, "-")}.yaml`);
    } catch (error) {
      fail(error);
    }
  };
  return (
    <IconButton label={t("act.export")} onClick={() => void save()}>
      <Download />
    </IconButton>
  );
}
