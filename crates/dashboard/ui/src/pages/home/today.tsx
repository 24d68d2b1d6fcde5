// What today's runs have come to: how many, how many failed, and what they cost.

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import type { ReactNode } from "react";
import { api, body } from "@/api/client";
import { Card } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { useNow } from "@/design/time";
import { compact, money, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { dayOf, runsIn } from "./day";
import { useWords } from "./words";

/** The numbers of the person's own day. */
export function Today() {
  const t = useWords();
  const c = useVocabulary();
  const { from, to } = dayOf(new Date(useNow()));
  const query = useQuery({
    queryKey: ["usage", from],
    queryFn: () => body(api.GET("/api/v1/usage", { params: { query: { from, to } } })),
  });
  const usage = query.data;
  const failed = usage ? runsIn(usage, ["failed", "timed_out"]) : 0;
  return (
    <Card title={t("today.title")}>
      {query.error && (
        <Failure error={query.error} onRetry={() => void query.refetch()} className="mb-3" />
      )}
      {usage ? (
        <dl className="grid grid-cols-4 gap-4 max-sm:grid-cols-2">
          <Figure name={t("today.runs")}>{number(runsIn(usage))}</Figure>
          <Figure name={t("today.failed")} bad={failed > 0}>
            {number(failed)}
          </Figure>
          <Figure
            name={t("today.cost")}
            more={usage.unpriced_calls > 0 && `+ ${c("cost.unpriced")}`}
          >
            {money(usage.cost_micro_usd)}
          </Figure>
          <Figure
            name={t("today.tokens")}
            more={t("today.tokensValue", {
              in: compact(usage.input_tokens),
              out: compact(usage.output_tokens),
            })}
          >
            {compact(usage.input_tokens + usage.output_tokens)}
          </Figure>
        </dl>
      ) : (
        !query.error && <Loading rows={2} />
      )}
    </Card>
  );
}

interface FigureProps {
  name: string;
  more?: ReactNode;
  bad?: boolean;
  children: ReactNode;
}

function Figure({ name, more, bad, children }: FigureProps) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-soft">{name}</dt>
      <dd className={clsx("text-xl font-semibold tabular-nums", bad && "text-bad")}>
        {children}
        {more && <span className="block text-xs font-normal text-soft">{more}</span>}
      </dd>
    </div>
  );
}
