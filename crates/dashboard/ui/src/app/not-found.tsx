// An address that names nothing.

import { Link } from "@tanstack/react-router";
import { buttonClass } from "@/design/button";
import { Page } from "@/design/layout";
import { useVocabulary } from "@/i18n/vocabulary";
import { useShellWords } from "./words";

/** Says so, and shows the way home. */
export function NotFound() {
  const c = useVocabulary();
  const t = useShellWords();
  return (
    <Page title={c("error.notFound")} lead={c("error.notFoundHint")}>
      <Link to="/" className={buttonClass()}>
        {t("nav.home")}
      </Link>
    </Page>
  );
}
