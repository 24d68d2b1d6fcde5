// The filters of the trail: those that the API has.

import { type FormEvent, useId, useState } from "react";
import { Problem } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Checkbox, Field, Input, Select } from "@/design/field";
import { fromField } from "@/i18n/local";
import { type Filter, usePeople } from "./queries";
import { useWords } from "./words";

const OUTCOMES = ["done", "begun", "failed", "refused"] as const;

interface FiltersProps {
  error: Error | null;
  /** Actions that are known from what is shown. */
  actions: string[];
  onChange: (filter: Filter) => void;
}

/** The form. */
export function Filters({ error, actions, onChange }: FiltersProps) {
  const t = useWords();
  const { may, project } = useSession();
  const known = useId();
  const people = usePeople(may("user_read"));
  const [action, setAction] = useState("");
  const [actor, setActor] = useState("");
  const [outcome, setOutcome] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [here, setHere] = useState(false);
  const errorOf = (pointer: string) =>
    error instanceof Problem ? error.at(pointer)?.message : undefined;
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const since = fromField(from);
    const before = fromField(to);
    const ended = OUTCOMES.find((one) => one === outcome);
    onChange({
      // The server says which actions there are, and refuses any other.
      ...(action.trim() && { action: action.trim() as NonNullable<Filter["action"]> }),
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
          <Field label={t("filter.actor")} error={errorOf("/actor")}>
            <Select value={actor} onChange={({ target }) => setActor(target.value)}>
              <option value="">{t("filter.everybody")}</option>
              {people.data?.map(({ id, name }) => (
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
            {OUTCOMES.map((one) => (
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
        {project && <Checkbox checked={here} onChange={setHere} label={t("filter.here")} />}
      </div>
    </form>
  );
}
