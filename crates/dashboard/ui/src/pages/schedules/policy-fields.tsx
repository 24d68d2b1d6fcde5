// The fields of a schedule's policies: missed times, overlaps, and the bounds of it all.

import { Field, Input, Select } from "@/design/field";
import { localZone } from "@/i18n/local";
import type { FieldsProps } from "./form";
import { MomentInput } from "./timing-fields";
import { useWords } from "./words";

const MISFIRES = ["fire_once", "fire_all", "skip"] as const;
const OVERLAPS = ["skip", "queue", "allow", "cancel_previous"] as const;

/** The fields. */
export function PolicyFields({ draft, set, errorOf }: FieldsProps) {
  const t = useWords();
  const zone = t("form.inZone", { zone: localZone() });
  return (
    <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
      <Field label={t("form.overlap")} required error={errorOf("/policy/overlap")}>
        <Select
          value={draft.overlap}
          onChange={({ target }) =>
            set({ overlap: OVERLAPS.find((one) => one === target.value) ?? "skip" })
          }
        >
          {OVERLAPS.map((one) => (
            <option key={one} value={one}>
              {t(`overlap.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      <div className="flex flex-col gap-3">
        <Field label={t("form.misfire")} required error={errorOf("/policy/misfire/type")}>
          <Select
            value={draft.misfire}
            onChange={({ target }) =>
              set({ misfire: MISFIRES.find((one) => one === target.value) ?? "fire_once" })
            }
          >
            {MISFIRES.map((one) => (
              <option key={one} value={one}>
                {t(`misfire.${one}`)}
              </option>
            ))}
          </Select>
        </Field>
        {draft.misfire === "fire_all" && (
          <Field label={t("form.within")} required error={errorOf("/policy/misfire/within")}>
            <Input value={draft.within} onChange={({ target }) => set({ within: target.value })} />
          </Field>
        )}
      </div>
      <Field label={t("form.start")} hint={zone} error={errorOf("/policy/start")}>
        <MomentInput value={draft.start} onChange={(start) => set({ start })} />
      </Field>
      <Field label={t("form.end")} hint={zone} error={errorOf("/policy/end")}>
        <MomentInput value={draft.end} onChange={(end) => set({ end })} />
      </Field>
      <Field label={t("form.maxFires")} error={errorOf("/policy/max_fires")}>
        <Input
          type="number"
          min={1}
          step={1}
          value={draft.maxFires}
          onChange={({ target }) => set({ maxFires: target.value })}
        />
      </Field>
      <Field
        label={t("form.attempts")}
        hint={t("form.attemptsHint")}
        error={errorOf("/policy/retry")}
      >
        <Input
          type="number"
          min={2}
          max={10}
          step={1}
          value={draft.attempts}
          onChange={({ target }) => set({ attempts: target.value })}
        />
      </Field>
      <Field
        label={t("form.jitter")}
        hint={t("form.jitterHint")}
        required
        error={errorOf("/policy/jitter")}
      >
        <Input value={draft.jitter} onChange={({ target }) => set({ jitter: target.value })} />
      </Field>
    </div>
  );
}
