// Where a message is written. The first one opens the thread.

import { useQueryClient } from "@tanstack/react-query";
import { SendHorizontal } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { api, body, done, idempotencyKey } from "@/api/client";
import { draftOf, keepDraft } from "@/app/kept";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Field, TextArea } from "@/design/field";
import { Failure } from "@/design/state";
import { useWords } from "./words";

/** The longest title that is made of a first message. */
const TITLE = 80;

/** A line for people, of the beginning of a message. */
function titleOf(text: string): string {
  const line =
    text
      .trim()
      .split("\n")[0]
      ?.replaceAll(/\p{Cc}/gu, " ") ?? "";
  return line.length > TITLE ? `${[...line].slice(0, TITLE - 1).join("")}…` : line;
}

/** Where a draft belongs. */
function placeOf(agentId: string, threadId: string | null): string {
  return `chat ${agentId} ${threadId}`;
}

interface ComposerProps {
  agentId: string;
  /** The thread; none yet if it is `null`. */
  threadId: string | null;
  /** Whether the person was writing a moment ago, and goes on. */
  focused: boolean;
  onSent: (threadId: string) => void;
}

/** The field and its button. */
export function Composer({ agentId, threadId, focused, onSent }: ComposerProps) {
  const t = useWords();
  const client = useQueryClient();
  const { user } = useSession();
  const place = placeOf(agentId, threadId);
  const [text, setText] = useState(() => draftOf(user.id, place));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const key = useRef(idempotencyKey());
  // A thread that was opened for a message that could not be sent is used by the next try.
  const opened = useRef(threadId);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (focused) field.current?.focus();
  }, [focused]);
  const open = async () =>
    body(
      api.POST("/api/v1/agents/{agent_id}/threads", {
        params: {
          path: { agent_id: agentId },
          header: { "Idempotency-Key": `${key.current}-thread` },
        },
        body: { title: titleOf(text) },
      }),
    );
  const written = useRef(text);
  const send = async () => {
    if (busy || text.trim() === "") return;
    setBusy(true);
    setError(null);
    try {
      opened.current ??= (await open()).id;
      await done(
        api.POST("/api/v1/threads/{thread_id}/messages", {
          params: {
            path: { thread_id: opened.current },
            header: { "Idempotency-Key": key.current },
          },
          body: { text },
        }),
      );
      key.current = idempotencyKey();
      // What was written meanwhile stays, and goes along to the thread that has begun.
      const rest = written.current === text ? "" : written.current;
      written.current = rest;
      setText(rest);
      keepDraft(user.id, place, "");
      keepDraft(user.id, placeOf(agentId, opened.current), rest);
      onSent(opened.current);
      await client.invalidateQueries({ queryKey: ["threads"] });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };
  return (
    <form
      className="flex flex-col gap-2 border-t border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {error !== null && <Failure error={error} />}
      <div className="flex items-end gap-2">
        <Field label={t("write")} hint={t("writeHint")} required className="flex-1">
          <TextArea
            ref={field}
            rows={2}
            className="field-sizing-content max-h-60 min-h-14 resize-none"
            value={text}
            onKeyDown={onKeyDown}
            onChange={({ target }) => {
              // Another text is another message.
              key.current = idempotencyKey();
              written.current = target.value;
              setText(target.value);
              keepDraft(user.id, place, target.value);
            }}
          />
        </Field>
        <Button
          type="submit"
          look="primary"
          icon={<SendHorizontal />}
          busy={busy}
          disabled={text.trim() === ""}
          className="mb-5"
        >
          {t("send")}
        </Button>
      </div>
    </form>
  );
}
