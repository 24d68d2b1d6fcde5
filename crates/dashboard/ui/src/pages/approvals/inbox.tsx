// The inbox: what runs ask of people, and where people answer.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { api, done, Problem, type Schemas } from "@/api/client";
import { APPROVAL_VIEWS, type ApprovalView } from "@/app/searches";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Field, Input } from "@/design/field";
import { Card, Page } from "@/design/layout";
import { type Schema, SchemaForm } from "@/design/schema-form";
import { Empty, Failure, Loading } from "@/design/state";
import { Badge } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { useNow } from "@/design/time";
import { useToast } from "@/design/toast";
import { ago } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useApprovals } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Approvals() {
  const t = useWords();
  const search = useSearch({ from: "/approvals" });
  const navigate = useNavigate({ from: "/approvals" });
  const view = search.view ?? "mine";
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Tabs
        label={t("filter.label")}
        value={view}
        onChange={(next) =>
          void navigate({
            search: { view: APPROVAL_VIEWS.find((one) => one === next) },
            replace: true,
          })
        }
        tabs={APPROVAL_VIEWS.map((one) => ({
          id: one,
          name: t(`filter.${one}`),
          content: one === view && <List view={one} first={search.id} />,
        }))}
      />
    </Page>
  );
}

function List({ view, first }: { view: ApprovalView; first: string | undefined }) {
  const t = useWords();
  const c = useVocabulary();
  const approvals = useApprovals(view === "mine" ? "open" : view, view === "mine");
  if (approvals.error) return <Failure error={approvals.error} />;
  if (approvals.isPending) return <Loading />;
  const items = [...approvals.items].sort(
    (one, other) => Number(other.id === first) - Number(one.id === first),
  );
  if (items.length === 0) {
    return (
      <Empty icon={<CircleCheck />} title={view === "mine" ? t("empty.mine") : t("empty.other")}>
        {view === "mine" && t("empty.hint")}
      </Empty>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      {items.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} />
      ))}
      {approvals.hasMore && (
        <Button
          look="quiet"
          className="self-center"
          busy={approvals.isFetching}
          onClick={approvals.more}
        >
          {c("action.more")}
        </Button>
      )}
    </div>
  );
}

/** An approval, with the answers that may be given; on the page of its run without a link to that. */
export function ApprovalCard({
  approval,
  inRun = false,
}: {
  approval: Schemas["Approval"];
  inRun?: boolean;
}) {
  const t = useWords();
  const now = useNow();
  const { user } = useSession();
  const { decision, status } = approval;
  const who = (actor: Schemas["Actor"]) =>
    actor.type === "user" ? (actor.user_id === user.id ? user.name : actor.user_id) : actor.type;
  return (
    <Card>
      <article aria-label={approval.title} className="flex flex-col gap-3">
        <header className="flex flex-wrap items-start gap-x-3 gap-y-1">
          <h2 className="min-w-0 flex-1 basis-64 text-base font-semibold break-words">
            {approval.title}
          </h2>
          {status !== "open" && (
            <Badge tone={status === "decided" ? "good" : "idle"}>{t(`status.${status}`)}</Badge>
          )}
          {!inRun && (
            <Link
              to="/runs/$runId"
              params={{ runId: approval.run_id }}
              className="text-sm text-accent hover:underline"
            >
              {t("run")}
            </Link>
          )}
        </header>
        <p className="flex flex-wrap gap-x-4 text-sm text-soft">
          <span>{t("asked", { ago: ago(approval.asked_at, now) })}</span>
          {status === "open" && approval.deadline_at && (
            <span>{t("deadline", { ago: ago(approval.deadline_at, now) })}</span>
          )}
        </p>
        {approval.detail != null && <Detail approval={approval} folded={inRun} />}
        {decision && (
          <p className="text-sm">
            {t("decided", { answer: decision.answer, who: who(decision.actor) })}
            {decision.note && <span className="block text-soft">{decision.note}</span>}
          </p>
        )}
        {status === "open" && approval.may_decide && <Decide approval={approval} />}
        {status === "open" && !approval.may_decide && (
          <p className="text-sm text-soft">
            {t("notYours", { who: approval.deciders.join(", ") })}
          </p>
        )}
      </article>
    </Card>
  );
}

/** What it is about. */
function Detail({ approval, folded }: { approval: Schemas["Approval"]; folded: boolean }) {
  const t = useWords();
  const { detail } = approval;
  if (typeof detail === "string") {
    return <p className="break-words whitespace-pre-wrap">{detail}</p>;
  }
  const code = <Code value={detail} label={approval.title} />;
  if (!folded) return code;
  return (
    <details>
      <summary className="text-sm">{t("detail")}</summary>
      <div className="mt-2">{code}</div>
    </details>
  );
}

function Decide({ approval }: { approval: Schemas["Approval"] }) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [text, setText] = useState("");
  const [data, setData] = useState<Record<string, unknown>>({});
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const form = approval.form as Schema | null | undefined;
  const decide = async (answer: string) => {
    setBusy(answer);
    setError(null);
    try {
      await done(
        api.POST("/api/v1/approvals/{approval_id}/decide", {
          params: { path: { approval_id: approval.id } },
          body: { answer, ...(note && { note }), ...(form && { data: data as never }) },
        }),
      );
      say(t("said.decided"));
      await client.invalidateQueries({ queryKey: ["approvals"] });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(null);
    }
  };
  const problem = error instanceof Problem ? error : null;
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-3">
      {form && (
        <SchemaForm
          schema={form}
          value={data}
          onChange={setData}
          errorOf={(name) => problem?.at(`/data/${name}`)?.message}
        />
      )}
      {approval.options.length === 0 && (
        <Field label={t("decide.answer")} required>
          <Input value={text} onChange={({ target }) => setText(target.value)} />
        </Field>
      )}
      <Field label={t("decide.note")}>
        <Input value={note} onChange={({ target }) => setNote(target.value)} />
      </Field>
      {error !== null && <Failure error={error} />}
      <div className="flex flex-wrap gap-2">
        {approval.options.map((option, place) => (
          <Button
            key={option}
            look={place === 0 ? "primary" : "plain"}
            busy={busy === option}
            disabled={busy !== null}
            onClick={() => void decide(option)}
          >
            {option}
          </Button>
        ))}
        {approval.options.length === 0 && (
          <Button
            look="primary"
            disabled={text === ""}
            busy={busy !== null}
            onClick={() => void decide(text)}
          >
            {t("decide.send")}
          </Button>
        )}
      </div>
    </div>
  );
}
