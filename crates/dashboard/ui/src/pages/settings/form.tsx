// Forms of the settings: they send, and say beside each field what was wrong with it.

import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Problem } from "@/api/client";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Failure } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";

/** Says what is wrong with the field at a JSON pointer. */
export type FaultAt = (pointer: string) => string | undefined;

interface FormProps {
  /** The JSON pointers of the fields, which show what is wrong with them themselves. */
  fields: string[];
  action: string;
  send: () => Promise<unknown>;
  children: (at: FaultAt) => ReactNode;
}

function useSending(fields: string[], send: () => Promise<unknown>) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const problem = error instanceof Problem ? error : null;
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    // A window is a child of what opened it, also for events.
    event.stopPropagation();
    setBusy(true);
    setError(null);
    try {
      await send();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const beside = (pointer: string) =>
    fields.some((field) => pointer === field || pointer.startsWith(`${field}/`));
  const general =
    error !== null &&
    (problem === null ||
      problem.faults.length === 0 ||
      problem.faults.some(({ pointer }) => !beside(pointer)));
  return {
    busy,
    at: (pointer: string) => problem?.at(pointer)?.message,
    failure: general ? <Failure error={error} /> : null,
    onSubmit: (event: FormEvent) => void onSubmit(event),
  };
}

/** A form in the page. */
export function Form({ fields, action, send, children }: FormProps) {
  const { busy, at, failure, onSubmit } = useSending(fields, send);
  return (
    <form onSubmit={onSubmit} noValidate className="flex max-w-md flex-col gap-4">
      {children(at)}
      {failure}
      <Button type="submit" look="primary" busy={busy} className="self-start">
        {action}
      </Button>
    </form>
  );
}

interface FormWindowProps extends FormProps {
  title: string;
  description?: ReactNode;
  onClose: () => void;
  wide?: boolean;
}

/** A form in a window, there for as long as it is open. */
export function FormWindow(props: FormWindowProps) {
  const { fields, action, send, children, title, description, onClose, wide } = props;
  const c = useVocabulary();
  const id = useId();
  const { busy, at, failure, onSubmit } = useSending(fields, send);
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      wide={wide}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button type="submit" form={id} look="primary" busy={busy}>
            {action}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={onSubmit} noValidate className="flex flex-col gap-4">
        {children(at)}
        {failure}
      </form>
    </Dialog>
  );
}
