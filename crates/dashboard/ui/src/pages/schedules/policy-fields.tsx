// The fields of a schedule's policies: missed times, overlaps, and the bounds of it all.

import { binder, ChoiceField, TextField } from "@/forms/fields";
import type { FieldsProps } from "./form";
import { MomentField } from "./timing-fields";
import { useWords } from "./words";

const MISFIRES = ["fire_once", "fire_all", "skip"] as const;
const OVERLAPS = ["skip", "queue", "allow", "cancel_previous"] as const;

/** The fields. */
export function PolicyFields({ draft, set, errorOf }: FieldsProps) {
  const t = useWords();
  const to = binder(draft, set, errorOf);
  return (
    <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
      <ChoiceField
        {...to("overlap", "/policy/overlap")}
        label={t("form.overlap")}
        choices={OVERLAPS}
        say={(one) => t(`overlap.${one}`)}
      />
      <div className="flex flex-col gap-3">
        <ChoiceField
          {...to("misfire", "/policy/misfire/type")}
          label={t("form.misfire")}
          choices={MISFIRES}
          say={(one) => t(`misfire.${one}`)}
        />
        {draft.misfire === "fire_all" && (
          <TextField
            {...to("within", "/policy/misfire/within")}
            label={t("form.within")}
            required
          />
        )}
      </div>
      <MomentField {...to("start", "/policy/start")} label={t("form.start")} />
      <MomentField {...to("end", "/policy/end")} label={t("form.end")} />
      <TextField
        {...to("maxFires", "/policy/max_fires")}
        label={t("form.maxFires")}
        type="number"
        min={1}
        step={1}
      />
      <TextField
        {...to("attempts", "/policy/retry")}
        label={t("form.attempts")}
        hint={t("form.attemptsHint")}
        type="number"
        min={2}
        max={10}
        step={1}
      />
      <TextField
        {...to("jitter", "/policy/jitter")}
        label={t("form.jitter")}
        hint={t("form.jitterHint")}
      />
    </div>
  );
}
