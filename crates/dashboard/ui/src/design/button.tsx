// Buttons, and links that look like them.

import clsx from "clsx";
import { LoaderCircle } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Tip } from "./tip";

type Look = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover border-transparent font-medium",
  plain: "bg-card text-ink border-line hover:bg-hover",
  quiet: "bg-transparent text-soft border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-card text-bad border-line hover:bg-bad-wash hover:border-bad",
};

/** The classes of something that looks like a button. */
export function buttonClass(look: Look = "plain", small = false): string {
  return clsx(
    "relative inline-flex max-w-full items-center justify-center gap-1.5 rounded-md border whitespace-nowrap select-none transition-colors",
    "disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50 aria-disabled:pointer-events-none",
    small ? "h-7 px-2 text-sm" : "h-8.5 px-3 text-base max-sm:h-10",
    LOOKS[look],
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  /** While it does what it does. */
  busy?: boolean | undefined;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button. While it is busy it does nothing, but keeps the focus. */
export function Button({
  look = "plain",
  small,
  busy = false,
  icon,
  children,
  className,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
      className={clsx(buttonClass(look, small), className)}
    >
      {busy && (
        <LoaderCircle
          aria-hidden
          className="absolute size-4 animate-spin [animation-duration:1s]"
        />
      )}
      {icon && <span className={clsx("shrink-0 [&_svg]:size-4", busy && "opacity-0")}>{icon}</span>}
      <span className={clsx("min-w-0 truncate", busy && "opacity-0")}>{children}</span>
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does, for whoever does not see the picture. */
  label: string;
  ref?: Ref<HTMLButtonElement>;
}

/** A button that is a picture alone. */
export function IconButton({ label, children, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={clsx(
          "inline-grid size-8 max-sm:size-10 shrink-0 place-items-center rounded-md text-soft transition-colors",
          "hover:bg-hover hover:text-ink aria-expanded:bg-hover disabled:opacity-50 disabled:pointer-events-none [&_svg]:size-4",
          className,
        )}
      >
        {children}
      </button>
    </Tip>
  );
}
