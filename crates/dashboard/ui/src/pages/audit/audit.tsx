// The audit trail: who did what, page by page; whether it is sound; and a copy of it to keep.

import { useNavigate, useSearch } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { api, body, bytes, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { download } from "@/design/download";
import { Card, Fact, Facts, Page, Td, Th } from "@/design/layout";
import { Empty, Failure } from "@/design/state";
import { Badge, type Tone } from "@/design/status";
import { useToast } from "@/design/toast";
import { moment } from "@/i18n/format";
import { PageList } from "../startables/page-list";
import { Filters } from "./filters";
import { type Filter, useTrail } from "./queries";
import { Report } from "./report";
import { Who } from "./who";
import { useWords } from "./words";

/** The parts of an entry that have a column. */
interface Entry {
  at?: string;
  action?: string;
  outcome?: keyof typeof TONES;
  actor?: Schemas["Actor"];
  target?: Record<string, unknown>;
}

const TONES = {
  begun: "busy",
  done: "good",
  failed: "bad",
  refused: "wait",
} as const satisfies Record<string, Tone>;

/** The page. */
export default function Audit() {
  const t = useWords();
  const { may } = useSession();
  if (may("audit_read")) return <Trail />;
  return (
    <Page title={t("title")}>
      <Empty icon={<ScrollText />} title={t("forbidden")}>
        {t("forbiddenHint")}
      </Empty>
    </Page>
  );
}

function Trail() {
  const t = useWords();
  // The server says which actions there are, and refuses any other.
  const filter = useSearch({ from: "/audit" }) as Filter;
  const navigate = useNavigate({ from: "/audit" });
  const [shown, setShown] = useState<Schemas["AuditEntry"] | null>(null);
  const list = useTrail(filter);
  return (
    <Page title={t("title")} lead={t("lead")} actions={<Export filter={filter} />}>
      <div className="flex flex-col gap-5">
        <Verify />
        <Card title={t("filter.title")}>
          <Filters
            key={JSON.stringify(filter)}
            filter={filter}
            error={list.error}
            actions={list.items.map(({ entry }) => (entry as Entry).action ?? "")}
            onChange={(search) => void navigate({ search, replace: true })}
          />
        </Card>
        <Card flush>
          <PageList
            list={list}
            label={t("title")}
            head={
              <>
                <Th>{t("col.when")}</Th>
                <Th>{t("col.action")}</Th>
                <Th>{t("col.actor")}</Th>
                <Th>{t("col.target")}</Th>
                <Th>{t("col.outcome")}</Th>
                <Th>{t("col.entry")}</Th>
              </>
            }
            empty={<Empty icon={<ScrollText />} title={t("empty")} />}
          >
            {(entry) => (
              <Row
                key={`${entry.stream}/${entry.seq}`}
                entry={entry.entry as Entry}
                onShow={() => setShown(entry)}
              />
            )}
          </PageList>
        </Card>
      </div>
      {shown && (
        <Dialog
          open
          wide
          onClose={() => setShown(null)}
          title={t("entry.title", { seq: shown.seq })}
        >
          <Facts>
            <Fact name={t("entry.chain")}>
              <code className="font-mono text-xs">{shown.stream}</code>
            </Fact>
            <Fact name={t("entry.hash")}>
              <code className="font-mono text-xs break-all">{shown.hash}</code>
            </Fact>
          </Facts>
          <Code value={shown.entry} label={t("entry.data")} className="mt-3" />
        </Dialog>
      )}
    </Page>
  );
}

function Row({ entry, onShow }: { entry: Entry; onShow: () => void }) {
  const t = useWords();
  const { at, action, outcome, actor, target } = entry;
  return (
    <tr>
      <Td className="whitespace-nowrap text-soft tabular-nums">{at && moment(at)}</Td>
      <Td>
        <code className="font-mono text-xs">{action}</code>
      </Td>
      <Td>{actor && <Who actor={actor} />}</Td>
      <Td className="min-w-32 text-xs break-words text-soft">
        {target && Object.values(target).map(String).join(" ")}
      </Td>
      <Td>
        {outcome && (
          <Badge tone={TONES[outcome] ?? "idle"}>
            {outcome in TONES ? t(`outcome.${outcome}`) : outcome}
          </Badge>
        )}
      </Td>
      <Td>
        <Button small onClick={onShow}>
          {t("show.entry")}
        </Button>
      </Td>
    </tr>
  );
}

function Export({ filter }: { filter: Filter }) {
  const t = useWords();
  const { fail } = useToast();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const query = new URLSearchParams();
      if (filter.from) query.set("from", filter.from);
      if (filter.to) query.set("to", filter.to);
      const blob = await bytes(`/api/v1/audit/export?${query}`);
      download(blob, `audit-${new Date().toISOString().slice(0, 10)}.jsonl`);
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button busy={busy} title={t("export.hint")} onClick={() => void save()}>
      {t("act.export")}
    </Button>
  );
}

function Verify() {
  const t = useWords();
  const [report, setReport] = useState<Schemas["AuditReport"] | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const verify = async () => {
    setBusy(true);
    setError(null);
    try {
      setReport(await body(api.POST("/api/v1/audit/verify")));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card
      title={t("report.title")}
      flush={report === null && error === null}
      actions={
        <Button small look="primary" busy={busy} onClick={() => void verify()}>
          {t("act.verify")}
        </Button>
      }
    >
      {error !== null && <Failure error={error} />}
      {error === null && report && <Report report={report} />}
    </Card>
  );
}
