// What opens over a page: dialogs, sheets, questions, menus, tips and toasts; and tabs.

import { Archive, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { Problem } from "@/api/problem";
import { Button } from "@/design/button";
import { Confirm, Dialog, Sheet } from "@/design/dialog";
import { Field, Input } from "@/design/field";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/design/menu";
import { Tabs } from "@/design/tabs";
import { Tip } from "@/design/tip";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWords } from "./words";

/** A failure as the API answers it. */
export function useProblem(): Problem {
  const t = useWords();
  return new Problem(422, {
    code: "invalid",
    detail: t("failed"),
    request_id: "req_00000000000000000000000000000000",
    errors: [{ pointer: "/name", code: "pattern", message: t("letters") }],
  });
}

/** What opens. */
export function Over() {
  const t = useWords();
  const c = useVocabulary();
  const { say, fail } = useToast();
  const problem = useProblem();
  const [open, setOpen] = useState<"dialog" | "long" | "sheet" | null>(null);
  const window = {
    title: t("askTitle"),
    description: t("emptyHint"),
    onClose: () => setOpen(null),
    foot: (
      <>
        <Button onClick={() => setOpen(null)}>{c("action.cancel")}</Button>
        <Button look="primary" onClick={() => say(t("said"))}>
          {c("action.save")}
        </Button>
      </>
    ),
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button onClick={() => setOpen("dialog")}>{t("open")}</Button>
      <Button onClick={() => setOpen("long")}>{t("openLong")}</Button>
      <Button onClick={() => setOpen("sheet")}>{t("sheet")}</Button>
      <Confirm
        trigger={<Button look="danger">{t("ask")}</Button>}
        title={t("askTitle")}
        action={c("action.delete")}
        onConfirm={() => Promise.resolve()}
      />
      <Confirm
        trigger={<Button look="danger">{t("askFails")}</Button>}
        title={t("askTitle")}
        action={c("action.delete")}
        onConfirm={() => Promise.reject(problem)}
      />
      <Menu trigger={<Button>{t("menu")}</Button>} align="start">
        <MenuLabel>{t("choice")}</MenuLabel>
        <MenuItem icon={<Pencil />} onSelect={() => setOpen("dialog")}>
          {t("rename")}
        </MenuItem>
        <MenuItem icon={<Archive />} disabled>
          {t("archive")}
        </MenuItem>
        <MenuItem checked>{t("chosen")}</MenuItem>
        <MenuItem>{t("long")}</MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} danger>
          {c("action.delete")}
        </MenuItem>
      </Menu>
      <Tip text={t("tipText")}>
        <Button look="quiet">{t("tip")}</Button>
      </Tip>
      <Button onClick={() => say(t("said"))}>{t("say")}</Button>
      <Button onClick={() => say(t("said"), { label: t("undo"), do: () => say(t("undo")) })}>
        {t("sayUndo")}
      </Button>
      <Button onClick={() => fail(problem)}>{t("sayBad")}</Button>
      <Dialog {...window} open={open === "dialog" || open === "long"} wide={open === "long"}>
        <Field label={t("name")} required>
          <Input />
        </Field>
        {open === "long" &&
          Array.from({ length: 40 }, (_, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
            <p key={line} className="mt-3">
              {t("inside")}
            </p>
          ))}
      </Dialog>
      <Sheet {...window} open={open === "sheet"}>
        <p className="break-words">{t("long")}</p>
      </Sheet>
    </div>
  );
}

/** Tabs, more of them than a phone is wide. */
export function TabsShown() {
  const t = useWords();
  const [shown, setShown] = useState("first");
  const names = ["first", "second", "third", "code", "states", "tables", "over"] as const;
  return (
    <Tabs
      label={t("tabs")}
      value={shown}
      onChange={setShown}
      tabs={names.map((id) => ({
        id,
        name: t(id),
        content: <p>{t("contents", { name: t(id) })}</p>,
      }))}
    />
  );
}
