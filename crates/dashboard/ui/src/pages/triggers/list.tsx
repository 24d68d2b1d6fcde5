// All triggers and hooks of the project.

import { Link, useNavigate } from "@tanstack/react-router";
import { Webhook, Zap } from "lucide-react";
import { useState } from "react";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Card, Page, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Ago } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { Starts } from "../startables/choice";
import { PageList } from "../startables/page-list";
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

function Head({ about }: { about: string }) {
  const t = useWords();
  const s = useSharedWords();
  return (
    <>
      <Th>{s("form.name")}</Th>
      <Th>{about}</Th>
      <Th>{s("fact.starts")}</Th>
      <Th>{t("col.counts")}</Th>
      <Th>{t("col.last")}</Th>
      <Th>{t("col.status")}</Th>
    </>
  );
}

function Triggers() {
  const t = useWords();
  const s = useSharedWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const list = useTriggers();
  const [open, setOpen] = useState(false);
  return (
    <Card
      flush
      title={t("triggers")}
      actions={
        may("definition_write") && (
          <Button small look="primary" onClick={() => setOpen(true)}>
            {t("new.trigger")}
          </Button>
        )
      }
    >
      <PageList
        list={list}
        label={t("triggers")}
        head={<Head about={s("fact.events")} />}
        empty={
          <Empty icon={<Zap />} title={t("triggers.empty")}>
            {t("triggers.emptyHint")}
          </Empty>
        }
      >
        {(trigger) => (
          <tr key={trigger.id}>
            <Td className="min-w-36">
              <Link
                to="/triggers/$triggerId"
                params={{ triggerId: trigger.id }}
                className="font-medium hover:underline"
              >
                {trigger.name}
              </Link>
            </Td>
            <Td className="min-w-32 font-mono text-xs text-soft">{trigger.subjects.join(", ")}</Td>
            <Td className="min-w-32">
              <Starts starts={trigger.starts} />
            </Td>
            <Td className="min-w-32">
              <Counts counts={trigger.counts} />
            </Td>
            <Td className="text-soft">
              <Last at={trigger.last_at} />
            </Td>
            <Td>
              <Enabled enabled={trigger.enabled} />
            </Td>
          </tr>
        )}
      </PageList>
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
    </Card>
  );
}

function Hooks() {
  const t = useWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const list = useHooks();
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<{ id: string; path: string | null } | null>(null);
  return (
    <Card
      flush
      title={t("hooks")}
      actions={
        may("definition_write") && (
          <Button small look="primary" onClick={() => setOpen(true)}>
            {t("new.hook")}
          </Button>
        )
      }
    >
      <PageList
        list={list}
        label={t("hooks")}
        head={<Head about={t("fact.verification")} />}
        empty={
          <Empty icon={<Webhook />} title={t("hooks.empty")}>
            {t("hooks.emptyHint")}
          </Empty>
        }
      >
        {(hook) => (
          <tr key={hook.id}>
            <Td className="min-w-36">
              <Link
                to="/triggers/hooks/$hookId"
                params={{ hookId: hook.id }}
                className="font-medium hover:underline"
              >
                {hook.name}
              </Link>
            </Td>
            <Td className="min-w-32 text-soft">{t(`verification.${hook.verification.type}`)}</Td>
            <Td className="min-w-32">
              <Starts starts={hook.starts} />
            </Td>
            <Td className="min-w-32">
              <Counts counts={hook.counts} />
            </Td>
            <Td className="text-soft">
              <Last at={hook.last_at} />
            </Td>
            <Td>
              <Enabled enabled={hook.enabled} />
            </Td>
          </tr>
        )}
      </PageList>
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
    </Card>
  );
}

function Last({ at }: { at: string | null | undefined }) {
  const c = useVocabulary();
  return at ? <Ago at={at} /> : c("never");
}
