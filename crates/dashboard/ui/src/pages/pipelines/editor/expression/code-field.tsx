// A field for an expression, a template, or a value of templates: with completion, and what it names in the last run.

import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, repositionTooltips } from "@codemirror/view";
import clsx from "clsx";
import { minimalSetup } from "codemirror";
import { useEffect, useRef } from "react";
import { Field, inputClass, useNamed } from "@/design/field";
import { CODE_LOOK } from "../code-look";
import { completions } from "./complete";
import { type FormScope, PastValues, useScope } from "./past";
import { type Language, pathsIn } from "./paths";

interface CodeFieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  required?: boolean;
  value: string;
  onChange: (value: string) => void;
  language: Language;
  /** Written as YAML, of which the texts are templates. */
  asYaml?: boolean;
}

/** The field with its label. */
export function CodeField({ label, hint, error, required = false, ...rest }: CodeFieldProps) {
  const scope = useScope();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <Field label={label} hint={hint} error={error} required={required}>
        <Code {...rest} label={label} scope={scope} />
      </Field>
      <PastValues paths={pathsIn(rest.value, rest.language)} scope={scope} />
    </div>
  );
}

interface CodeProps extends Omit<CodeFieldProps, "hint" | "error" | "required"> {
  scope: FormScope;
}

function Code({ label, value, onChange, language, asYaml, scope }: CodeProps) {
  const named = useNamed();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const attributes = useRef(new Compartment());
  const current = useRef({ value, onChange, scope });
  current.current = { value, onChange, scope };
  const said = JSON.stringify({ ...named, "aria-label": label });
  const first = useRef(said);
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: current.current.value,
        extensions: [
          autocompletion({
            override: [completions(language, () => current.current.scope)],
            icons: false,
          }),
          keymap.of(completionKeymap),
          minimalSetup,
          ...(asYaml ? [yaml()] : []),
          CODE_LOOK,
          EditorView.lineWrapping,
          attributes.current.of(EditorView.contentAttributes.of(attributesOf(first.current))),
          EditorView.editable.of(!scope.readOnly),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const written = update.state.doc.toString();
            if (written !== current.current.value) current.current.onChange(written);
          }),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [language, asYaml, scope.readOnly]);
  useEffect(() => {
    const extension = EditorView.contentAttributes.of(attributesOf(said));
    view.current?.dispatch({ effects: attributes.current.reconfigure(extension) });
  }, [said]);
  useEffect(() => {
    const shown = view.current;
    if (shown === null || shown.state.doc.toString() === value) return;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);
  // What is told around the field moves it; what is offered stays beside it.
  useEffect(() => {
    if (view.current) repositionTooltips(view.current);
  });
  return (
    <div
      ref={place}
      className={clsx(
        inputClass,
        "px-1 py-0.5 focus-within:outline-2 focus-within:outline-accent [&_.cm-content]:min-h-6 [&_.cm-editor]:outline-none [&_.cm-scroller]:max-h-80",
        "[&_.cm-content:focus-visible]:outline-none",
        named["aria-invalid"] && "border-bad",
      )}
    />
  );
}

function attributesOf(said: string): Record<string, string> {
  const all = JSON.parse(said) as Record<string, string | boolean | undefined>;
  // By its keys it scrolls also where nothing may be written.
  const reached: Record<string, string> = { tabindex: "0" };
  for (const [name, value] of Object.entries(all)) reached[name] = String(value);
  return reached;
}
