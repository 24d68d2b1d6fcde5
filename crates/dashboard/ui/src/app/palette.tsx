// The command palette: pages, and what can be done.

import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { type ReactNode, useEffect, useState } from "react";
import { useToast } from "@/design/toast";
import { LANGUAGES, type Language, speak } from "@/i18n";
import { useSession } from "./session";
import { useGroups } from "./shell";
import { setTheme, type Theme } from "./theme";
import { useShellWords } from "./words";

/** The palette. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useShellWords();
  const { signOut } = useSession();
  const { fail } = useToast();
  const groups = useGroups();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  useEffect(() => {
    if (!open) setText("");
  }, [open]);
  const go = (to: string) => {
    onClose();
    void navigate({ to });
  };
  const run = (action: () => unknown) => () => {
    onClose();
    void action();
  };
  const fits = (name: string) => name.toLowerCase().includes(text.trim().toLowerCase());
  const places = groups.flatMap((group) => group.places).filter(({ name }) => fits(t(name)));
  const commands: [string, () => unknown][] = [
    ...(["system", "light", "dark"] as Theme[]).map((one): [string, () => unknown] => [
      `${t("user.theme")}: ${t(`theme.${one}`)}`,
      () => setTheme(one),
    ]),
    ...(Object.keys(LANGUAGES) as Language[]).map((one): [string, () => unknown] => [
      `${t("user.language")}: ${LANGUAGES[one]}`,
      () => speak(one),
    ]),
    [t("user.signOut"), () => signOut().catch(fail)],
  ];
  const shown = commands.filter(([name]) => text.trim() !== "" && fits(name));
  return (
    <Command.Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      label={t("palette.open")}
      shouldFilter={false}
      overlayClassName="fixed inset-0 z-40 bg-shade"
      contentClassName="appear fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-card shadow-float"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder={t("palette.hint")}
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-faint"
      />
      <Command.List className="max-h-[60dvh] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-soft">
        <Command.Empty className="px-3 py-8 text-center text-sm text-soft">
          {t("palette.nothing")}
        </Command.Empty>
        {places.length > 0 && (
          <Command.Group heading={t("palette.pages")}>
            {places.map(({ to, name, icon: Icon }) => (
              <Item key={to} value={to} onSelect={() => go(to)}>
                <Icon aria-hidden className="size-4 text-soft" />
                {t(name)}
              </Item>
            ))}
          </Command.Group>
        )}
        {shown.length > 0 && (
          <Command.Group heading={t("palette.commands")}>
            {shown.map(([name, action]) => (
              <Item key={name} value={name} onSelect={run(action)}>
                {name}
              </Item>
            ))}
          </Command.Group>
        )}
      </Command.List>
    </Command.Dialog>
  );
}

function Item({
  value,
  onSelect,
  children,
}: {
  value: string;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover"
    >
      {children}
    </Command.Item>
  );
}
