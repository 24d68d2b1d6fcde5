// All triggers and hooks of the project.

import { Link } from "@tanstack/react-router";
import { Plus, Webhook, Zap } from "lucide-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useOpening } from "@/app/opening";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { type Column, Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { Ago } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { Starts } from "../startables/choice";
import { useWords as useSharedWords } from "../startables/words";
import { HookForm } from "./hook-form";
import { Counts, Enabled, HookPath } from "./parts";
import { useHooks, useTriggers } from "./queries";
import { TriggerForm } from "./trigger-form";
import { useWords } from "./words";

/** The page. */
export default function TriggersAndHooks() {
  const t = useWords();
  return (
    <Page title={t("title")} lead={t("lead")}>
      <div className="flex flex-col gap-5">
        <Triggers />
        <Hooks />
      </div>
    </Page>
  );
}

/** What is told alike of triggers and hooks, behind their names and what they are for. */
function useColumns() {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  return [
    { name: s("fact.starts"), cell: ({ starts }) => <Starts starts={starts} /> },
    { name: t("col.counts"), cell: ({ counts }) => <Counts counts={counts} />, spare: true },
    {
      name: t("col.last"),
      cell: ({ last_at }) => (last_at ? <Ago at={last_at} /> : c("never")),
      className: "text-soft",
    },
    { name: t("col.status"), cell: ({ enabled }) => <Enabled enabled={enabled} /> },
  ] satisfies Column<Schemas["Trigger"] | Schemas["Hook"]>[];
}

function Triggers() {
  const t = useWords();
  const s = useSharedWords();
  const { may } = useSession();
  const navigate = useGoOn();
  const columns = useColumns();
  const [open, setOpen] = useOpening("trigger", may("definition_write"));
  return (
    <>
      <Listed
        list={useTriggers()}
        title={t("triggers")}
        actions={
          may("definition_write") && (
            <Button small look="primary" icon={<Plus />} onClick={() => setOpen(true)}>
              {t("new.trigger")}
            </Button>
          )
        }
        empty={
          <Empty icon={<Zap />} title={t("triggers.empty")}>
            {t("triggers.emptyHint")}
          </Empty>
        }
      >
        {(triggers) => (
          <Rows
            label={t("triggers")}
            items={triggers}
            id={({ id }) => id}
            columns={[
              {
                name: s("form.name"),
                cell: ({ id, name }) => (
                  <Link
                    to="/triggers/$triggerId"
                    params={{ triggerId: id }}
                    className="hover:underline"
                  >
                    {name}
                  </Link>
                ),
              },
              {
                name: s("fact.events"),
                cell: ({ subjects }) => subjects.join(", "),
                className: "font-mono text-xs text-soft",
                spare: true,
              },
              ...columns,
            ]}
          />
        )}
      </Listed>
      {open && (
        <TriggerForm
          trigger={null}
          onClose={() => setOpen(false)}
          onSaved={({ id }) => {
            setOpen(false);
            void navigate({ to: "/triggers/$triggerId", params: { triggerId: id } });
          }}
        />
      )}
    </>
  );
}

function Hooks() {
  const t = useWords();
  const s = useSharedWords();
  const { may } = useSession();
  const navigate = useGoOn();
  const columns = useColumns();
  const [open, setOpen] = useOpening("hook", may("definition_write"));
  const [made, setMade] = useState<{ id: string; path: string | null } | null>(null);
  return (
    <>
      <Listed
        list={useHooks()}
        title={t("hooks")}
        actions={
          may("definition_write") && (
            <Button small look="primary" icon={<Plus />} onClick={() => setOpen(true)}>
              {t("new.hook")}
            </Button>
          )
        }
        empty={
          <Empty icon={<Webhook />} title={t("hooks.empty")}>
            {t("hooks.emptyHint")}
          </Empty>
        }
      >
        {(hooks) => (
          <Rows
            label={t("hooks")}
            items={hooks}
            id={({ id }) => id}
            columns={[
              {
                name: s("form.name"),
                cell: ({ id, name }) => (
                  <Link
                    to="/triggers/hooks/$hookId"
                    params={{ hookId: id }}
                    className="hover:underline"
                  >
                    {name}
                  </Link>
                ),
              },
              {
                name: t("fact.verification"),
                cell: ({ verification }) => t(`verification.${verification.type}`),
                className: "text-soft",
                spare: true,
              },
              ...columns,
            ]}
          />
        )}
      </Listed>
      {open && (
        <HookForm
          hook={null}
          onClose={() => setOpen(false)}
          onSaved={(id, path) => {
            setOpen(false);
            setMade({ id, path });
          }}
        />
      )}
      {made && (
        <HookPath
          path={made.path}
          onClose={() => {
            setMade(null);
            void navigate({ to: "/triggers/hooks/$hookId", params: { hookId: made.id } });
          }}
        />
      )}
    </>
  );
}
