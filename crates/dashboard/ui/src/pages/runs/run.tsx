// One run: what it waits for, what it does node by node as a graph or over time, what it stored, and its journal.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import clsx from "clsx";
import { X } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { useChanges } from "@/api/live";
import { RUN_VIEWS, type RunSearch } from "@/app/searches";
import { IconButton } from "@/design/button";
import { Code } from "@/design/code";
import { Card, Page } from "@/design/layout";
import { ReadPage } from "@/design/read-page";
import { Loading, Read } from "@/design/state";
import { Badge, Status } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { useVocabulary } from "@/i18n/vocabulary";
import { ApprovalCard } from "../approvals/card";
import { useNodeTypes } from "../pipelines/queries";
import { About } from "./about";
import { Actions } from "./actions";
import { Artifacts } from "./artifacts";
import { BudgetSpent } from "./budget";
import { Journal } from "./journal";
import { NodeDetail } from "./node-detail";
import { type OwnNode, ownNodes } from "./own-times";
import { ENDED, hasGraph, usePinned, useRun, useRunApprovals, useRunNodes } from "./queries";
import { RunFailure } from "./run-failure";
import { RunLink } from "./run-link";
import { SendSignal } from "./signal";
import { Timeline } from "./timeline";
import { Turn } from "./turn";
import { UnknownOutcomes } from "./unknown";
import { useWords } from "./words";

const RunGraph = lazy(() => import("./graph"));

/** The page. */
export default function RunPage() {
  const { runId } = useParams({ from: "/runs/$runId" });
  const t = useWords();
  const run = useRun(runId);
  const above = (
    <Link to="/runs" search={{}} className="hover:text-ink hover:underline">
      {t("title")}
    </Link>
  );
  return (
    <ReadPage query={run} title={t("col.run")} above={above} wide>
      {(run) => (
        <Page
          wide
          title={run.title || t("col.run")}
          section={t("title")}
          above={above}
          beside={
            <>
              <Status status={run.status} waiting={run.waiting} />
              {run.cancel_requested && !ENDED.has(run.status) && (
                <Badge tone="wait">{t("cancelling")}</Badge>
              )}
            </>
          }
          actions={<Actions key={run.id} run={run} />}
        >
          {run.error && <RunFailure failure={run.error} runId={run.id} className="mb-4" />}
          <Wanted run={run} />
          <Views key={run.id} run={run} />
        </Page>
      )}
    </ReadPage>
  );
}

/** Reads anew what is shown of runs below when there is news of them: their events name them alone. */
function useNewsBelow(runId: string, open: boolean, below: Schemas["Unfinished"][]) {
  const client = useQueryClient();
  useChanges(
    open ? { types: ["run.*", "approval.*"] } : null,
    () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["run", runId, "nodes"] }),
        client.invalidateQueries({ queryKey: ["run", runId, "approvals"] }),
      ]),
    ({ type, data }) => {
      const { run_id: of } = data as { run_id?: string };
      return type.startsWith("approval.") || below.some(({ run_id: child }) => child === of);
    },
  );
}

/** What the run, or one below it, wants of people before it goes on. */
function Wanted({ run }: { run: Schemas["Run"] }) {
  const open = !ENDED.has(run.status);
  const approvals = useRunApprovals(run.id, open);
  const nodes = useRunNodes(run.id);
  const below = nodes.data?.unfinished ?? [];
  useNewsBelow(run.id, open, below);
  if (!open) return null;
  const waitsFor = (what: Schemas["Waiting"]) =>
    run.waiting === what || below.some(({ waiting }) => waiting === what);
  const asked = approvals.data?.items.filter(({ status }) => status === "open") ?? [];
  return (
    <div className="mb-4 flex max-w-4xl flex-col gap-3 empty:hidden">
      {waitsFor("unknown_outcome") && (
        <UnknownOutcomes
          runId={run.id}
          below={below
            .filter(({ waiting }) => waiting === "unknown_outcome")
            .map(({ run_id: id }) => id)}
        />
      )}
      {waitsFor("budget") && <BudgetSpent run={run} />}
      {run.waiting === "signal" && <SendSignal runId={run.id} />}
      {asked.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} inRun />
      ))}
    </div>
  );
}

function Views({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const search = useSearch({ from: "/runs/$runId" });
  const navigate = useNavigate({ from: "/runs/$runId" });
  const nodes = useRunNodes(run.id);
  const views = RUN_VIEWS.filter((view) => view !== "graph" || hasGraph(run));
  const asked = search.view ?? "graph";
  const view = views.find((one) => one === asked) ?? "timeline";
  const show = useCallback(
    (next: RunSearch) =>
      void navigate({ search: (before) => ({ ...before, ...next }), replace: true }),
    [navigate],
  );
  // What the address names is shown where the page begins; what one chooses comes into view.
  const [byHand, setByHand] = useState(false);
  const onChoose = useCallback(
    (node: string) => {
      setByHand(true);
      show({ node });
    },
    [show],
  );
  const own = useMemo(() => ownNodes(run, nodes.data?.nodes ?? []), [run, nodes.data]);
  const chosen = own.find(({ id }) => id === search.node);
  const content = {
    graph: () => (
      <Read query={nodes}>
        {() => <GraphView run={run} nodes={own} chosen={search.node} onChoose={onChoose} />}
      </Read>
    ),
    timeline: () => (
      <Read query={nodes}>
        {({ turn }) =>
          turn ? (
            <Turn run={run} turn={turn} readAt={nodes.dataUpdatedAt} />
          ) : (
            <Timeline run={run} nodes={own} chosen={search.node} onChoose={onChoose} />
          )
        }
      </Read>
    ),
    data: () => (
      <div className="flex flex-col gap-4">
        <Value name={t("data.input")} value={run.input} />
        <Value name={t("data.output")} value={run.output} />
      </div>
    ),
    artifacts: () => <Artifacts runId={run.id} />,
    journal: () => <Journal runId={run.id} />,
  };
  const isTurn = run.machine === "agent_turn";
  const inNodes = (view === "graph" || view === "timeline") && chosen !== undefined;
  return (
    <div
      className={clsx(
        "grid items-start gap-5",
        inNodes
          ? "lg:grid-cols-[minmax(0,1fr)_21rem] xl:grid-cols-[minmax(0,1fr)_23rem] 2xl:grid-cols-[minmax(0,1fr)_28rem]"
          : "lg:grid-cols-[minmax(0,1fr)_17rem]",
      )}
    >
      <Tabs
        className="min-w-0"
        label={t("tab.label")}
        value={view}
        onChange={(next) => show({ view: views.find((one) => one === next) })}
        tabs={views.map((one) => ({
          id: one,
          name: one === "timeline" && isTurn ? t("tab.messages") : t(`tab.${one}`),
          content: one === view && content[one](),
        }))}
      />
      <div className="flex min-w-0 flex-col gap-5">
        {inNodes && (
          <Chosen
            key={chosen.id}
            run={run}
            node={chosen}
            unfinished={nodes.data?.unfinished ?? []}
            byHand={byHand}
            onClose={() => show({ node: undefined })}
          />
        )}
        <About run={run} usage={nodes.data?.usage ?? run.usage} />
        <Unfinished runs={nodes.data?.unfinished ?? []} />
      </div>
    </div>
  );
}

interface ChosenProps {
  run: Schemas["Run"];
  node: OwnNode;
  unfinished: Schemas["Unfinished"][];
  byHand: boolean;
  onClose: () => void;
}

/** The node that is looked at: beside the views, or below them where there is no room. */
function Chosen({ run, node, unfinished, byHand, onClose }: ChosenProps) {
  const c = useVocabulary();
  const pinned = usePinned(run);
  const place = useRef<HTMLElement>(null);
  const opener = useRef(document.activeElement);
  useEffect(() => {
    if (!byHand) return;
    const { top } = place.current?.getBoundingClientRect() ?? { top: 0 };
    if (top > innerHeight - 120) place.current?.scrollIntoView({ block: "start" });
  }, [byHand]);
  const close = () => {
    onClose();
    if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus();
  };
  return (
    <section ref={place} aria-label={node.name || node.id} className="scroll-mt-16">
      <Card
        title={node.name || node.id}
        actions={
          <IconButton label={c("action.close")} className="-mr-2" onClick={close}>
            <X />
          </IconButton>
        }
      >
        <NodeDetail
          runId={run.id}
          node={node}
          written={pinned.data?.definition.nodes.find(({ id }) => id === node.id)}
          unfinished={unfinished}
        />
      </Card>
    </section>
  );
}

interface GraphViewProps {
  run: Schemas["Run"];
  nodes: OwnNode[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

function GraphView({ run, nodes, chosen, onChoose }: GraphViewProps) {
  const types = useNodeTypes();
  const pinned = usePinned(run);
  return (
    <Read query={types}>
      {(types) => (
        <Read query={pinned}>
          {({ definition }) => (
            <Suspense fallback={<Loading />}>
              <RunGraph
                pipelineId={run.pipeline_id ?? null}
                definition={definition}
                types={types}
                nodes={nodes}
                chosen={chosen}
                onChoose={onChoose}
              />
            </Suspense>
          )}
        </Read>
      )}
    </Read>
  );
}

/** Runs below it that are under way. */
function Unfinished({ runs }: { runs: Schemas["Unfinished"][] }) {
  const t = useWords();
  if (runs.length === 0) return null;
  return (
    <Card title={t("unfinished", { count: runs.length })} flush>
      <ul className="max-h-72 divide-y divide-line overflow-y-auto">
        {runs.map((child) => (
          <li key={child.run_id} className="flex items-center gap-3 px-4 py-2">
            <span className="flex-1">
              <RunLink id={child.run_id} />
            </span>
            <Status status={child.status} waiting={child.waiting} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Value({ name, value }: { name: string; value: unknown }) {
  const t = useWords();
  return (
    <section>
      <h2 className="mb-1.5 text-sm font-medium">{name}</h2>
      {value === null || value === undefined ? (
        <p className="text-sm text-soft">{t("data.none")}</p>
      ) : (
        <Code value={value} label={name} />
      )}
    </section>
  );
}
