// Where a person lets a call of a tool go, with other arguments if they like, or refuses it.

import { useQueryClient } from "@tanstack/react-query";
import { Check, CheckCheck, Pencil, X } from "lucide-react";
import { useState } from "react";
import { api, done, Problem, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Field, Input } from "@/design/field";
import { JsonField } from "@/design/schema-form";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { useWords } from "./words";

/** What an approval of a call is about. */
interface CallDetail {
  type: "tool_call";
  tool: string;
  arguments: unknown;
}

/** The call that an approval is about; `null` if it is about something else. */
export function callOf(approval: Schemas["Approval"]): CallDetail | null {
  const detail = approval.detail as Partial<CallDetail> | null;
  return detail?.type === "tool_call" && typeof detail.tool === "string"
    ? (detail as CallDetail)
    : null;
}

type Answer = "approved" | "approved_for_run" | "rejected";

/** The body of a decision. Arguments that nobody changed, and those of a refused call, are not sent. */
export function decisionOf(answer: Answer, note: string, changed: unknown): Schemas["DecideBody"] {
  const data = changed !== undefined && answer !== "rejected" && { arguments: changed };
  return {
    answer,
    ...(note.trim() !== "" && { note: note.trim() }),
    ...(data && { data: data as never }),
  };
}

/** The question, and the answers to it. */
export function Consent({ approval, call }: { approval: Schemas["Approval"]; call: CallDetail }) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const [changing, setChanging] = useState(false);
  const [args, setArgs] = useState<unknown>(call.arguments);
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState<Answer | null>(null);
  const [error, setError] = useState<unknown>(null);
  const decide = async (answer: Answer) => {
    setBusy(answer);
    setError(null);
    try {
      await done(
        api.POST("/api/v1/approvals/{approval_id}/decide", {
          params: { path: { approval_id: approval.id } },
          body: decisionOf(answer, note, changing ? args : undefined),
        }),
      );
      say(t(answer === "rejected" ? "said.refused" : "said.approved"));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(null);
      // Somebody may have been faster: then the question goes.
      await client.invalidateQueries({ queryKey: ["approvals"] });
    }
  };
  const offered = (answer: Answer) => approval.options.includes(answer);
  const button = (answer: Answer) => ({
    busy: busy === answer,
    disabled: busy !== null && busy !== answer,
    onClick: () => void decide(answer),
  });
  const problem = error instanceof Problem ? error : null;
  return (
    <section
      aria-label={t("consent.title", { tool: call.tool })}
      className="flex flex-col gap-3 rounded-md border border-wait/50 p-3"
    >
      <h3 className="font-medium break-words">{t("consent.title", { tool: call.tool })}</h3>
      {changing ? (
        <JsonField
          label={t("arguments")}
          required
          rows={6}
          value={args}
          onChange={setArgs}
          error={problem?.at("/data/arguments")?.message}
        />
      ) : (
        <Code value={call.arguments} label={t("arguments")} />
      )}
      {approval.may_decide ? (
        <>
          <Field label={t("consent.note")} hint={t("consent.noteHint")}>
            <Input value={note} onChange={({ target }) => setNote(target.value)} />
          </Field>
          {error !== null && <Failure error={error} />}
          <div className="flex flex-wrap gap-2">
            <Button look="primary" icon={<Check />} {...button("approved")}>
              {t("consent.approve")}
            </Button>
            {offered("approved_for_run") && (
              <Button icon={<CheckCheck />} {...button("approved_for_run")}>
                {t("consent.approveAll")}
              </Button>
            )}
            <Button look="danger" icon={<X />} {...button("rejected")}>
              {t("consent.refuse")}
            </Button>
            <Button
              look="quiet"
              icon={<Pencil />}
              aria-pressed={changing}
              onClick={() => setChanging(!changing)}
            >
              {t(changing ? "consent.keep" : "consent.change")}
            </Button>
          </div>
        </>
      ) : (
        <p className="text-sm text-soft">{t("consent.others")}</p>
      )}
    </section>
  );
}
