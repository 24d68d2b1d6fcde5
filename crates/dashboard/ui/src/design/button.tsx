// Buttons, and links that look like them.

import clsx from "clsx";
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
    "inline-flex items-center justify-center gap-1.5 rounded-md border whitespace-nowrap select-none transition-colors",
    "disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50 aria-disabled:pointer-events-none",
    small ? "h-7 px-2 text-sm" : "h-8.5 px-3 text-base max-sm:h-10",
    LOOKS[look],
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  /** While it does what it does. */
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button. */
export function Button({
  look = "plain",
  small,
  busy,
  icon,
  children,
  className,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={clsx(buttonClass(look, small), className)}
    >
      {icon && <span className="shrink-0 [&_svg]:size-4">{icon}</span>}
      {children}
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
          "hover:bg-hover hover:text-ink disabled:opacity-50 disabled:pointer-events-none [&_svg]:size-4",
          className,
        )}
      >
        {children}
      </button>
    </Tip>
  );
}
