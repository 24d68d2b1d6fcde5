// A button that asks before it does what it says.

import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";

interface AskProps {
  /** What it does. */
  label: string;
  title: string;
  hint: string;
  danger?: boolean;
  small?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** The button, with its question. */
export function Ask({ label, title, hint, danger = true, small = true, onConfirm }: AskProps) {
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
      onConfirm={onConfirm}
    >
      {hint}
    </Confirm>
  );
}
