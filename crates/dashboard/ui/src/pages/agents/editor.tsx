// The editor of a definition: a form of its main members, or the text of all, of the same document.

import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Problem } from "@/api/client";
import { Button } from "@/design/button";
import { Field, TextArea } from "@/design/field";
import { Failure } from "@/design/state";
import { fromText, lineOf, toText } from "./definition-text";
import { DefinitionForm } from "./form";
import type { Definition } from "./queries";
import { useWords } from "./words";

/** A definition that is being written. */
export interface Draft {
  definition: Definition;
  /** Its text, while it is written as text. */
  text: string | null;
  /** What makes the text no definition; `undefined` if it is one. */
  fault?: string | null;
}

/** A draft of a definition, as a form at first. */
export function useDraft(definition: Definition) {
  return useState<Draft>({ definition, text: null });
}

interface EditorProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  error: unknown;
  readOnly?: boolean;
}

/** Writes a definition. */
export function DefinitionEditor({ draft, onChange, error, readOnly = false }: EditorProps) {
  const t = useWords();
  const { definition, text, fault } = draft;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (error == null) return;
    // The button that was pressed is far below: whoever pressed it is led to what is wrong.
    const wrong = place.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    wrong?.focus({ preventScroll: true });
    const alert = place.current?.querySelector("[role=alert]");
    (wrong ?? alert)?.scrollIntoView({ block: "center" });
  }, [error]);
  return (
    <div ref={place} className="flex flex-col gap-5">
      <fieldset className="flex gap-1">
        <legend className="sr-only">{t("edit.label")}</legend>
        <Choice
          chosen={text === null}
          disabled={fault !== undefined}
          onChoose={() => onChange({ definition, text: null })}
        >
          {t("edit.form")}
        </Choice>
        <Choice
          chosen={text !== null}
          onChoose={() => text === null && onChange({ definition, text: toText(definition) })}
        >
          {t("edit.text")}
        </Choice>
      </fieldset>
      {error != null && <Failure error={error} />}
      {text === null ? (
        <fieldset disabled={readOnly} className="min-w-0">
          <DefinitionForm
            definition={definition}
            onChange={(next) => onChange({ definition: next, text: null })}
            problem={error instanceof Problem ? error : null}
          />
        </fieldset>
      ) : (
        <Text draft={{ ...draft, text }} onChange={onChange} error={error} readOnly={readOnly} />
      )}
    </div>
  );
}

function Choice(props: {
  chosen: boolean;
  disabled?: boolean;
  onChoose: () => void;
  children: ReactNode;
}) {
  return (
    <Button
      small
      look={props.chosen ? "plain" : "quiet"}
      aria-pressed={props.chosen}
      disabled={props.disabled}
      onClick={props.onChoose}
    >
      {props.children}
    </Button>
  );
}

interface TextProps extends EditorProps {
  draft: Draft & { text: string };
}

function Text({ draft: { definition, text, fault }, onChange, error, readOnly }: TextProps) {
  const t = useWords();
  const write = (next: string) => {
    const read = fromText(next);
    onChange({ definition, text: next, ...read });
  };
  // The faults are of what was sent, and stay at their lines while it is being mended.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines are those of the text that was sent
  const places = useMemo(
    () =>
      error instanceof Problem
        ? error.faults.map((one) => ({ ...one, line: lineOf(text, one.pointer) }))
        : [],
    [error],
  );
  return (
    <Field
      label={t("edit.yaml")}
      hint={t("edit.yamlHint")}
      required
      error={
        fault !== undefined
          ? (fault ?? t("edit.notObject"))
          : places.length > 0 && (
              <span className="flex flex-col">
                {places.map((one) => (
                  <span key={`${one.pointer}${one.code}`}>
                    {one.line !== null && `${t("edit.line", { line: one.line })}: `}
                    {one.message}
                  </span>
                ))}
              </span>
            )
      }
    >
      <TextArea
        rows={24}
        spellCheck={false}
        readOnly={readOnly}
        className="font-mono text-xs"
        value={text}
        onChange={({ target }) => write(target.value)}
      />
    </Field>
  );
}
