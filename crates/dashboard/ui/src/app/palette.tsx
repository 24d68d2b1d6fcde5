// The command palette: pages, what the project holds by name, where one was, and what can be done.

import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import {
  Bot,
  CalendarClock,
  Clock3,
  LoaderCircle,
  type LucideIcon,
  MessageSquare,
  MessageSquareShare,
  Play,
  Plug,
  Plus,
  Send,
  Webhook,
  Workflow,
  Zap,
} from "lucide-react";
import { Dialog } from "radix-ui";
import { Fragment, type ReactNode, useEffect, useRef, useState } from "react";
import { OVER, useReturn } from "@/design/dialog";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { LANGUAGES, type Language, speak } from "@/i18n";
import { actionsFor } from "./actions";
import { addressOf, byKind, type Found, fits, type Kind, useFound } from "./find";
import { useRecent } from "./recent";
import { useSession } from "./session";
import { useGroups } from "./shell";
import { setTheme, type Theme } from "./theme";
import { useShellWords } from "./words";

/** The longest name that the server looks for, in characters. */
const LONGEST = 200;

const ICONS: Record<Kind, LucideIcon> = {
  pipeline: Workflow,
  agent: Bot,
  schedule: CalendarClock,
  trigger: Zap,
  hook: Webhook,
  webhook: Send,
  channel: MessageSquareShare,
  provider: Plug,
  thread: MessageSquare,
};

/** The palette. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useShellWords();
  const recent = useRecent();
  const onReturn = useReturn(open);
  // Whoever goes elsewhere is at the new page, not at what opened the palette.
  const gone = useRef(false);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={OVER} />
        <Dialog.Content
          aria-describedby={undefined}
          onOpenAutoFocus={() => {
            gone.current = false;
          }}
          onCloseAutoFocus={(event) => (gone.current ? event.preventDefault() : onReturn(event))}
          className="appear fixed top-[12dvh] left-1/2 z-40 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-card shadow-float max-sm:top-3"
        >
          <Dialog.Title className="sr-only">{t("palette.open")}</Dialog.Title>
          <Choices
            recent={recent}
            onClose={onClose}
            onGo={() => {
              gone.current = true;
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface ChoicesProps {
  recent: ReturnType<typeof useRecent>;
  onClose: () => void;
  onGo: () => void;
}

function Choices({ recent, onClose, onGo }: ChoicesProps) {
  const t = useShellWords();
  const { signOut, may, project } = useSession();
  const groups = useGroups();
  const { fail } = useToast();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [visited] = useState(recent);
  const list = useRef<HTMLDivElement>(null);
  const found = useFound(text);
  const typed = text.trim() !== "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is found of other words begins at its top
  useEffect(() => {
    list.current?.scrollTo({ top: 0 });
  }, [text]);
  const go = (href: string) => {
    onGo();
    onClose();
    void navigate({ href });
  };
  const goTo = (item: Found) =>
    void addressOf(item).then(go, (error) => {
      onClose();
      fail(error);
    });
  const run = (action: () => unknown) => () => {
    onClose();
    void action();
  };
  const places = groups.flatMap((group) => group.places).filter(({ name }) => fits(t(name), text));
  const actions = actionsFor(text, t, may, project !== null);
  const commands: [string, () => unknown][] = [
    ...(["system", "light", "dark"] as Theme[]).map((one): [string, () => unknown] => [
      t("palette.theme", { theme: t(`theme.${one}`) }),
      () => setTheme(one),
    ]),
    ...(Object.keys(LANGUAGES) as Language[]).map((one): [string, () => unknown] => [
      t("palette.language", { language: LANGUAGES[one] }),
      () => speak(one),
    ]),
    [t("palette.components"), () => go("/components")],
    [t("user.signOut"), () => signOut().catch(fail)],
  ];
  const shown = typed ? commands.filter(([name]) => fits(name, text)) : [];
  return (
    <Command label={t("palette.open")} shouldFilter={false} loop>
      <div className="flex items-center border-b border-line pr-4">
        <Command.Input
          value={text}
          onValueChange={setText}
          maxLength={LONGEST}
          placeholder={t("palette.hint")}
          aria-label={t("palette.open")}
          className="h-12 min-w-0 flex-1 bg-transparent px-4 text-base outline-none placeholder:text-faint"
        />
        {found.isFinding && <LoaderCircle aria-hidden className="size-4 animate-spin text-soft" />}
      </div>
      <span role="status" className="sr-only">
        {found.isFinding
          ? t("palette.finding")
          : typed && !found.error && t("palette.found", { count: found.items.length })}
      </span>
      {found.error && <Failure error={found.error} onRetry={found.retry} className="m-1.5 mb-0" />}
      <Command.List
        ref={list}
        className="max-h-[60dvh] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-soft"
      >
        {!found.isFinding && !found.error && (
          <Command.Empty className="px-3 py-8 text-center text-sm text-soft">
            {t("palette.nothing")}
          </Command.Empty>
        )}
        {!typed && visited.length > 0 && (
          <Command.Group heading={t("palette.recent")}>
            {visited.map(({ path, title }) => (
              <Item key={path} value={`recent ${path}`} icon={Clock3} onSelect={() => go(path)}>
                {title}
              </Item>
            ))}
          </Command.Group>
        )}
        {places.length > 0 && (
          <Command.Group heading={t("palette.pages")}>
            {places.map(({ to, name, icon }) => (
              <Item key={to} value={to} icon={icon} onSelect={() => go(to)}>
                {t(name)}
              </Item>
            ))}
          </Command.Group>
        )}
        {byKind(found.items).map(([kind, items]) => (
          <Command.Group key={kind} heading={t(`kind.${kind}`)}>
            {items.map((item) => (
              <Fragment key={item.id}>
                <Item value={`${kind} ${item.id}`} icon={ICONS[kind]} onSelect={() => goTo(item)}>
                  {item.name || t("palette.unnamed")}
                </Item>
                {kind === "pipeline" && may("run_start") && (
                  <Item
                    value={`run ${item.id}`}
                    icon={Play}
                    onSelect={() => go(`/pipelines/${item.id}?open=run`)}
                  >
                    {t("palette.run", { name: item.name })}
                  </Item>
                )}
              </Fragment>
            ))}
          </Command.Group>
        ))}
        {actions.length > 0 && (
          <Command.Group heading={t("palette.begin")}>
            {actions.map(({ name, href }) => (
              <Item
                key={name}
                value={`do ${name}`}
                icon={name === "do.run" ? Play : Plus}
                onSelect={() => go(href)}
              >
                {t(name)}
              </Item>
            ))}
          </Command.Group>
        )}
        {shown.length > 0 && (
          <Command.Group heading={t("palette.commands")}>
            {shown.map(([name, action]) => (
              <Item key={name} value={`do ${name}`} onSelect={run(action)}>
                {name}
              </Item>
            ))}
          </Command.Group>
        )}
      </Command.List>
    </Command>
  );
}

interface ItemProps {
  value: string;
  icon?: LucideIcon;
  onSelect: () => void;
  children: ReactNode;
}

function Item({ value, icon: Icon, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover max-sm:h-11"
    >
      {Icon && <Icon aria-hidden className="size-4 shrink-0 text-soft" />}
      <span className="min-w-0 flex-1 truncate">{children}</span>
    </Command.Item>
  );
}
