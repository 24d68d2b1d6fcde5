// What verifying the trail has shown.

import type { Schemas } from "@/api/client";
import { Fact, Facts } from "@/design/layout";
import { Badge } from "@/design/status";
import { number } from "@/i18n/format";
import { useWords } from "./words";

/** The report. */
export function Report({ report }: { report: Schemas["AuditReport"] }) {
  const t = useWords();
  return (
    <div role="status" className="flex flex-col gap-3">
      <p>
        <Badge tone={report.sound ? "good" : "bad"}>
          {report.sound ? t("report.sound") : t("report.bad", { count: report.fault_count })}
        </Badge>
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
                <code className="mr-1 font-mono text-xs">{fault.kind}</code>
                {fault.message}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
