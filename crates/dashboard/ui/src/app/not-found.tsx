// An address that names nothing.

import { Link } from "@tanstack/react-router";
import { buttonClass } from "@/design/button";
import { Empty } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import { useShellWords } from "./words";

/** Says so, and shows the way home. */
export function NotFound() {
  const c = useVocabulary();
  const t = useShellWords();
  return (
    <Empty
      title={c("error.notFound")}
      action={
        <Link to="/" className={buttonClass()}>
          {t("nav.home")}
        </Link>
      }
    >
      {c("error.notFoundHint")}
    </Empty>
  );
}
