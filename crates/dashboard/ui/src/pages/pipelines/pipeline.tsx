// One pipeline: its graph, its recent runs, its versions, and a run to start.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Eye, PencilRuler, Play } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useOpening } from "@/app/opening";
import { useSession } from "@/app/session";
import { Button, buttonClass } from "@/design/button";
import { Id } from "@/design/code";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { ReadPage } from "@/design/read-page";
import { Rows } from "@/design/rows";
import { Failure, Loading, Read } from "@/design/state";
import { Status } from "@/design/status";
import { Ago, Took } from "@/design/time";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useRuns } from "../runs/queries";
import { useTrigger } from "../runs/trigger-name";
import { givenDefinition } from "./definition";
import { DeletePipeline } from "./delete";
import { ExportPipeline } from "./list";
import { useNodeTypes, usePipeline } from "./queries";
import { StartRun } from "./start";
import { PipelineVersions } from "./versions";
import { useWords } from "./words";

const Graph = lazy(() => import("./graph"));

/** The page. */
export default function PipelinePage() {
  const { pipelineId } = useParams({ from: "/pipelines/$pipelineId" });
  const t = useWords();
  const pipeline = usePipeline(pipelineId);
  return (
    <ReadPage query={pipeline} title={t("one")} above={<Above />}>
      {(pipeline) => <View pipeline={pipeline} />}
    </ReadPage>
  );
}

/** The way back to the others. */
function Above() {
  const t = useWords();
  return (
    <Link to="/pipelines" className="hover:text-ink hover:underline">
      {t("title")}
    </Link>
  );
}

function View({ pipeline }: { pipeline: Schemas["Pipeline"] }) {
  const t = useWords();
  const { may } = useSession();
  const client = useQueryClient();
  const navigate = useGoOn();
  const types = useNodeTypes();
  const [starting, setStarting] = useOpening("run", may("run_start"));
  const definition = useMemo(() => givenDefinition(pipeline.definition), [pipeline.definition]);
  const { description } = definition;
  return (
    <Page
      title={pipeline.name}
      section={t("title")}
      above={<Above />}
      lead={typeof description === "string" ? description : undefined}
      actions={
        <>
          <ExportPipeline pipeline={pipeline} />
          <DeletePipeline
            pipeline={pipeline}
            onGone={async () => {
              await navigate({ to: "/pipelines" });
              client.removeQueries({ queryKey: ["pipelines", "one", pipeline.id] });
              await client.invalidateQueries({ queryKey: ["pipelines", "list"] });
            }}
          />
          <Link
            to="/pipelines/$pipelineId/edit"
            params={{ pipelineId: pipeline.id }}
            className={buttonClass()}
          >
            {may("definition_write") ? (
              <PencilRuler aria-hidden className="size-4" />
            ) : (
              <Eye aria-hidden className="size-4" />
            )}
            {t(may("definition_write") ? "act.edit" : "act.view")}
          </Link>
          {may("run_start") && (
            <Button look="primary" icon={<Play />} onClick={() => setStarting(true)}>
              {t("act.run")}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Card title={t("graph")} flush>
          <Read query={types}>
            {(types) => (
              <Suspense fallback={<Loading className="p-4" />}>
                <Graph pipelineId={pipeline.id} definition={definition} types={types} />
              </Suspense>
            )}
          </Read>
        </Card>
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <RecentRuns pipelineId={pipeline.id} />
          <Card title={t("about")}>
            <Facts>
              <Fact name={t("fact.id")}>
                <Id id={pipeline.id} />
              </Fact>
              <Fact name={t("fact.nodes")}>{number(definition.nodes.length)}</Fact>
              <Fact name={t("fact.edges")}>{number(definition.edges.length)}</Fact>
              <Fact name={t("fact.created")}>
                <Ago at={pipeline.created_at} />
              </Fact>
              <Fact name={t("fact.changed")}>
                <Ago at={pipeline.updated_at} />
              </Fact>
            </Facts>
          </Card>
        </div>
        <PipelineVersions pipeline={pipeline} />
      </div>
      {starting && (
        <StartRun
          pipeline={pipeline}
          inputs={definition.inputs}
          onClose={() => setStarting(false)}
        />
      )}
    </Page>
  );
}

function RecentRuns({ pipelineId }: { pipelineId: string }) {
  const t = useWords();
  const c = useVocabulary();
  const trigger = useTrigger();
  const runs = useRuns({ pipelineId, children: true });
  return (
    <Card title={t("runs")} flush>
      {runs.error && <Failure error={runs.error} onRetry={runs.retry} className="m-4" />}
      {runs.isPending && !runs.error && <Loading className="px-4" />}
      {!runs.isPending && !runs.error && runs.items.length === 0 && (
        <p className="p-4 text-soft">{t("runs.none")}</p>
      )}
      {runs.items.length > 0 && (
        <div className="max-h-96 overflow-y-auto">
          <Rows
            label={t("runs")}
            items={runs.items}
            id={({ id }) => id}
            columns={[
              {
                name: t("runs.run"),
                cell: ({ id, title }) => (
                  <Link
                    to="/runs/$runId"
                    params={{ runId: id }}
                    className="block truncate hover:underline"
                  >
                    {title || id}
                  </Link>
                ),
                className: "sm:max-w-56",
              },
              {
                name: t("runs.status"),
                cell: ({ status, waiting }) => <Status status={status} waiting={waiting} />,
              },
              {
                name: t("runs.by"),
                cell: (run) => trigger(run.trigger),
                className: "text-soft",
                spare: true,
              },
              {
                name: t("runs.started"),
                cell: ({ created_at }) => <Ago at={created_at} />,
                className: "text-soft",
              },
              {
                name: t("runs.took"),
                cell: ({ started_at, ended_at }) =>
                  started_at && <Took from={started_at} to={ended_at} />,
                className: "text-soft",
                spare: true,
              },
            ]}
          />
          {runs.hasMore && (
            <div className="flex justify-center p-2">
              <Button look="quiet" small busy={runs.isFetching} onClick={runs.more}>
                {c("action.more")}
              </Button>
            </div>
          )}
        </div>
      )}
    </Card>
  );
}
