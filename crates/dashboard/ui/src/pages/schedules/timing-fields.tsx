// When a schedule fires: its fields, and beside them what they mean, as the server reads them.

import { type ComponentProps, useEffect, useId, useState } from "react";
import { Problem, type Schemas } from "@/api/client";
import { Failure, Loading } from "@/design/state";
import { binder, ChoiceField, CodeField, TextField } from "@/forms/fields";
import { localZone } from "@/i18n/local";
import { type Draft, policyOf, timingOf } from "./document";
import type { FieldsProps } from "./form";
import { useTimingPreview } from "./queries";
import { Slots, zoneOf } from "./slots";
import { useWords } from "./words";

/** How long nothing is written before the preview is asked for. */
const STILL_MS = 350;
/** How many of the next times are shown. */
const AHEAD = 5;
const TIMINGS = ["cron", "interval", "once"] as const;

/** What stands in the fields once nothing more is written for a moment. */
function useStill<T>(value: T): T {
  const text = JSON.stringify(value);
  const [still, setStill] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), STILL_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return JSON.parse(still) as T;
}

/** What the timing means with its policies, and what is wrong with them. */
export function useMeaning(draft: Draft, schedule: Schemas["Schedule"] | null) {
  const timing = timingOf(draft, schedule?.timing);
  const policy = policyOf(draft, schedule?.policy);
  const wanted = useStill(timing && { timing, policy, count: AHEAD });
  const preview = useTimingPreview(wanted);
  const { error } = preview;
  return {
    wanted,
    preview,
    errorOf: (pointer: string) =>
      error instanceof Problem ? error.at(pointer)?.message : undefined,
  };
}

interface TimingFieldsProps extends FieldsProps {
  meaning: ReturnType<typeof useMeaning>;
}

/** The fields. */
export function TimingFields({ draft, set, errorOf, meaning }: TimingFieldsProps) {
  const t = useWords();
  const zones = useId();
  const to = binder(draft, set, errorOf);
  return (
    <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <ChoiceField
          {...to("timing", "/timing/type")}
          label={t("form.timing")}
          choices={TIMINGS}
          say={(one) => t(`timing.${one}`)}
        />
        {draft.timing === "cron" && (
          <>
            <CodeField
              {...to("expression", "/timing/expression")}
              label={t("form.expression")}
              hint={t("form.expressionHint")}
              required
            />
            <TextField
              {...to("zone", "/timing/zone")}
              label={t("form.zone")}
              required
              list={zones}
              spellCheck={false}
            />
            <datalist id={zones}>
              {["UTC", ...Intl.supportedValuesOf("timeZone")].map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          </>
        )}
        {draft.timing === "interval" && (
          <>
            <TextField
              {...to("every", "/timing/every")}
              label={t("form.every")}
              hint={t("form.everyHint")}
              required
            />
            <MomentField {...to("anchor", "/timing/anchor")} label={t("form.anchor")} />
          </>
        )}
        {draft.timing === "once" && (
          <MomentField {...to("at", "/timing/at")} label={t("form.at")} required />
        )}
      </div>
      <Meaning {...meaning} />
    </div>
  );
}

/** A moment, in the person's time zone. */
export function MomentField(props: ComponentProps<typeof TextField>) {
  const t = useWords();
  const hint = t("form.inZone", { zone: localZone() });
  return <TextField {...props} hint={hint} type="datetime-local" step={1} />;
}

function Meaning({ wanted, preview }: ReturnType<typeof useMeaning>) {
  const t = useWords();
  const { data, error } = preview;
  return (
    <section
      aria-live="polite"
      className="min-w-0 self-start rounded-md border border-line bg-sunken"
    >
      <h3 className="px-4 pt-3 text-sm font-medium">{t("form.meaning")}</h3>
      {wanted === null ? (
        <p className="px-4 pt-1 pb-4 text-sm text-soft">{t("form.previewEmpty")}</p>
      ) : error instanceof Problem && error.faults.length > 0 ? (
        <p className="px-4 pt-1 pb-4 text-sm text-soft">{t("form.previewFaults")}</p>
      ) : error ? (
        <Failure error={error} className="m-3" />
      ) : data ? (
        <>
          <p lang="en" className="px-4 pt-1 pb-2 text-sm">
            {data.meaning}
          </p>
          <Slots slots={data.slots} zone={zoneOf(wanted.timing)} />
        </>
      ) : (
        <Loading className="p-4" />
      )}
    </section>
  );
}
