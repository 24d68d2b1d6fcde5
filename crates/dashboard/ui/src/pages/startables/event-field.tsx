// Which events: the kinds that the server tells, to tick, and patterns of one's own.

import { Checkbox } from "@/design/field";
import { LinesField } from "@/forms/fields";
import { EVENT_KINDS, type EventChoice, type KindGroup } from "./event-kinds";
import { useWords } from "./words";

interface EventFieldProps {
  choice: EventChoice;
  onChange: (choice: EventChoice) => void;
  error: string | undefined;
}

/** Groups that stand there at once; the others are folded, as few choose one of them. */
const OPEN = ["runs", "approvals"] as const;
const FOLDED = ["course", "nodes", "steps"] as const;

/** The fields. */
export function EventField({ choice, onChange, error }: EventFieldProps) {
  const t = useWords();
  const ticked = (group: KindGroup) =>
    EVENT_KINDS[group].filter((kind) => choice.kinds.includes(kind)).length;
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 text-sm font-medium">{t("events")}</legend>
      <div className="flex flex-col gap-2 rounded-md border border-line p-3">
        {OPEN.map((group) => (
          <Kinds key={group} group={group} choice={choice} onChange={onChange} />
        ))}
        {FOLDED.map((group) => (
          <details key={group} open={ticked(group) > 0 || undefined}>
            <summary className="text-sm text-soft hover:text-ink">{t(`events.${group}`)}</summary>
            <div className="pt-2">
              <Kinds group={group} choice={choice} onChange={onChange} />
            </div>
          </details>
        ))}
      </div>
      <LinesField
        value={choice.others}
        onChange={(others) => onChange({ ...choice, others })}
        error={error}
        label={t("events.others")}
        hint={t("events.othersHint")}
        rows={2}
        code
      />
    </fieldset>
  );
}

function Kinds({ group, choice, onChange }: Omit<EventFieldProps, "error"> & { group: KindGroup }) {
  const tick = (kind: string, on: boolean) =>
    onChange({
      ...choice,
      kinds: on ? [...choice.kinds, kind] : choice.kinds.filter((one) => one !== kind),
    });
  return (
    <div className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
      {EVENT_KINDS[group].map((kind) => (
        <Checkbox
          key={kind}
          checked={choice.kinds.includes(kind)}
          onChange={(on) => tick(kind, on)}
          label={<code className="font-mono text-xs">{kind}</code>}
        />
      ))}
    </div>
  );
}
