// What can be done with a trigger or a hook: pause, resume, delete.

import { type ReactNode, useState } from "react";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWords } from "./words";

interface DoWithProps {
  name: string;
  enabled: boolean;
  pauseHint: string;
  deleteHint: string;
  onPause: () => Promise<void>;
  onResume: () => Promise<void>;
  onDelete: () => Promise<void>;
  /** What else whoever writes definitions may do. */
  children?: ReactNode;
}

/** The buttons. */
export function DoWith(props: DoWithProps) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { fail } = useToast();
  const [busy, setBusy] = useState(false);
  const resume = async () => {
    setBusy(true);
    try {
      await props.onResume();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {may("run_start") && props.enabled && (
        <Confirm
          trigger={<Button>{t("act.pause")}</Button>}
          title={t("act.pauseAsk", { name: props.name })}
          action={t("act.pause")}
          danger={false}
          onConfirm={props.onPause}
        >
          {props.pauseHint}
        </Confirm>
      )}
      {may("run_start") && !props.enabled && (
        <Button look="primary" busy={busy} onClick={() => void resume()}>
          {t("act.resume")}
        </Button>
      )}
      {may("definition_write") && (
        <>
          {props.children}
          <Confirm
            trigger={<Button look="danger">{c("action.delete")}</Button>}
            title={t("act.deleteAsk", { name: props.name })}
            action={c("action.delete")}
            onConfirm={props.onDelete}
          >
            {props.deleteHint}
          </Confirm>
        </>
      )}
    </>
  );
}
