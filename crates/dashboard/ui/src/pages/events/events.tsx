// The live stream of the project: what happens, with a filter, a pause, and each event's data folded.

import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import { type FormEvent, memo, useState } from "react";
import type { Event } from "@/api/socket";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Field, Input } from "@/design/field";
import { Card, Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { clock, moment } from "@/i18n/format";
import { MOST, useStream } from "./stream";
import { useWords } from "./words";

/** What the server takes as a pattern: words with dots between them, `*` for a word or at the end for the rest. */
const PATTERN = /^(?:(?:\*|[^\s*.]+)\.)*(?:\*|[^\s*.]+\*?)$/u;

function patterns(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

/** The page. */
export default function Events() {
  const t = useWords();
  const { types = "" } = useSearch({ from: "/events" });
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Filter key={`filter ${types}`} types={types} />
      <Following key={types} types={patterns(types)} />
    </Page>
  );
}

function Filter({ types }: { types: string }) {
  const t = useWords();
  const navigate = useNavigate({ from: "/events" });
  const [text, setText] = useState(types);
  const bad = patterns(text).find((part) => !PATTERN.test(part));
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (bad !== undefined) return;
    const wanted = patterns(text).join(", ");
    void navigate({ search: wanted ? { types: wanted } : {}, replace: true });
  };
  return (
    <form onSubmit={apply} className="mb-4 flex flex-wrap items-start gap-2">
      <Field
        label={t("filter.types")}
        hint={t("filter.hint")}
        error={bad !== undefined && t("filter.bad", { pattern: bad })}
        className="min-w-0 flex-1 basis-72"
      >
        <Input
          className="font-mono text-sm"
          spellCheck={false}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      </Field>
      <Button type="submit" className="mt-6" disabled={bad !== undefined}>
        {t("filter.apply")}
      </Button>
    </form>
  );
}

function Following({ types }: { types: string[] }) {
  const t = useWords();
  const [paused, setPaused] = useState(false);
  const { events, held, missing, ended, clear } = useStream(types, paused);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Button look={paused ? "primary" : "plain"} onClick={() => setPaused(!paused)}>
          {paused ? t("act.resume") : t("act.pause")}
        </Button>
        <Button look="quiet" disabled={events.length === 0 && held === 0} onClick={clear}>
          {t("act.clear")}
        </Button>
        <span role="status" className="text-sm text-soft">
          {paused && held > 0 ? t("held", { count: held }) : t("kept", { most: MOST })}
        </span>
      </div>
      {missing && <p className="mb-3 text-sm text-wait">{t("missing")}</p>}
      {ended && (
        <p role="alert" className="mb-3 text-sm text-bad">
          {t("ended")}
        </p>
      )}
      {events.length === 0 ? (
        <Empty icon={<Radio />} title={t("empty")}>
          {paused ? t("emptyPaused") : t("emptyHint")}
        </Empty>
      ) : (
        <Card flush>
          <ol aria-label={t("list")} className="divide-y divide-line">
            {events.map((event) => (
              <EventRow key={event.id} event={event} />
            ))}
          </ol>
        </Card>
      )}
    </>
  );
}

/** Drawn once, however many come after it. */
const EventRow = memo(function EventRow({ event }: { event: Event }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const { run_id: run } = event.data as { run_id?: string };
  return (
    <li>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm hover:bg-hover/60">
          <time
            dateTime={event.at}
            title={moment(event.at)}
            className="w-20 shrink-0 text-xs text-soft tabular-nums"
          >
            {clock(event.at, "medium")}
          </time>
          <Badge>{event.type}</Badge>
          <code className="min-w-0 truncate font-mono text-xs text-soft">{event.subject}</code>
        </summary>
        {open && (
          <div className="flex flex-col gap-2 px-4 pb-3">
            <p className="flex flex-wrap gap-x-4 text-xs text-soft">
              <span>{moment(event.at)}</span>
              <code className="font-mono">{event.id}</code>
              {run && (
                <Link
                  to="/runs/$runId"
                  params={{ runId: run }}
                  className="text-accent hover:underline"
                >
                  {t("run")}
                </Link>
              )}
            </p>
            <Code value={event.data} label={t("data")} />
          </div>
        )}
      </details>
    </li>
  );
});
