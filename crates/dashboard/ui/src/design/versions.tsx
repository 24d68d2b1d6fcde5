// The versions of a definition: what changed between two of them, and the way back to one.

import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Paged } from "@/api/pages";
import { moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Button } from "./button";
import { Confirm } from "./dialog";
import { DiffText } from "./diff-text";
import { Field, Select } from "./field";
import { Card } from "./layout";
import { Failure, Loading } from "./state";
import { useToast } from "./toast";

interface Version {
  id: string;
  number: number;
  created_at: string;
}

interface VersionsProps<V extends Version> {
  /** The newest first. */
  versions: Paged<V>;
  /** The id of the one that is used now. */
  present: string;
  /** A definition as it is compared. */
  textOf: (version: V) => string;
  /** Makes the newest version of an older one; without it nobody is offered to. */
  restore: ((version: V) => Promise<unknown>) | false;
  /** With what the keys of the queries begin that a version changes. */
  kind: string;
}

/** The newest two are compared, until others are chosen. */
export function Versions<V extends Version>(props: VersionsProps<V>) {
  const { versions, present, textOf, restore, kind } = props;
  const t = useVocabulary();
  const [fromId, setFromId] = useState<string | null>(null);
  const [toId, setToId] = useState<string | null>(null);
  const { items } = versions;
  const to = items.find(({ id }) => id === toId) ?? items[0];
  const from = items.find(({ id }) => id === fromId) ?? items[1] ?? to;
  const choose = (label: string, chosen: V, onChoose: (id: string) => void) => (
    <Field label={label} required className="flex-1 basis-56">
      <Select value={chosen.id} onChange={({ target }) => onChoose(target.value)}>
        {items.map(({ id, number, created_at }) => (
          <option key={id} value={id}>
            {t("versions.number", { number })} · {moment(created_at)}
            {id === present && ` · ${t("versions.present")}`}
          </option>
        ))}
      </Select>
    </Field>
  );
  return (
    <Card title={t("versions")} flush>
      {versions.error && (
        <Failure error={versions.error} onRetry={versions.retry} className="m-4" />
      )}
      {versions.isPending && !versions.error && <Loading className="px-4" />}
      {from && to && (
        <>
          <div className="flex flex-wrap items-end gap-4 border-b border-line px-4 py-3">
            {choose(t("versions.from"), from, setFromId)}
            {choose(t("versions.to"), to, setToId)}
            {versions.hasMore && (
              <Button busy={versions.isFetching} onClick={versions.more}>
                {t("action.more")}
              </Button>
            )}
          </div>
          <Difference from={from} to={to} textOf={textOf} only={items.length === 1} />
          {restore && (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line px-4 py-2 empty:hidden">
              {[from, to]
                .filter(({ id }, at, all) => id !== present && all[at - 1]?.id !== id)
                .map((one) => (
                  <Restore
                    key={one.id}
                    number={one.number}
                    kind={kind}
                    restore={() => restore(one)}
                  />
                ))}
            </div>
          )}
        </>
      )}
    </Card>
  );
}

interface DifferenceProps<V> {
  from: V;
  to: V;
  textOf: (version: V) => string;
  only: boolean;
}

function Difference<V extends Version>({ from, to, textOf, only }: DifferenceProps<V>) {
  const t = useVocabulary();
  const [before, after] = useMemo(() => [textOf(from), textOf(to)], [from, to, textOf]);
  return (
    <DiffText
      from={before}
      to={after}
      label={t("versions.diff", { from: from.number, to: to.number })}
      same={only ? t("versions.one") : t("versions.same")}
    />
  );
}

interface RestoreProps {
  number: number;
  kind: string;
  restore: () => Promise<unknown>;
}

function Restore({ number, kind, restore }: RestoreProps) {
  const t = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const label = t("versions.restore", { number });
  const confirm = async () => {
    try {
      await restore();
      say(t("versions.restored"));
    } finally {
      // Somebody may have been faster: the page shows it, and asks again from there.
      await client.invalidateQueries({ queryKey: [kind] });
    }
  };
  return (
    <Confirm
      trigger={<Button>{label}</Button>}
      title={t("versions.restoreAsk", { number })}
      action={label}
      danger={false}
      onConfirm={confirm}
    >
      {t("versions.restoreHint")}
    </Confirm>
  );
}
