// The visual editor of a pipeline: canvas, forms, text and faults over one document.

import "@xyflow/react/dist/style.css";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useBlocker, useParams } from "@tanstack/react-router";
import { ReactFlowProvider } from "@xyflow/react";
import clsx from "clsx";
import { Braces, Ellipsis, PanelRight, Play, Plus } from "lucide-react";
import {
  useCallback,
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useReducer,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { Problem, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button, IconButton } from "@/design/button";
import { Confirm, Dialog, Sheet } from "@/design/dialog";
import { Menu, MenuItem } from "@/design/menu";
import { ReadPage } from "@/design/read-page";
import { Failure } from "@/design/state";
import { Badge } from "@/design/status";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { givenDefinition } from "../definition";
import { replacePipeline, useNodeTypes, usePipeline } from "../queries";
import { StartRun } from "../start";
import { useWords as usePipelineWords } from "../words";
import { Canvas, labelsOf } from "./canvas";
import { useClipboard } from "./clipboard";
import { open, reduce, textOf } from "./document";
import { marksOf } from "./drawing";
import { usePastRun } from "./expression/past";
import { Faults, useFaults } from "./faults";
import { KeyLine, useDocumentKeys } from "./keys";
import { complete, storedPlaces, storePlaces } from "./layout";
import { Panel } from "./panel";
import { usePicking } from "./picking";
import { useReveal } from "./reveal";
import { Palette, Tools } from "./tools";
import { type FieldPlace, Obstacle, useWaiting, Waiting } from "./unread";
import { useWords } from "./words";
import { YamlText } from "./yaml-text";

/** The page. */
export default function EditorPage() {
  const { pipelineId } = useParams({ from: "/pipelines/$pipelineId/edit" });
  const p = usePipelineWords();
  const pipeline = usePipeline(pipelineId);
  const types = useNodeTypes();
  const [reloaded, setReloaded] = useState(0);
  const reload = async () => {
    await pipeline.refetch({ throwOnError: true });
    setReloaded((before) => before + 1);
  };
  return (
    <ReadPage query={pipeline} title={p("one")}>
      {(pipeline) => (
        <ReadPage query={types} title={pipeline.name}>
          {(types) => (
            <ReactFlowProvider key={`${pipeline.id} ${reloaded}`}>
              <Editor stored={pipeline} types={types} onReload={reload} />
            </ReactFlowProvider>
          )}
        </ReadPage>
      )}
    </ReadPage>
  );
}

/** How long nothing must change before the text is made anew. */
const QUIET_MS = 150;

/** On a phone the canvas is looked at, and the form is a window of its own. */
const NARROW = "(max-width: 48rem)";

function useNarrow(): boolean {
  return useSyncExternalStore(watchWidth, () => matchMedia(NARROW).matches);
}

function watchWidth(changed: () => void) {
  const query = matchMedia(NARROW);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

interface EditorProps {
  stored: Schemas["Pipeline"];
  types: Schemas["NodeType"][];
  onReload: () => Promise<void>;
}

function Editor({ stored, types, onReload }: EditorProps) {
  const t = useWords();
  const p = usePipelineWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const readOnly = !may("definition_write");
  const labels = useMemo(() => labelsOf(types), [types]);
  const [doc, dispatch] = useReducer(reduce, null, () => {
    const definition = givenDefinition(stored.definition);
    return open(definition, complete(storedPlaces(stored.id), definition, labels));
  });
  // What the edits began from: another change in the meantime is not overwritten.
  const [base, setBase] = useState(() => ({
    id: stored.id,
    name: stored.name,
    version: stored.version,
    definition: doc.definition,
    places: doc.places,
  }));
  const [error, setError] = useState<unknown>(null);
  const [saving, setSaving] = useState(false);
  const [starting, setStarting] = useState(false);
  const narrow = useNarrow();
  // Beside the canvas it is there from the beginning; over the canvas it is opened.
  const [formBeside, setFormBeside] = useState(true);
  const [formOver, setFormOver] = useState(false);
  const [showForm, setShowForm] = narrow ? [formOver, setFormOver] : [formBeside, setFormBeside];
  const [showText, setShowText] = useState(() => matchMedia("(min-width: 110rem)").matches);
  const checked = useFaults(doc.definition);
  const marks = useMemo(() => marksOf(checked.faults ?? []), [checked.faults]);
  const unclear = doc.draft !== null || doc.unread.length > 0;
  const dirty = doc.definition !== base.definition || unclear;
  const waiting = useWaiting(doc);
  const locked = readOnly || waiting;
  const clipboard = useClipboard(doc, dispatch, locked);
  useDocumentKeys(doc, dispatch, readOnly);
  const past = usePastRun(stored.id);
  const reveal = useReveal();
  const keyLine = useId();
  const obstacle = useId();
  const [goal, setGoal] = useState<FieldPlace | null>(null);
  const onGoal = useCallback(() => setGoal(null), []);
  const [toText, setToText] = useState(0);
  const form = useRef<HTMLDivElement>(null);
  const picking = usePicking({
    doc,
    dispatch,
    types,
    labels,
    readOnly: locked,
    onEdit: () => {
      setShowForm(true);
      form.current
        ?.querySelector<HTMLElement>("input, select, textarea, [contenteditable=true]")
        ?.focus();
    },
  });

  const title = t(readOnly ? "titleView" : "title", { name: base.name });
  useEffect(() => {
    document.title = `${title} · Gathering`;
  }, [title]);
  useEffect(() => {
    if (doc.places !== base.places) storePlaces(base.id, doc.places);
  }, [doc.places, base.places, base.id]);
  const leaving = useBlocker({
    // Also while it is being saved: that may fail.
    shouldBlockFn: () => dirty,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  // Whoever wanted to leave loses nothing once all is saved.
  const proceed = dirty ? undefined : leaving.proceed;
  useEffect(() => proceed?.(), [proceed]);

  const save = async (): Promise<boolean> => {
    setSaving(true);
    setError(null);
    const { definition } = doc;
    try {
      const saved = await replacePipeline(base, definition);
      setBase((before) => ({ ...before, name: saved.name, version: saved.version, definition }));
      client.setQueryData(["pipelines", "one", saved.id], saved);
      void client.invalidateQueries({ queryKey: ["pipelines", "list"] });
      void client.invalidateQueries({ queryKey: ["pipelines", "one", saved.id, "versions"] });
      say(t("said.saved"));
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setSaving(false);
    }
  };
  const run = async () => {
    if (!dirty || (await save())) setStarting(true);
  };
  const goToText = () => {
    if (narrow) setShowForm(false);
    setShowText(true);
    setToText((before) => before + 1);
  };
  const [one, ...others] = doc.selection.nodes;
  const chosen = one !== undefined && others.length === 0 ? one : null;
  // Made anew a moment after the last change: neither the canvas nor whoever types waits for it.
  const [shown, setShown] = useState(doc);
  useEffect(() => {
    const timer = setTimeout(() => setShown(doc), QUIET_MS);
    return () => clearTimeout(timer);
  }, [doc]);
  const text = useMemo(() => (showText ? textOf(shown) : ""), [showText, shown]);
  // What is selected is drawn at once, its form after it.
  const selection = useDeferredValue(doc.selection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the form of something else begins at its top
  useEffect(() => {
    if (form.current) form.current.scrollTop = 0;
  }, [chosen]);
  const panel = (
    <Panel
      doc={doc}
      selection={selection}
      past={past.data ?? null}
      types={types}
      faults={checked.faults ?? []}
      dispatch={dispatch}
      readOnly={locked}
      goal={goal}
      onGoal={onGoal}
    />
  );
  const mayRun = may("run_start") && (!dirty || !readOnly);
  const runLabel = dirty ? t("act.saveRun") : p("act.run");
  const turnText = () => {
    setToText(0);
    setShowText(!showText);
  };
  const changed = error instanceof Problem && error.code === "precondition_failed";
  return (
    <div className="flex flex-col lg:h-dvh">
      <header className="flex items-center gap-x-3 gap-y-2 max-md:gap-x-1.5 md:flex-wrap border-b border-line px-4 py-2">
        <div className="flex min-w-0 flex-1 items-center md:basis-56 gap-3">
          <Link
            to="/pipelines/$pipelineId"
            params={{ pipelineId: stored.id }}
            className="text-sm text-soft hover:text-ink hover:underline"
          >
            {c("action.back")}
          </Link>
          <h1 className="truncate text-lg font-semibold">{title}</h1>
          {dirty && !narrow && <Badge tone="wait">{t("unsaved")}</Badge>}
          <Obstacle
            id={obstacle}
            doc={doc}
            onField={(place) => {
              const nodes = place.node === null ? [] : [place.node];
              dispatch({ do: "show", selection: { nodes, edges: [] } });
              setShowForm(true);
              setGoal(place);
            }}
            onText={goToText}
          />
        </div>
        {narrow ? (
          <>
            {!readOnly && (
              <IconButton
                label={t("palette")}
                disabled={waiting}
                onClick={() => picking.keys.add(chosen)}
              >
                <Plus />
              </IconButton>
            )}
            <IconButton label={t("panel")} onClick={() => setShowForm(true)}>
              <PanelRight />
            </IconButton>
            <Menu
              trigger={
                <IconButton label={t("more")}>
                  <Ellipsis />
                </IconButton>
              }
            >
              {mayRun && (
                <MenuItem icon={<Play />} disabled={unclear || saving} onSelect={() => void run()}>
                  {runLabel}
                </MenuItem>
              )}
              <MenuItem checked={showText} onSelect={turnText}>
                {t("act.yaml")}
              </MenuItem>
            </Menu>
          </>
        ) : (
          <>
            <Button icon={<Braces />} aria-pressed={showText} onClick={turnText}>
              {t("act.yaml")}
            </Button>
            <Button
              icon={<PanelRight />}
              aria-pressed={showForm}
              className="md:max-lg:hidden"
              onClick={() => setShowForm(!showForm)}
            >
              {t("panel")}
            </Button>
            {mayRun && (
              <Button icon={<Play />} disabled={unclear || saving} onClick={() => void run()}>
                {runLabel}
              </Button>
            )}
          </>
        )}
        {!readOnly && (
          <Button
            look="primary"
            busy={saving}
            disabled={!dirty || unclear}
            aria-describedby={unclear ? obstacle : undefined}
            onClick={() => void save()}
          >
            {c("action.save")}
          </Button>
        )}
      </header>
      {error !== null && (
        <div className="flex flex-col items-start gap-2 p-3">
          <Failure error={error} className="w-full" />
          {changed && (
            <Confirm
              trigger={<Button look="danger">{t("reload")}</Button>}
              title={t("reload.ask")}
              action={t("reload")}
              onConfirm={onReload}
            >
              {t("reload.hint")}
            </Confirm>
          )}
        </div>
      )}
      <div className="flex min-h-0 flex-1 max-lg:flex-col">
        {!readOnly && !narrow && (
          <Palette
            types={types}
            disabled={waiting}
            onAdd={(type) => picking.add(type, chosen, false)}
          />
        )}
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          <div
            className={clsx(
              "relative min-h-0 flex-1 max-lg:flex-none",
              // Without the text, all of a phone that the lines above and below leave.
              narrow && !showText ? "h-[calc(100dvh-9.25rem)]" : "max-lg:h-[60dvh]",
            )}
          >
            <Tools
              doc={doc}
              dispatch={dispatch}
              labels={labels}
              readOnly={readOnly}
              narrow={narrow}
              waiting={waiting}
              onCopy={clipboard.copy}
              onPaste={clipboard.paste}
              mayPaste={clipboard.mayPaste}
              onHelp={picking.keys.help}
            />
            <Canvas
              doc={doc}
              dispatch={dispatch}
              labels={labels}
              marks={marks}
              readOnly={locked || narrow}
              describedBy={keyLine}
              keys={picking.keys}
              onBeginEdge={picking.beginEdge}
            />
            {waiting && (
              <div className="absolute inset-x-2 bottom-2 z-10">
                <Waiting dispatch={dispatch} onText={goToText} />
              </div>
            )}
          </div>
          <Faults {...checked} definition={doc.definition} dispatch={dispatch}>
            <KeyLine id={keyLine} readOnly={readOnly} />
          </Faults>
        </div>
        {showText && (
          <div className="border-line max-lg:h-96 max-lg:border-t lg:w-96 lg:border-l">
            <YamlText
              text={text}
              fault={doc.draft?.fault ?? null}
              readOnly={readOnly}
              onChange={(text) => dispatch({ do: "text", text })}
              goal={toText}
            />
          </div>
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the key leads back from any field in it */}
        <div
          ref={form}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || event.defaultPrevented || chosen === null) return;
            event.preventDefault();
            reveal(chosen, true);
          }}
          className={clsx(
            "overflow-y-auto border-line bg-card max-lg:border-t lg:w-80 lg:shrink-0 lg:border-l",
            !showForm && "lg:hidden",
          )}
        >
          {!narrow && panel}
        </div>
      </div>
      {picking.element}
      {narrow && (
        <Sheet open={showForm} closes="kept" onClose={() => setShowForm(false)} title={t("panel")}>
          {waiting && <Waiting dispatch={dispatch} onText={goToText} />}
          {panel}
        </Sheet>
      )}
      {starting && (
        <StartRun
          pipeline={base}
          inputs={base.definition.inputs}
          onClose={() => setStarting(false)}
        />
      )}
      <Dialog
        open={leaving.status === "blocked"}
        onClose={() => leaving.reset?.()}
        title={t("leave.title")}
        foot={
          <>
            <Button onClick={() => leaving.reset?.()}>{t("leave.stay")}</Button>
            <Button look="danger" onClick={() => leaving.proceed?.()}>
              {t("leave.go")}
            </Button>
          </>
        }
      >
        {t(saving ? "leave.saving" : "leave.hint")}
      </Dialog>
    </div>
  );
}
