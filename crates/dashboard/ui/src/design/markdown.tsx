// Texts that are written in Markdown. Until what reads it has been loaded, they stand as they are.

import clsx from "clsx";
import {
  Component,
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useVocabulary } from "@/i18n/vocabulary";
import { isBeyondBounds } from "./markdown-bounds";

const MarkdownText = lazy(() => import("./markdown-text"));

/** A text that grows is read again so long after it was read. */
const REST_MS = 150;
/** After a reading that took long, this many times as long is waited. */
const RESTS = 3;

/** A text in Markdown. */
export function Markdown({ text, className }: { text: string; className?: string }) {
  const shown = useRested(text);
  const beyond = useMemo(() => isBeyondBounds(shown), [shown]);
  return (
    <div className={clsx("flex min-w-0 flex-col gap-2.5 break-words", className)}>
      {beyond ? (
        <AsWritten text={shown} />
      ) : (
        <Guard text={shown}>
          <Suspense fallback={<p className="whitespace-pre-wrap">{shown}</p>}>
            <MarkdownText text={shown} />
          </Suspense>
        </Guard>
      )}
    </div>
  );
}

/** A text that changes quickly, as it was when it was last shown: seldom enough to leave the page free. */
function useRested(text: string): string {
  const [shown, setShown] = useState(text);
  const times = useRef({ began: performance.now(), rest: REST_MS });
  // biome-ignore lint/correctness/useExhaustiveDependencies: when it has been shown
  useEffect(() => {
    const { began } = times.current;
    times.current.rest = Math.max(REST_MS, (performance.now() - began) * RESTS);
  }, [shown]);
  useEffect(() => {
    if (text === shown) return;
    const { began, rest } = times.current;
    const timer = setTimeout(
      () => {
        times.current.began = performance.now();
        setShown(text);
      },
      Math.max(0, began + rest - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [text, shown]);
  return shown;
}

/** A text that cannot be read as Markdown. */
function AsWritten({ text }: { text: string }) {
  const t = useVocabulary();
  return (
    <>
      <p className="text-xs text-soft">{t("markdown.asWritten")}</p>
      <pre className="font-mono text-xs break-words whitespace-pre-wrap">{text}</pre>
    </>
  );
}

interface GuardState {
  text: string;
  failed: boolean;
}

/** Shows a text as it is written where reading it fails. */
class Guard extends Component<{ text: string; children: ReactNode }, GuardState> {
  override state: GuardState = { text: this.props.text, failed: false };

  static getDerivedStateFromError(): Partial<GuardState> {
    return { failed: true };
  }

  static getDerivedStateFromProps({ text }: { text: string }, state: GuardState) {
    return text === state.text ? null : { text, failed: false };
  }

  override render(): ReactNode {
    const { text, failed } = this.state;
    return failed ? <AsWritten text={text} /> : this.props.children;
  }
}
