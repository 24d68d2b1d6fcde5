// What stands in the place of data: loading, a failure, nothing yet.

import clsx from "clsx";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Problem, Unreachable } from "@/api/problem";
import { useVocabulary } from "@/i18n/vocabulary";
import { Button } from "./button";

/** Grey lines where rows will be. */
export function Loading({ rows = 4, className }: { rows?: number; className?: string }) {
  const t = useVocabulary();
  return (
    <div
      role="status"
      aria-label={t("loading")}
      className={clsx("flex flex-col gap-2.5 py-2", className)}
    >
      {Array.from({ length: rows }, (_, row) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
          key={row}
          className="breathe h-5 rounded-md bg-hover"
          style={{ width: `${92 - ((row * 17) % 40)}%` }}
        />
      ))}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  onRetry?: (() => void) | undefined;
  className?: string;
}

/** What went wrong, in the person's words where there are some. */
export function failureText(error: unknown, t: ReturnType<typeof useVocabulary>): string {
  if (error instanceof Unreachable) return t("error.unreachable");
  if (error instanceof Problem && error.code === "forbidden") return t("error.forbidden");
  return error instanceof Error ? error.message : String(error);
}

/** What went wrong, in words, with the request's id. */
export function Failure({ error, onRetry, className }: FailureProps) {
  const t = useVocabulary();
  const problem = error instanceof Problem ? error : null;
  const text = failureText(error, t);
  return (
    <div
      role="alert"
      className={clsx(
        "flex min-w-0 items-start gap-2.5 rounded-md border border-bad/40 bg-bad-wash px-3 py-2.5",
        className,
      )}
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1 text-sm">
        <p className="break-words">{text}</p>
        {problem && problem.faults.length > 0 && (
          <ul className="mt-1 list-disc pl-4 text-soft">
            {problem.faults.map((fault) => (
              <li key={`${fault.pointer}${fault.code}`}>
                {fault.pointer && <code className="mr-1 font-mono text-xs">{fault.pointer}</code>}
                {fault.message}
              </li>
            ))}
          </ul>
        )}
        {problem?.requestId && (
          <p className="mt-1 font-mono text-2xs break-all text-soft">
            {t("error.request", { id: problem.requestId })}
          </p>
        )}
      </div>
      {onRetry && (
        <Button small onClick={onRetry}>
          {t("action.retry")}
        </Button>
      )}
    </div>
  );
}

interface EmptyProps {
  icon?: ReactNode;
  title: ReactNode;
  /** What to do next. */
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing yet, and what to do about it. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      {icon && <span className="mb-2 text-faint [&_svg]:size-7 [&_svg]:stroke-[1.5]">{icon}</span>}
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-md text-sm text-soft">{children}</div>}
      {action && <div className="mt-4 flex gap-2">{action}</div>}
    </div>
  );
}

interface ReadProps<T> {
  query: { data: T | undefined; error: Error | null; isPending: boolean; refetch: () => unknown };
  rows?: number;
  children: (data: T) => ReactNode;
}

/** What a query has read; or that it is reading; or why it cannot. */
export function Read<T>({ query, rows, children }: ReadProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading {...(rows !== undefined && { rows })} />;
}
