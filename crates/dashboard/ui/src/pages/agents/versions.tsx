// The versions of an agent, and what changed between two of them, line by line.

import { useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { useMemo, useState } from "react";
import { api, body, type Schemas, version } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { diffLines } from "@/design/diff";
import { Field, Select } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { useToast } from "@/design/toast";
import { moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { toText } from "./definition-text";

import { definitionOf, useVersions } from "./queries";
import { useWords } from "./words";

type Version = Schemas["AgentVersion"];

/** The view. */
export function VersionsView({ agent }: { agent: Schemas["Agent"] }) {
  const t = useWords();
  const c = useVocabulary();
  const versions = useVersions(agent.id);
  const [fromId, setFromId] = useState<string | null>(null);
  const [toId, setToId] = useState<string | null>(null);
  const { items } = versions;
  const to = items.find(({ id }) => id === toId) ?? items[0];
  const from = items.find(({ id }) => id === fromId) ?? items[1] ?? to;
  if (from === undefined || to === undefined) {
    return versions.error ? (
      <Failure error={versions.error} onRetry={versions.retry} />
    ) : (
      <Loading />
    );
  }
  const choose = (label: string, chosen: Version, onChoose: (id: string) => void) => (
    <Field label={label} required className="flex-1 basis-56">
      <Select value={chosen.id} onChange={({ target }) => onChoose(target.value)}>
        {items.map((one) => (
          <option key={one.id} value={one.id}>
            {t("versions.number", { number: one.number })} · {moment(one.created_at)}
            {one.id === agent.version_id && ` · ${t("versions.present")}`}
          </option>
        ))}
      </Select>
    </Field>
  );
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-4">
        {choose(t("versions.from"), from, setFromId)}
        {choose(t("versions.to"), to, setToId)}
        {versions.hasMore && (
          <Button busy={versions.isFetching} onClick={versions.more}>
            {c("action.more")}
          </Button>
        )}
      </div>
      {items.length === 1 && <p className="text-sm text-soft">{t("versions.one")}</p>}
      <Card
        flush
        title={
          from.id === to.id
            ? t("versions.number", { number: to.number })
            : t("versions.diff", { from: from.number, to: to.number })
        }
      >
        <Diff from={from} to={to} />
      </Card>
      <div className="flex flex-wrap justify-end gap-2">
        {[from, to]
          .filter((one, place, all) => one.id !== agent.version_id && all.indexOf(one) === place)
          .map((one) => (
            <Restore key={one.id} agent={agent} to={one} />
          ))}
      </div>
    </div>
  );
}

const MARKS = { same: " ", removed: "−", added: "+" };

function Diff({ from, to }: { from: Version; to: Version }) {
  const t = useWords();
  const lines = useMemo(
    () => diffLines(toText(definitionOf(from)).trimEnd(), toText(definitionOf(to)).trimEnd()),
    [from, to],
  );
  const label = t("versions.diff", { from: from.number, to: to.number });
  return (
    <>
      {from.id !== to.id && lines.every(({ kind }) => kind === "same") && (
        <p className="border-b border-line px-4 py-2 text-sm text-soft">{t("versions.same")}</p>
      )}
      <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto">
        <ol className="w-max min-w-full py-2 font-mono text-xs">
          {lines.map(({ kind, text }, place) => (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
              key={place}
              className={clsx(
                "flex whitespace-pre px-4 leading-5",
                kind === "added" && "bg-good-wash text-good",
                kind === "removed" && "bg-bad-wash text-bad",
              )}
            >
              <span aria-hidden className="w-5 shrink-0 select-none">
                {MARKS[kind]}
              </span>
              {kind !== "same" && <span className="sr-only">{t(`versions.${kind}`)}: </span>}
              <span>{text || " "}</span>
            </li>
          ))}
        </ol>
      </div>
    </>
  );
}

function Restore({ agent, to }: { agent: Schemas["Agent"]; to: Version }) {
  const t = useWords();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  if (!may("definition_write")) return null;
  const label = t("versions.restore", { number: to.number });
  const restore = async () => {
    try {
      const next = await body(
        api.PUT("/api/v1/agents/{agent_id}", {
          params: { path: { agent_id: agent.id }, header: { "If-Match": version(agent) } },
          body: to.definition,
        }),
      );
      say(t("said.saved", { number: next.version }));
    } finally {
      // Somebody may have been faster: the page shows it, and asks again from there.
      await client.invalidateQueries({ queryKey: ["agents"] });
    }
  };
  return (
    <Confirm
      trigger={<Button>{label}</Button>}
      title={t("versions.restoreAsk", { number: to.number })}
      action={label}
      danger={false}
      onConfirm={restore}
    >
      {t("versions.restoreHint")}
    </Confirm>
  );
}
