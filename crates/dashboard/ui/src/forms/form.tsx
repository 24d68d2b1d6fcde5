// Forms: they send, and say beside each field what was wrong with it.

import {
  createContext,
  type FormEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { Problem } from "@/api/client";
import { Button } from "@/design/button";
import { Dialog, useSettled } from "@/design/dialog";
import { Failure } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import type { Newest } from "./as-opened";
import { useWords } from "./words";

/** What is wrong with the field at a JSON pointer, in the form around it. */
export const Faults = createContext<(pointer: string) => string | undefined>(() => undefined);

interface FormProps {
  /** The JSON pointers of the fields, which show what is wrong with them; first that of the name. */
  fields: string[];
  action: string;
  send: () => Promise<unknown>;
  /** What is done if somebody else has changed it meanwhile. */
  newest?: Newest;
  children: ReactNode;
}

/** Says what is wrong with fields before anything is sent: a message by JSON pointer, if there is one. */
export function check(faults: Record<string, string | false>): void {
  const errors = Object.entries(faults).flatMap(([pointer, message]) =>
    message ? [{ pointer, code: "here", message }] : [],
  );
  if (errors.length > 0) throw new Problem(422, { errors });
}

const FAULTY = "[aria-invalid=true], [data-fault]";

/** Sends a form once, and says what came of it. */
export function useSending(fields: string[], send: () => Promise<unknown>, newest?: Newest) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const settled = useSettled();
  // Whoever writes goes on where the first fault is.
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>(FAULTY)?.focus();
  }, [error]);
  const problem = error instanceof Problem ? error : null;
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    // A window is a child of what opened it, also for events.
    event.stopPropagation();
    setBusy(true);
    setError(null);
    try {
      await send();
      settled();
    } catch (failure) {
      if (isStale(failure)) await newest?.read().catch(() => {});
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  // Names are unique: that one is taken is said at the name.
  const named = problem?.code === "name_taken" ? fields[0] : undefined;
  const general = error !== null && named === undefined && !saidBeside(problem, fields);
  return {
    busy,
    problem,
    at: (pointer: string) => (pointer === named ? problem?.message : problem?.at(pointer)?.message),
    failure: general && (
      <div data-fault tabIndex={-1} className="rounded-md">
        {newest && isStale(error) ? <Stale onLoad={newest.load} /> : <Failure error={error} />}
      </div>
    ),
    form: { ref: form, noValidate: true, onSubmit: (event: FormEvent) => void onSubmit(event) },
  };
}

/** Whether somebody else was faster. */
function isStale(error: unknown): boolean {
  return error instanceof Problem && error.code === "precondition_failed";
}

/** Whether fields say all of it. */
function saidBeside(problem: Problem | null, fields: string[]): boolean {
  const beside = ({ pointer }: { pointer: string }) =>
    fields.some((field) => pointer === field || pointer.startsWith(`${field}/`));
  return problem !== null && problem.faults.length > 0 && problem.faults.every(beside);
}

/** Says that somebody was faster. */
export function Stale({ onLoad }: { onLoad: () => void }) {
  const t = useWords();
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-2.5 rounded-md border border-wait/40 bg-wait-wash px-3 py-2.5 text-sm"
    >
      <p className="min-w-0 flex-1 basis-56">{t("stale")}</p>
      <Button small onClick={onLoad}>
        {t("stale.load")}
      </Button>
    </div>
  );
}

/** A form in the page. */
export function Form({ fields, action, send, newest, children }: FormProps) {
  const { busy, at, failure, form } = useSending(fields, send, newest);
  return (
    <form {...form} className="flex max-w-md flex-col gap-4">
      <Faults value={at}>{children}</Faults>
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
  const { fields, action, send, newest, children, title, description, onClose, wide } = props;
  const c = useVocabulary();
  const id = useId();
  const { busy, at, failure, form } = useSending(fields, send, newest);
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
      <form id={id} {...form} className="flex flex-col gap-4">
        <Faults value={at}>{children}</Faults>
        {failure}
      </form>
    </Dialog>
  );
}
