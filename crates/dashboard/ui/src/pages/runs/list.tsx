// All runs of the project, the latest first, as far down as one scrolls.

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Play } from "lucide-react";
import { type KeyboardEvent, memo, useEffect, useRef, useSyncExternalStore } from "react";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { RUN_STATUSES, type RunsSearch } from "@/app/searches";
import { Checkbox, Select } from "@/design/field";
import { Page } from "@/design/layout";
import { Empty, Failure, Loading } from "@/design/state";
import { Status } from "@/design/status";
import { Ago, Took } from "@/design/time";
import { money } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useRunWindow } from "./run-window";
import { ShortId } from "./short-id";
import { useTrigger } from "./trigger-name";
import { useWords } from "./words";

/** The height of a row, in pixels; on a phone it has two lines. */
const ROW = 44;
const TALL_ROW = 60;
/** How many rows before the end the next page is asked for. */
const AHEAD = 30;

/** The page. */
export default function Runs() {
  const t = useWords();
  const c = useVocabulary();
  const search = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const { status, children, deliveries, pipeline: pipelineId, agent: agentId } = search;
  const runs = useRunWindow({ status, children, deliveries, pipelineId, agentId });
  const filtered = Boolean(status || pipelineId || agentId);
  const change = (next: RunsSearch) =>
    void navigate({ search: { ...search, ...next }, replace: true });
  return (
    <Page wide title={t("title")}>
      <div className="mb-3 flex flex-wrap items-center gap-x-5 gap-y-2">
        <Select
          aria-label={t("filter.status")}
          className="w-48"
          value={search.status ?? ""}
          onChange={({ target }) =>
            change({ status: RUN_STATUSES.find((one) => one === target.value) })
          }
        >
          <option value="">{t("filter.all")}</option>
          {RUN_STATUSES.map((status) => (
            <option key={status} value={status}>
              {c(`status.${status}`)}
            </option>
          ))}
        </Select>
        <Whose search={search} onChange={(pipeline, agent) => change({ pipeline, agent })} />
        <Checkbox
          checked={search.children ?? false}
          onChange={(children) => change({ children: children || undefined })}
          label={t("filter.children")}
        />
        <Checkbox
          checked={search.deliveries ?? false}
          onChange={(deliveries) => change({ deliveries: deliveries || undefined })}
          label={t("filter.deliveries")}
        />
      </div>
      {runs.error && <Failure error={runs.error} onRetry={runs.retry} className="mb-3" />}
      {runs.isPending && !runs.error && <Loading rows={8} />}
      {!runs.isPending && runs.items.length === 0 && (
        <Empty icon={<Play />} title={filtered ? t("emptyFiltered") : t("empty")}>
          {filtered ? t("emptyFilteredHint") : t("emptyHint")}
        </Empty>
      )}
      {runs.items.length > 0 && <Rows key={JSON.stringify(search)} runs={runs} />}
    </Page>
  );
}

/** What a run can be of. */
interface Named {
  id: string;
  name: string;
}

interface WhoseProps {
  search: RunsSearch;
  onChange: (pipeline: string | undefined, agent: string | undefined) => void;
}

/** Of which pipeline or agent; both are in one list, since a run is of one. */
function Whose({ search, onChange }: WhoseProps) {
  const t = useWords();
  const c = useVocabulary();
  const names = useQuery({
    queryKey: ["startable-names"],
    queryFn: async () => {
      const page = (cursor: string | undefined) => ({
        params: { query: { limit: 200, ...(cursor && { cursor }) } },
      });
      const [pipelines, agents] = await Promise.all([
        allPages<Named>((cursor) => body(api.GET("/api/v1/pipelines", page(cursor)))),
        allPages<Named>((cursor) => body(api.GET("/api/v1/agents", page(cursor)))),
      ]);
      return {
        pipelines: pipelines.items,
        agents: agents.items,
        isWhole: pipelines.isWhole && agents.isWhole,
      };
    },
    staleTime: 60_000,
  });
  const { pipelines = [], agents = [], isWhole = true } = names.data ?? {};
  const value = search.pipeline ?? search.agent ?? "";
  const known = [...pipelines, ...agents].some(({ id }) => id === value);
  return (
    <Select
      aria-label={t("filter.whose")}
      className="w-56"
      value={value}
      onChange={({ target: { value } }) =>
        onChange(
          value.startsWith("pip_") ? value : undefined,
          value.startsWith("agt_") ? value : undefined,
        )
      }
    >
      <option value="">{t("filter.everyone")}</option>
      {value !== "" && !known && <option value={value}>{value}</option>}
      {pipelines.length > 0 && (
        <optgroup label={t("filter.pipelines")}>
          {pipelines.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </optgroup>
      )}
      {agents.length > 0 && (
        <optgroup label={t("filter.agents")}>
          {agents.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </optgroup>
      )}
      {!isWhole && (
        <option disabled>{c("list.cut", { most: pipelines.length + agents.length })}</option>
      )}
    </Select>
  );
}

const COLUMNS =
  "grid grid-cols-[minmax(0,1fr)_9.5rem_6rem_7rem_5rem_6rem] items-center gap-3 px-4 max-md:grid-cols-[minmax(0,1fr)_auto]";

const phone = matchMedia("(width < 48rem)");

function watchPhone(call: () => void): () => void {
  phone.addEventListener("change", call);
  return () => phone.removeEventListener("change", call);
}

function Rows({ runs }: { runs: ReturnType<typeof useRunWindow> }) {
  const t = useWords();
  const height = useSyncExternalStore(watchPhone, () => (phone.matches ? TALL_ROW : ROW));
  const place = useRef<HTMLDivElement>(null);
  const count = runs.items.length;
  const rows = useVirtualizer({
    count: runs.hasMore ? count + 1 : count,
    getScrollElement: () => place.current,
    estimateSize: () => height,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: all rows have another height
  useEffect(() => rows.measure(), [height]);
  const { startIndex: first, endIndex: last } = rows.range ?? { startIndex: 0, endIndex: 0 };
  const { hasMore, isFetching, error, more, see } = runs;
  useEffect(() => see([first, last]), [first, last, see]);
  useEffect(() => {
    if (hasMore && !isFetching && !error && last >= count - AHEAD) more();
  }, [hasMore, isFetching, error, last, count, more]);
  const wanted = useRef<number | null>(null);
  const focusRow = (index: number) => {
    const next = Math.min(Math.max(index, 0), count - 1);
    wanted.current = next;
    rows.scrollToIndex(next);
    place.current?.querySelector<HTMLElement>(`[data-row="${next}"] a`)?.focus();
  };
  // A row that was not drawn yet is focused when it is.
  useEffect(() => {
    if (wanted.current === null) return;
    const link = place.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"] a`);
    if (!link) return;
    wanted.current = null;
    link.focus();
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const row = (event.target as Element).closest<HTMLElement>("[data-row]");
    const at = row ? Number(row.dataset.row) : first - 1;
    const seen = Math.max(last - first, 1);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + seen,
      PageUp: at - seen,
      Home: 0,
      End: count - 1,
    };
    const next = moves[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    focusRow(next);
  };
  return (
    <div
      className="overflow-hidden rounded-lg border border-line bg-card"
      role="table"
      aria-label={t("title")}
      aria-rowcount={hasMore ? -1 : count + 1}
    >
      <div
        role="row"
        className={`${COLUMNS} h-9 border-b border-line text-xs text-soft max-md:hidden`}
      >
        <span role="columnheader">{t("col.run")}</span>
        <span role="columnheader">{t("col.status")}</span>
        <span role="columnheader">{t("col.trigger")}</span>
        <span role="columnheader">{t("col.started")}</span>
        <span role="columnheader">{t("col.took")}</span>
        <span role="columnheader" className="text-right">
          {t("col.cost")}
        </span>
      </div>
      <div
        ref={place}
        role="rowgroup"
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="max-h-[calc(100dvh-13rem)] overflow-y-auto"
      >
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const run = runs.items[index];
            return (
              <div
                key={run?.id ?? "more"}
                role="row"
                aria-rowindex={index + 2}
                data-row={index}
                className="absolute inset-x-0 top-0"
                style={{ height, transform: `translateY(${start}px)` }}
              >
                {run ? (
                  <Row run={run} />
                ) : (
                  <span className="breathe mx-4 my-3 block h-5 rounded-md bg-hover" />
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Drawn anew only when its run has changed, however one scrolls. */
const Row = memo(function Row({ run }: { run: Schemas["RunSummary"] }) {
  const trigger = useTrigger();
  return (
    <div className={`${COLUMNS} h-full border-b border-line hover:bg-hover/60`}>
      <span role="cell" className="min-w-0">
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          className="flex items-baseline gap-2 hover:underline"
        >
          <span className="truncate font-medium">{run.title || run.id}</span>
          <ShortId id={run.id} />
        </Link>
        <span className="block text-xs text-soft md:hidden">
          <Ago at={run.created_at} />
        </span>
      </span>
      <span role="cell">
        <Status status={run.status} waiting={run.waiting} />
      </span>
      <span role="cell" className="truncate text-sm text-soft max-md:hidden">
        {trigger(run.trigger)}
      </span>
      <span role="cell" className="text-sm text-soft max-md:hidden">
        <Ago at={run.created_at} />
      </span>
      <span role="cell" className="text-sm text-soft max-md:hidden">
        {run.started_at && <Took from={run.started_at} to={run.ended_at} />}
      </span>
      <span role="cell" className="text-right text-sm text-soft tabular-nums max-md:hidden">
        {run.usage.model_calls > 0 && money(run.usage.cost_micro_usd)}
      </span>
    </div>
  );
});
