// Saving a form: what is wrong with its fields, what the server says, and what somebody else has changed meanwhile.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Problem } from "@/api/client";
import { NullMember } from "@/api/merge-patch";
import { Failure } from "@/design/state";
import { Stale } from "@/forms/form";
import { useWords } from "./words";

/** What is wrong with fields before anything is sent, by their pointers. */
export type Faults = Record<string, string | false | undefined>;

/** What a form knows of its saving. */
export interface Saving {
  busy: boolean;
  error: unknown;
  /** Rises each time that it could not be saved. */
  tries: number;
  errorOf: (pointer: string) => string | undefined;
  /** Somebody else has changed it since the form was opened. */
  changed: boolean;
  save: (act: () => Promise<void>) => Promise<void>;
}

/** Saves what has no faults, and has what is below the noun of the queries read again. */
export function useSaving(noun: string, faults: Faults = {}): Saving {
  const t = useWords();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const [tries, setTries] = useState(0);
  const problem = error instanceof Problem ? error : null;
  return {
    busy,
    error,
    tries,
    errorOf: (pointer) => (tried && faults[pointer]) || problem?.at(pointer)?.message,
    changed: problem?.code === "precondition_failed",
    save: async (act) => {
      setTried(true);
      setError(null);
      if (Object.values(faults).some(Boolean)) return setTries((before) => before + 1);
      setBusy(true);
      try {
        await act();
      } catch (failure) {
        setError(
          failure instanceof NullMember
            ? new Error(t("nullMember", { name: failure.message }))
            : failure,
        );
        setTries((before) => before + 1);
      } finally {
        setBusy(false);
        void client.invalidateQueries({ queryKey: [noun] });
      }
    },
  };
}

/** Why it could not be saved, and what to do where it has changed meanwhile. */
export function SaveFault({ saving, onNewest }: { saving: Saving; onNewest: () => void }) {
  if (saving.error === null) return null;
  if (!saving.changed) return <Failure error={saving.error} />;
  return <Stale onLoad={onNewest} />;
}

/** Goes to the first field that is wrong, each time that saving has failed. */
export function useFirstFault<T extends HTMLElement>(tries: number) {
  const form = useRef<T>(null);
  useEffect(() => {
    if (tries > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [tries]);
  return form;
}
