// What an agent's model would get for a message: the system text, the messages, the tools, all of it.

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { writeJson } from "@/api/exact";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Field, TextArea } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure } from "@/design/state";
import { Badge } from "@/design/status";
import { useWords } from "./words";

/** A request to a model, as far as it is shown in parts. */
interface ModelRequest {
  messages?: { role: "system" | "user" | "assistant" | "tool"; parts: { text?: string }[] }[];
  tools?: { name: string; description: string; input_schema: unknown }[];
}

/** The view. */
export function PreviewView({ agentId }: { agentId: string }) {
  const t = useWords();
  const [text, setText] = useState("");
  const preview = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/agents/{agent_id}/preview", {
          params: { path: { agent_id: agentId } },
          body: { text },
        }),
      ),
  });
  return (
    <div className="flex flex-col gap-4">
      <form
        className="flex flex-col items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          preview.mutate();
        }}
      >
        <Field label={t("preview.text")} hint={t("preview.hint")} required className="w-full">
          <TextArea rows={3} value={text} onChange={({ target }) => setText(target.value)} />
        </Field>
        <Button type="submit" look="primary" busy={preview.isPending} disabled={text.trim() === ""}>
          {t("preview.show")}
        </Button>
      </form>
      {preview.error && <Failure error={preview.error} />}
      {preview.data && <Request preview={preview.data} />}
    </div>
  );
}

function Request({ preview }: { preview: Schemas["Preview"] }) {
  const t = useWords();
  const { messages = [], tools = [] } = preview.request as ModelRequest;
  const textOf = (parts: { text?: string }[]) =>
    parts.map((part) => part.text ?? writeJson(part, 2)).join("\n\n");
  const system = messages
    .filter(({ role }) => role === "system")
    .map(({ parts }) => textOf(parts))
    .join("\n\n");
  return (
    <div className="flex flex-col gap-4" aria-live="polite">
      <p className="flex flex-wrap items-center gap-2 text-sm">
        {t("preview.tokens", { count: preview.tokens })}
        <Badge>{preview.counted ? t("preview.counted") : t("preview.estimated")}</Badge>
      </p>
      <Card title={t("preview.system")}>
        {system ? (
          <Code value={system} label={t("preview.system")} />
        ) : (
          <p className="text-sm text-soft">{t("preview.noSystem")}</p>
        )}
      </Card>
      <Card title={t("preview.messages")}>
        <ol className="flex flex-col gap-3">
          {messages
            .filter(({ role }) => role !== "system")
            .map(({ role, parts }, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a message has no other name than its place
              <li key={place}>
                <p className="mb-1 text-xs text-soft">{t(`role.${role}`)}</p>
                <Code value={textOf(parts)} label={t(`role.${role}`)} />
              </li>
            ))}
        </ol>
      </Card>
      {tools.length > 0 && (
        <Card title={t("preview.tools")} flush>
          <ul className="divide-y divide-line">
            {tools.map((tool) => (
              <li key={tool.name}>
                <details>
                  <summary className="px-4 py-2 text-sm">
                    <span className="font-medium">{tool.name}</span>{" "}
                    <span className="text-soft">{tool.description}</span>
                  </summary>
                  <Code value={tool.input_schema} label={tool.name} className="px-4 pb-3" />
                </details>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <details>
        <summary className="text-sm text-soft">{t("preview.whole")}</summary>
        <Code value={preview.request} label={t("preview.whole")} className="mt-2" />
      </details>
    </div>
  );
}
