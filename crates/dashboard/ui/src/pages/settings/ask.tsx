// A button that asks before it does what it says.

import { Problem } from "@/api/client";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { useWords } from "./words";

interface AskProps {
  /** What it does. */
  label: string;
  title: string;
  hint: string;
  danger?: boolean;
  small?: boolean;
  onConfirm: () => Promise<unknown>;
  /** Reads the newest, if somebody else has changed it meanwhile; then it may be confirmed again. */
  onStale?: () => Promise<unknown>;
}

/** The button, with its question. */
export function Ask(props: AskProps) {
  const { label, title, hint, danger = true, small = true, onConfirm, onStale } = props;
  const t = useWords();
  const confirm = async () => {
    try {
      await onConfirm();
    } catch (error) {
      const stale = error instanceof Problem && error.code === "precondition_failed";
      if (!stale || !onStale) throw error;
      await onStale();
      throw new Error(t("stale.again"));
    }
  };
  return (
    <Confirm
      trigger={
        <Button small={small} look={danger ? "danger" : "plain"}>
          {label}
        </Button>
      }
      title={title}
      action={label}
      danger={danger}
      onConfirm={confirm}
    >
      {hint}
    </Confirm>
  );
}
