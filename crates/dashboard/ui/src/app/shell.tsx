// The frame around every page: navigation, project, person, palette, and how the connection is.

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import {
  Bot,
  CalendarClock,
  ChevronsUpDown,
  CircleCheck,
  House,
  type LucideIcon,
  Play,
  Radio,
  ScrollText,
  Search,
  Send,
  Settings,
  Workflow,
  Zap,
} from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { useLink } from "@/api/live";
import { Button, IconButton } from "@/design/button";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/design/menu";
import { Empty } from "@/design/state";
import { useNow } from "@/design/time";
import { useToast } from "@/design/toast";
import { LANGUAGES, type Language, language, speak } from "@/i18n";
import { ago } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Drawer } from "./drawer";
import { Palette } from "./palette";
import { useSession } from "./session";
import { setTheme, type Theme, useTheme } from "./theme";
import { useShellWords } from "./words";

interface Place {
  to: string;
  name: Parameters<ReturnType<typeof useShellWords>>[0];
  icon: LucideIcon;
  needs?: Schemas["Permission"];
}

interface Group {
  name: Parameters<ReturnType<typeof useShellWords>>[0] | null;
  places: Place[];
}

/** Where one can go. */
const GROUPS: Group[] = [
  { name: null, places: [{ to: "/", name: "nav.home", icon: House }] },
  {
    name: "group.work",
    places: [
      { to: "/runs", name: "nav.runs", icon: Play },
      { to: "/approvals", name: "nav.approvals", icon: CircleCheck },
    ],
  },
  {
    name: "group.build",
    places: [
      { to: "/pipelines", name: "nav.pipelines", icon: Workflow },
      { to: "/agents", name: "nav.agents", icon: Bot },
    ],
  },
  {
    name: "group.start",
    places: [
      { to: "/schedules", name: "nav.schedules", icon: CalendarClock },
      { to: "/triggers", name: "nav.triggers", icon: Zap },
      { to: "/webhooks", name: "nav.webhooks", icon: Send },
    ],
  },
  {
    name: "group.observe",
    places: [
      { to: "/events", name: "nav.events", icon: Radio },
      { to: "/audit", name: "nav.audit", icon: ScrollText, needs: "audit_read" },
    ],
  },
  { name: null, places: [{ to: "/settings", name: "nav.settings", icon: Settings }] },
];

const SETTINGS = "/settings";

/** The places where this person can go. Without a project there are the settings alone. */
export function useGroups(): Group[] {
  const { may, project } = useSession();
  return GROUPS.map(({ name, places }) => ({
    name,
    places: places.filter(
      ({ to, needs }) => (project || to === SETTINGS) && (needs === undefined || may(needs)),
    ),
  })).filter(({ places }) => places.length > 0);
}

/** The frame. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useShellWords();
  const { project } = useSession();
  const [open, setOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  const gone = useRef(false);
  // Whoever listens hears the new page, not the menu that they have left.
  const toPage = () => main.current?.focus({ preventScroll: true });
  // biome-ignore lint/correctness/useExhaustiveDependencies: at each change of the page
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    gone.current = true;
    setOpen(false);
    toPage();
  }, [path]);
  const onOpenChange = useCallback((next: boolean) => {
    gone.current = false;
    setOpen(next);
  }, []);
  const search = () => {
    setOpen(false);
    setSearching(true);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setSearching((before) => !before);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="flex min-h-dvh max-md:flex-col">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t("nav.skip")}
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-paper px-2 md:hidden">
        <Drawer
          open={open}
          onOpenChange={onOpenChange}
          onLeft={(event) => {
            if (!gone.current) return;
            event.preventDefault();
            toPage();
          }}
        >
          <Navigation onSearch={search} />
        </Drawer>
        <Mark />
        <span className="flex-1" />
        <IconButton label={t("palette.open")} onClick={search}>
          <Search />
        </IconButton>
      </header>
      <aside className="sticky top-0 flex h-dvh w-58 shrink-0 flex-col border-r border-line bg-sunken max-md:hidden">
        <div className="flex items-center gap-2 px-3 pt-3 pb-2">
          <Mark />
        </div>
        <Navigation onSearch={search} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <LostLink />
        <main id="content" ref={main} tabIndex={-1} className="min-w-0 flex-1 outline-none">
          {project || path === SETTINGS || path.startsWith(`${SETTINGS}/`) ? (
            children
          ) : (
            <Empty title={t("noProject")}>{t("noProjectHint")}</Empty>
          )}
        </main>
      </div>
      <Palette open={searching} onClose={() => setSearching(false)} />
    </div>
  );
}

function Navigation({ onSearch }: { onSearch: () => void }) {
  const t = useShellWords();
  const groups = useGroups();
  return (
    <>
      <div className="flex flex-col gap-1 px-2 pb-2">
        <ProjectMenu />
        <button
          type="button"
          onClick={onSearch}
          className="flex h-8 items-center gap-2 rounded-md border border-line bg-card px-2 text-sm text-soft hover:text-ink max-md:hidden"
        >
          <Search aria-hidden className="size-3.5" />
          <span className="flex-1 text-left">{t("palette.open")}</span>
          <kbd className="font-sans text-2xs">
            {navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"}
          </kbd>
        </button>
      </div>
      <nav aria-label={t("nav.label")} className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {groups.map((group) => (
          <NavGroup key={group.places[0]?.to} group={group} />
        ))}
      </nav>
      <UserMenu />
    </>
  );
}

function Mark() {
  return (
    <span className="flex items-center gap-2 font-semibold tracking-tight">
      <img src="/mark.svg" alt="" width={22} height={22} />
      Gathering
    </span>
  );
}

function NavGroup({ group }: { group: Group }) {
  const t = useShellWords();
  return (
    <div className="mb-3">
      {group.name && (
        <p className="px-2 pb-1 text-2xs font-medium tracking-wide text-faint uppercase">
          {t(group.name)}
        </p>
      )}
      <ul className="flex flex-col gap-px">
        {group.places.map(({ to, name, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              activeOptions={{ exact: to === "/" }}
              className="flex h-8 items-center gap-2.5 rounded-md px-2 text-soft hover:bg-hover hover:text-ink max-md:h-11"
              activeProps={{ className: "bg-hover text-ink! font-medium", "aria-current": "page" }}
            >
              <Icon aria-hidden className="size-4 shrink-0" />
              <span className="flex-1">{t(name)}</span>
              {to === "/approvals" && <Asked />}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How many approvals this person may decide. */
function Asked() {
  const { project } = useSession();
  const query = useQuery({
    queryKey: ["approvals", "asked"],
    queryFn: () =>
      body(api.GET("/api/v1/approvals", { params: { query: { limit: 100, may_decide: true } } })),
    enabled: project !== null,
  });
  const count = query.data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <span className="rounded-full bg-wait-wash px-1.5 text-2xs font-medium text-wait">
      {query.data?.next_cursor ? `${count}+` : count}
    </span>
  );
}

function ProjectMenu() {
  const t = useShellWords();
  const c = useVocabulary();
  const { project, chooseProject } = useSession();
  const navigate = useNavigate();
  const [, section = "", ...below] = useRouterState({
    select: (state) => state.location.pathname,
  }).split("/");
  const choose = async (id: string) => {
    // What is shown of one thing is of the project that is left; the settings are of all.
    if (below.length > 0 && `/${section}` !== SETTINGS) await navigate({ to: `/${section}` });
    chooseProject(id);
  };
  const query = useQuery({
    queryKey: ["projects", "mine"],
    queryFn: () =>
      allPages((cursor) =>
        body(
          api.GET("/api/v1/projects", {
            params: { query: { limit: 100, ...(cursor && { cursor }) } },
          }),
        ),
      ),
  });
  const { items: projects = [], isWhole = true } = query.data ?? {};
  if (projects.length === 0) return null;
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={project ? t("project.choose", { name: project.name }) : t("project.none")}
          className="flex h-8 items-center gap-2 rounded-md px-2 font-medium hover:bg-hover"
        >
          <span className="min-w-0 flex-1 truncate text-left">
            {project?.name ?? t("project.none")}
          </span>
          <ChevronsUpDown aria-hidden className="size-3.5 text-soft" />
        </button>
      }
    >
      {projects.map(({ id, name }) => (
        <MenuItem key={id} checked={id === project?.id} onSelect={() => void choose(id)}>
          {name}
        </MenuItem>
      ))}
      {!isWhole && <MenuLabel>{c("list.cut", { most: projects.length })}</MenuLabel>}
    </Menu>
  );
}

const THEMES: Theme[] = ["system", "light", "dark"];

function UserMenu() {
  const t = useShellWords();
  const c = useVocabulary();
  const { me, user, signOut } = useSession();
  const { fail } = useToast();
  const theme = useTheme();
  return (
    <div className="border-t border-line p-2">
      <Menu
        align="start"
        side="top"
        trigger={
          <button
            type="button"
            aria-label={t("user.menu")}
            className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover"
          >
            <span
              aria-hidden
              className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-wash text-xs font-semibold text-accent uppercase"
            >
              {user.name.slice(0, 1) || user.email.slice(0, 1)}
            </span>
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm font-medium">{user.name || user.email}</span>
              <span className="block truncate text-2xs text-soft">
                {c(`role.${me.role ?? me.server_role}`)}
              </span>
            </span>
          </button>
        }
      >
        <MenuLabel>{user.email}</MenuLabel>
        <MenuLine />
        <MenuLabel>{t("user.theme")}</MenuLabel>
        {THEMES.map((one) => (
          <MenuItem key={one} checked={theme === one} onSelect={() => setTheme(one)}>
            {t(`theme.${one}`)}
          </MenuItem>
        ))}
        <MenuLabel>{t("user.language")}</MenuLabel>
        {(Object.keys(LANGUAGES) as Language[]).map((one) => (
          <MenuItem key={one} checked={language() === one} onSelect={() => void speak(one)}>
            {LANGUAGES[one]}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem onSelect={() => void signOut().catch(fail)}>{t("user.signOut")}</MenuItem>
      </Menu>
    </div>
  );
}

/** Says that the connection is lost, and how old what is shown is. */
function LostLink() {
  const t = useVocabulary();
  const { link, lostAt, retry } = useLink();
  const now = useNow();
  // A moment without a connection is nothing to speak of.
  if (link !== "lost" || lostAt === null || now - lostAt < 1500) return null;
  return (
    <div
      role="status"
      className="sticky top-0 z-20 flex items-center gap-3 border-b border-wait/40 bg-wait-wash px-4 py-2 text-sm text-wait max-md:top-12"
    >
      <span className="flex-1">{t("link.lost", { ago: ago(lostAt, now) })}</span>
      <Button small onClick={retry}>
        {t("link.retry")}
      </Button>
    </div>
  );
}
