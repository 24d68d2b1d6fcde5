// A run that waits for money: whoever may start runs raises its limit.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, done, Problem, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Field, Input } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { money } from "@/i18n/format";
import { ENDED } from "./queries";
import { RunLink } from "./run-link";
import { useWords } from "./words";

const MICRO = 1_000_000;

/** What a person wrote as dollars, in millionths; `null` if it is no such amount. */
export function microUsd(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(plain)) return null;
  return Math.round(Number(plain) * MICRO);
}

/** That the run, or one below it, waits for money, and the form to give more. */
export function BudgetSpent({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const { may } = useSession();
  const { budget } = run;
  return (
    <Card title={t("budget.title")} className="border-wait/50">
      {budget ? (
        <div className="flex flex-col gap-3">
          <p className="text-sm">{t("budget.stands", amounts(budget))}</p>
          {may("run_start") && <Form runId={run.id} budget={budget} />}
        </div>
      ) : (
        <p className="text-sm">
          {t("budget.above")} <RunLink id={run.parent_id ?? run.root_id} />
        </p>
      )}
    </Card>
  );
}

function amounts(budget: Schemas["Budget"]) {
  return { spent: money(budget.spent_micro_usd), limit: money(budget.limit_micro_usd) };
}

/** What it may spend, and while it has not ended the way to let it spend more. */
export function BudgetFact({ run, budget }: { run: Schemas["Run"]; budget: Schemas["Budget"] }) {
  const t = useWords();
  const { may } = useSession();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      {t("fact.budgetValue", amounts(budget))}
      {may("run_start") && !ENDED.has(run.status) && (
        <button type="button" className="text-accent hover:underline" onClick={() => setOpen(true)}>
          {t("budget.raise")}
        </button>
      )}
      <Dialog open={open} onClose={close} title={t("budget.raiseTitle")}>
        <p className="mb-3 text-sm">{t("fact.budgetValue", amounts(budget))}</p>
        <Form runId={run.id} budget={budget} onRaised={close} />
      </Dialog>
    </span>
  );
}

interface FormProps {
  runId: string;
  budget: Schemas["Budget"];
  onRaised?: () => void;
}

function Form({ runId, budget, onRaised }: FormProps) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const amount = microUsd(text);
  const bad =
    amount === null
      ? t("budget.notMoney")
      : amount <= budget.limit_micro_usd && t("budget.tooLittle");
  const refused = error instanceof Problem ? error.at("/cost_micro_usd")?.message : undefined;
  const raise = async (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
    if (bad || amount === null) return;
    setBusy(true);
    setError(null);
    try {
      await done(
        api.POST("/api/v1/runs/{run_id}/budget", {
          params: { path: { run_id: runId } },
          body: { cost_micro_usd: amount },
        }),
      );
      say(t("said.raised"));
      onRaised?.();
      await client.invalidateQueries({ queryKey: ["run", runId] });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form noValidate onSubmit={raise} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start gap-2">
        <Field
          label={t("budget.limit")}
          hint={t("budget.hint")}
          required
          error={(asked && bad) || refused}
          className="w-72 max-w-full"
        >
          <Input
            inputMode="decimal"
            placeholder={String((budget.limit_micro_usd * 2) / MICRO)}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </Field>
        <Button type="submit" look="primary" className="mt-6" busy={busy}>
          {t("budget.raise")}
        </Button>
      </div>
      {error !== null && !refused && <Failure error={error} />}
    </form>
  );
}
