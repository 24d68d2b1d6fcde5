// The inbox: what runs ask of people, and where people answer.

import { useNavigate, useSearch } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useRef } from "react";
import { APPROVAL_VIEWS, type ApprovalView } from "@/app/searches";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Empty, Failure, Loading } from "@/design/state";
import { Tabs } from "@/design/tabs";
import { useVocabulary } from "@/i18n/vocabulary";
import { ApprovalCard } from "./card";
import { useApproval, useApprovals } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Approvals() {
  const t = useWords();
  const search = useSearch({ from: "/approvals" });
  const navigate = useNavigate({ from: "/approvals" });
  const view = search.view ?? "mine";
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Tabs
        label={t("filter.label")}
        value={view}
        onChange={(next) =>
          void navigate({
            search: { view: APPROVAL_VIEWS.find((one) => one === next) },
            replace: true,
          })
        }
        tabs={APPROVAL_VIEWS.map((one) => ({
          id: one,
          name: t(`filter.${one}`),
          content: one === view && <List view={one} first={search.id} />,
        }))}
      />
    </Page>
  );
}

function List({ view, first }: { view: ApprovalView; first: string | undefined }) {
  const t = useWords();
  const c = useVocabulary();
  const place = useRef<HTMLDivElement>(null);
  const approvals = useApprovals(view === "mine" ? "open" : view, view === "mine");
  const named = useApproval(first);
  const failure = approvals.error && <Failure error={approvals.error} onRetry={approvals.retry} />;
  if (approvals.at === 0) return failure ?? <Loading />;
  // The one that the address names comes first, also where it is not of this view any more.
  const items = [
    ...(named.data ? [named.data] : []),
    ...approvals.items.filter(({ id }) => id !== named.data?.id),
  ];
  // Whoever has decided goes on with the next.
  const onDecided = () => place.current?.focus();
  return (
    <div
      ref={place}
      tabIndex={-1}
      role="group"
      aria-label={t(`filter.${view}`)}
      className="flex max-w-3xl flex-col gap-3 outline-none"
    >
      {failure}
      {named.error && <Failure error={named.error} onRetry={() => void named.refetch()} />}
      {items.length === 0 && !failure && !named.error && (
        <Empty icon={<CircleCheck />} title={view === "mine" ? t("empty.mine") : t("empty.other")}>
          {view === "mine" && t("empty.hint")}
        </Empty>
      )}
      {items.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} onDecided={onDecided} />
      ))}
      {approvals.hasMore && (
        <Button
          look="quiet"
          className="self-center"
          busy={approvals.isFetching}
          onClick={approvals.more}
        >
          {c("action.more")}
        </Button>
      )}
    </div>
  );
}
