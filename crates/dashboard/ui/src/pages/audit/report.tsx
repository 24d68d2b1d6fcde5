// What verifying the trail has shown.

import { Check, X } from "lucide-react";
import type { Schemas } from "@/api/client";
import { Fact, Facts } from "@/design/layout";
import { Badge } from "@/design/status";
import { number } from "@/i18n/format";
import { useWords } from "./words";

const KINDS = [
  "changed",
  "missing",
  "out_of_order",
  "unlike",
  "signature",
  "key",
  "index",
  "format",
] as const;

/** The report. */
export function Report({ report }: { report: Schemas["AuditReport"] }) {
  const t = useWords();
  const nameOf = (kind: string) => {
    const known = KINDS.find((one) => one === kind);
    return known ? t(`fault.${known}`) : kind;
  };
  return (
    <div role="status" className="flex flex-col gap-3">
      <p>
        <Badge tone={report.sound ? "good" : "bad"} icon={report.sound ? <Check /> : <X />}>
          {report.sound ? t("report.sound") : t("report.bad", { count: report.fault_count })}
        </Badge>
      </p>
      <p className="max-w-prose text-sm">
        {report.sound
          ? t("report.soundHint", { entries: number(report.entries) })
          : t("report.badHint")}
        {report.unsealed > 0 && ` ${t("report.unsealedHint", { count: report.unsealed })}`}
      </p>
      <Facts>
        <Fact name={t("report.entries")}>{number(report.entries)}</Fact>
        <Fact name={t("report.chains")}>{number(report.chains)}</Fact>
        <Fact name={t("report.checkpoints")}>{number(report.checkpoints)}</Fact>
        <Fact name={t("report.unsealed")}>{number(report.unsealed)}</Fact>
        {report.last_checkpoint && (
          <Fact name={t("report.last")}>
            <code className="font-mono text-xs break-all">{report.last_checkpoint}</code>
          </Fact>
        )}
        {report.keys.length > 0 && (
          <Fact name={t("report.keys")}>
            {report.keys.map((key) => (
              <code key={key} className="block font-mono text-xs break-all">
                {key}
              </code>
            ))}
          </Fact>
        )}
      </Facts>
      {report.faults.length > 0 && (
        <section>
          <h3 className="mb-1 text-sm font-medium">{t("report.faults")}</h3>
          <ul className="list-disc pl-5 text-sm">
            {report.faults.map((fault) => (
              <li key={`${fault.kind}${fault.stream}${fault.seq}${fault.checkpoint}`}>
                <span className="font-medium">{nameOf(fault.kind)}</span>
                {fault.stream && (
                  <code className="ml-1 font-mono text-xs text-soft">
                    {fault.stream}
                    {fault.seq != null && ` ${fault.seq}`}
                  </code>
                )}
                <span className="block">{fault.message}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
