// Tries something against the other side, and shows what came of it.

import { CircleCheck, CircleX } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Fact, Facts } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { Badge } from "@/design/status";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWords } from "./words";

/** What every report says. */
interface Report {
  ok: boolean;
  failure?: Schemas["Failure"] | null;
}

interface TestProps<R extends Report> {
  /** What is tried. */
  name: string;
  /** What the button says. */
  label?: string;
  test: () => Promise<R>;
  /** What else the report says, as facts. */
  facts: (report: R) => ReactNode;
}

/** The button, with the window that it opens. */
export function Test<R extends Report>({ name, label, test, facts }: TestProps<R>) {
  const t = useWords();
  const c = useVocabulary();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<R | null>(null);
  const [error, setError] = useState<unknown>(null);
  const run = async () => {
    setOpen(true);
    setBusy(true);
    setReport(null);
    setError(null);
    try {
      setReport(await test());
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button small busy={busy} onClick={() => void run()}>
        {label ?? t("test.do")}
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={name}
        description={busy ? t("test.running") : undefined}
        foot={
          <>
            <Button busy={busy} onClick={() => void run()}>
              {t("test.again")}
            </Button>
            <Button look="primary" onClick={() => setOpen(false)}>
              {c("action.close")}
            </Button>
          </>
        }
      >
        <div role="status" className="flex flex-col gap-3">
          {busy && <Loading rows={2} />}
          {error !== null && <Failure error={error} />}
          {report && (
            <>
              <Badge
                tone={report.ok ? "good" : "bad"}
                icon={report.ok ? <CircleCheck aria-hidden /> : <CircleX aria-hidden />}
                className="self-start"
              >
                {report.ok ? t("test.ok") : t("test.bad")}
              </Badge>
              {report.failure && <p className="break-words">{report.failure.message}</p>}
              <Facts>
                {facts(report)}
                {report.failure && (
                  <Fact name={t("test.code")}>
                    <code className="font-mono text-xs">{report.failure.code}</code>
                  </Fact>
                )}
              </Facts>
            </>
          )}
        </div>
      </Dialog>
    </>
  );
}
