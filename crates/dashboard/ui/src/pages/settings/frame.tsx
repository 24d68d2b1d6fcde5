// The frame of the settings: the list of their sections beside the one that is open.

import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useSession } from "@/app/session";
import { useInSight } from "@/design/in-sight";
import { Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import { SECTIONS } from "./sections";
import { useWords } from "./words";

/** The frame. */
export default function Settings() {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const seen = SECTIONS.filter(({ needs }) => needs === undefined || may(needs));
  const hidden = SECTIONS.find(
    ({ to }) => path.startsWith(to) && !seen.some((one) => one.to === to),
  );
  // On a phone the list lies on its side.
  const row = useInSight<HTMLElement>();
  return (
    <div className="mx-auto flex w-full max-w-6xl max-lg:flex-col">
      <nav
        ref={row}
        aria-label={t("title")}
        className="shrink-0 lg:w-50 lg:py-6 lg:pl-6 max-lg:overflow-x-auto max-lg:border-b max-lg:border-line max-lg:px-2 max-lg:py-1.5"
      >
        <ul className="flex flex-col gap-px max-lg:w-max max-lg:flex-row">
          {seen.map(({ to, name, icon: Icon }) => (
            <li key={to}>
              <Link
                to={to}
                className="flex h-8 items-center gap-2.5 rounded-md px-2 whitespace-nowrap text-soft hover:bg-hover hover:text-ink max-md:h-10"
                activeProps={{
                  className: "bg-hover text-ink! font-medium",
                  "aria-current": "page",
                }}
              >
                <Icon aria-hidden className="size-4 shrink-0" />
                {t(name)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="min-w-0 flex-1">
        {hidden ? (
          <Page title={t(hidden.name)}>
            <Empty icon={<Lock />} title={c("error.forbidden")} />
          </Page>
        ) : (
          <Outlet />
        )}
      </div>
    </div>
  );
}
