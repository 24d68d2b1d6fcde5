// The chat with an agent: the person's threads, and the one that is open.

import { useNavigate, useSearch } from "@tanstack/react-router";
import clsx from "clsx";
import { MessageSquare, Plus } from "lucide-react";
import { useState } from "react";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Select } from "@/design/field";
import { Empty, Failure, Loading } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import { useMessages, useThreads } from "../queries";
import { Composer } from "./composer";
import { Exchange } from "./exchange";
import { Following } from "./following";
import { useWords } from "./words";

/** What the address says of a thread that has yet to begin. */
const NEW = "new";

/** The view. */
export function Chat({ agentId }: { agentId: string }) {
  const threads = useThreads(agentId);
  // A list that was read once stays, with what is being written below it.
  if (threads.at === 0)
    return threads.error ? <Failure error={threads.error} onRetry={threads.retry} /> : <Loading />;
  return <Open agentId={agentId} threads={threads} />;
}

function Open({ agentId, threads }: { agentId: string; threads: ReturnType<typeof useThreads> }) {
  const search = useSearch({ from: "/agents/$agentId" });
  const navigate = useNavigate({ from: "/agents/$agentId" });
  // The newest at first; one that begins elsewhere later does not take its place.
  const [first] = useState(threads.items[0]?.id ?? NEW);
  const [begun, setBegun] = useState<string | null>(null);
  const shown = search.thread ?? first;
  const open = (thread: string) =>
    void navigate({ search: { ...search, thread }, replace: shown === NEW });
  return (
    <div className="grid gap-4 lg:grid-cols-[14rem_minmax(0,1fr)]">
      <Threads threads={threads} shown={shown} onOpen={open} />
      <Conversation
        key={shown}
        agentId={agentId}
        threadId={shown === NEW ? null : shown}
        focused={shown === begun}
        onSent={(thread) => {
          if (thread === shown) return;
          setBegun(thread);
          open(thread);
        }}
      />
    </div>
  );
}

interface ThreadsProps {
  threads: ReturnType<typeof useThreads>;
  shown: string;
  onOpen: (id: string) => void;
}

function Threads({ threads, shown, onOpen }: ThreadsProps) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { items } = threads;
  return (
    <nav aria-label={t("threads")} className="flex min-w-0 gap-2 lg:flex-col">
      {may("run_start") && (
        <Button icon={<Plus />} disabled={shown === NEW} onClick={() => onOpen(NEW)}>
          {t("thread.new")}
        </Button>
      )}
      {items.length > 0 && (
        <Select
          aria-label={t("threads")}
          className="flex-1 lg:hidden"
          value={shown}
          onChange={({ target }) => onOpen(target.value)}
        >
          {items.every(({ id }) => id !== shown) && (
            <option value={shown}>{shown === NEW ? t("thread.new") : shown}</option>
          )}
          {items.map(({ id, title }) => (
            <option key={id} value={id}>
              {title || t("thread.untitled")}
            </option>
          ))}
        </Select>
      )}
      <ul className="flex max-h-[calc(100dvh-18rem)] flex-col gap-0.5 overflow-y-auto max-lg:hidden">
        {items.map(({ id, title }) => (
          <li key={id}>
            <button
              type="button"
              aria-current={id === shown || undefined}
              onClick={() => onOpen(id)}
              className={clsx(
                "w-full truncate rounded-md px-2.5 py-1.5 text-left text-sm outline-offset-[-2px] hover:bg-hover",
                id === shown ? "bg-hover font-medium" : "text-soft",
              )}
            >
              {title || t("thread.untitled")}
            </button>
          </li>
        ))}
      </ul>
      {threads.hasMore && (
        <Button look="quiet" small busy={threads.isFetching} onClick={threads.more}>
          {c("action.more")}
        </Button>
      )}
    </nav>
  );
}

interface ConversationProps {
  agentId: string;
  threadId: string | null;
  focused: boolean;
  onSent: (threadId: string) => void;
}

function Conversation({ threadId, ...rest }: ConversationProps) {
  const t = useWords();
  const { may } = useSession();
  return (
    <section
      aria-label={t("messages")}
      className="flex h-[calc(100dvh-13rem)] min-h-96 max-lg:h-[calc(100dvh-17.5rem)] min-w-0 flex-col rounded-lg border border-line bg-card"
    >
      <h2 className="sr-only">{t("messages")}</h2>
      {threadId === null ? (
        <div className="flex-1 overflow-y-auto">
          <Empty icon={<MessageSquare />} title={may("run_start") ? t("empty") : t("noThreads")}>
            {may("run_start") && t("emptyHint")}
          </Empty>
        </div>
      ) : (
        <Messages threadId={threadId} />
      )}
      {may("run_start") && <Composer threadId={threadId} {...rest} />}
    </section>
  );
}

function Messages({ threadId }: { threadId: string }) {
  const t = useWords();
  const messages = useMessages(threadId);
  const { items } = messages;
  return (
    <Following latest={items[0]?.id} earliest={items.at(-1)?.id}>
      {messages.error && <Failure error={messages.error} onRetry={messages.retry} />}
      {messages.isPending && !messages.error && <Loading />}
      {messages.hasMore && (
        <Button
          look="quiet"
          className="self-center"
          busy={messages.isFetching}
          onClick={messages.more}
        >
          {t("earlier")}
        </Button>
      )}
      {items.toReversed().map((message) => (
        <Exchange key={message.id} message={message} />
      ))}
    </Following>
  );
}
