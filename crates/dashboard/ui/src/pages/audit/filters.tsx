// The filters of the trail: those that the API has.

import { type FormEvent, useId, useState } from "react";
import { Problem } from "@/api/client";
import { AUDIT_OUTCOMES, type AuditSearch } from "@/app/searches";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Checkbox, Field, Input, Select } from "@/design/field";
import { fromField, toField } from "@/i18n/local";
import { useVocabulary } from "@/i18n/vocabulary";
import { type Filter, usePeople } from "./queries";
import { useWords } from "./words";

interface FiltersProps {
  /** Those that hold now. */
  filter: Filter;
  error: Error | null;
  /** Actions that are known from what is shown. */
  actions: string[];
  onChange: (filter: AuditSearch) => void;
}

/** The form. */
export function Filters({ filter, error, actions, onChange }: FiltersProps) {
  const t = useWords();
  const c = useVocabulary();
  const { may, project } = useSession();
  const known = useId();
  const people = usePeople(may("user_read"));
  const [action, setAction] = useState<string>(filter.action ?? "");
  const [actor, setActor] = useState<string>(filter.actor ?? "");
  const [outcome, setOutcome] = useState<string>(filter.outcome ?? "");
  const [from, setFrom] = useState(filter.from ? toField(filter.from) : "");
  const [to, setTo] = useState(filter.to ? toField(filter.to) : "");
  const [here, setHere] = useState(filter.project !== undefined);
  const errorOf = (pointer: string) =>
    error instanceof Problem ? error.at(pointer)?.message : undefined;
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const since = fromField(from);
    const before = fromField(to);
    const ended = AUDIT_OUTCOMES.find((one) => one === outcome);
    onChange({
      ...(action.trim() && { action: action.trim() }),
      ...(actor.trim() && { actor: actor.trim() }),
      ...(ended && { outcome: ended }),
      ...(since && { from: since }),
      ...(before && { to: before }),
      ...(here && project && { project: project.id }),
    });
  };
  return (
    <form onSubmit={apply} className="flex flex-col gap-3" noValidate>
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        <Field label={t("filter.action")} hint={t("filter.actionHint")} error={errorOf("/action")}>
          <Input
            list={known}
            spellCheck={false}
            value={action}
            onChange={({ target }) => setAction(target.value)}
          />
        </Field>
        <datalist id={known}>
          {[...new Set(actions)].sort().map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        {may("user_read") ? (
          <Field
            label={t("filter.actor")}
            error={errorOf("/actor")}
            hint={
              people.data?.isWhole === false && c("list.cut", { most: people.data.items.length })
            }
          >
            <Select value={actor} onChange={({ target }) => setActor(target.value)}>
              <option value="">{t("filter.everybody")}</option>
              {people.data?.items.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
        ) : (
          <Field label={t("filter.actor")} hint={t("filter.actorHint")} error={errorOf("/actor")}>
            <Input value={actor} onChange={({ target }) => setActor(target.value)} />
          </Field>
        )}
        <Field label={t("filter.outcome")} error={errorOf("/outcome")}>
          <Select value={outcome} onChange={({ target }) => setOutcome(target.value)}>
            <option value="">{t("filter.any")}</option>
            {AUDIT_OUTCOMES.map((one) => (
              <option key={one} value={one}>
                {t(`outcome.${one}`)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={t("filter.from")} error={errorOf("/from")}>
          <Input
            type="datetime-local"
            step={1}
            value={from}
            onChange={({ target }) => setFrom(target.value)}
          />
        </Field>
        <Field label={t("filter.to")} error={errorOf("/to")}>
          <Input
            type="datetime-local"
            step={1}
            value={to}
            onChange={({ target }) => setTo(target.value)}
          />
        </Field>
      </div>
      <div className="flex flex-wrap items-center gap-4">
        <Button type="submit">{t("filter.apply")}</Button>
        {Object.keys(filter).length > 0 && (
          <Button look="quiet" onClick={() => onChange({})}>
            {t("filter.clear")}
          </Button>
        )}
        {project && <Checkbox checked={here} onChange={setHere} label={t("filter.here")} />}
      </div>
    </form>
  );
}
