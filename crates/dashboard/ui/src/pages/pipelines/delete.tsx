// The button that removes a pipeline, with its question.

import { Trash2 } from "lucide-react";
import { useSession } from "@/app/session";
import { IconButton } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { deletePipeline } from "./queries";
import { useWords } from "./words";

/** Removes a pipeline. */
export function DeletePipeline({
  pipeline,
  onGone,
}: {
  pipeline: { id: string; name: string };
  onGone: () => Promise<unknown>;
}) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say } = useToast();
  if (!may("definition_write")) return null;
  return (
    <Confirm
      trigger={
        <IconButton label={c("action.delete")}>
          <Trash2 />
        </IconButton>
      }
      title={t("delete.ask", { name: pipeline.name })}
      action={c("action.delete")}
      onConfirm={async () => {
        await deletePipeline(pipeline.id);
        say(t("said.deleted"));
        await onGone();
      }}
    >
      {t("delete.hint")}
    </Confirm>
  );
}
