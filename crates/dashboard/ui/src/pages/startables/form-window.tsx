// A window with a form in it: Enter saves, the first field has the focus, and what is wrong stands at its foot.

import { type ReactNode, useEffect, useId } from "react";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { useVocabulary } from "@/i18n/vocabulary";
import { SaveFault, type Saving, useFirstFault } from "./saving";

interface FormWindowProps {
  title: string;
  description?: string;
  /** What the button says that saves. */
  action: string;
  saving: Saving;
  onSave: () => void;
  onClose: () => void;
  onNewest?: () => void;
  children: ReactNode;
}

/** The window. */
export function FormWindow(props: FormWindowProps) {
  const { title, description, action, saving, onClose } = props;
  const c = useVocabulary();
  const id = useId();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      {...(description !== undefined && { description })}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button type="submit" form={id} look="primary" busy={saving.busy}>
            {action}
          </Button>
        </>
      }
    >
      <Fields id={id} {...props} />
    </Dialog>
  );
}

function Fields(props: FormWindowProps & { id: string }) {
  const { id, saving, onSave, onNewest = () => {}, children } = props;
  const form = useFirstFault<HTMLFormElement>(saving.tries);
  // Before the window looks for what to focus, which would be the button that closes it.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }, [form]);
  return (
    <form
      ref={form}
      id={id}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!saving.busy) onSave();
      }}
      className="flex flex-col gap-3"
    >
      {children}
      <SaveFault saving={saving} onNewest={onNewest} />
    </form>
  );
}
