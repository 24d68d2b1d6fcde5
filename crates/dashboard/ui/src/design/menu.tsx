// Menus that open from a button.

import clsx from "clsx";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom";
}

/** A menu with what opens it. */
export function Menu({ trigger, children, align = "end", side = "bottom" }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className="appear z-50 max-h-[70dvh] min-w-44 max-w-[min(24rem,calc(100vw-1rem))] overflow-y-auto break-words rounded-md border border-line bg-card p-1 shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const ITEM =
  "flex w-full items-center gap-2 rounded-sm px-2 py-1.5 text-base outline-offset-[-2px] select-none max-sm:py-2.5 " +
  "data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-soft";

interface ItemProps {
  icon?: ReactNode;
  onSelect?: () => void;
  danger?: boolean;
  disabled?: boolean;
  checked?: boolean;
  /** The item is its child, a link. */
  asChild?: boolean;
  children: ReactNode;
}

/** One thing to do. */
export function MenuItem({
  icon,
  onSelect,
  danger,
  disabled,
  checked,
  asChild,
  children,
}: ItemProps) {
  const className = clsx(ITEM, danger && "text-bad [&_svg]:text-bad");
  if (checked !== undefined) {
    return (
      <DropdownMenu.CheckboxItem
        checked={checked}
        {...(onSelect && { onSelect })}
        disabled={disabled}
        className={className}
      >
        <span aria-hidden className="w-4 text-accent">
          {checked ? "✓" : ""}
        </span>
        {children}
      </DropdownMenu.CheckboxItem>
    );
  }
  return (
    <DropdownMenu.Item
      asChild={asChild}
      {...(onSelect && { onSelect })}
      disabled={disabled}
      className={className}
    >
      {asChild ? (
        children
      ) : (
        <>
          {icon}
          {children}
        </>
      )}
    </DropdownMenu.Item>
  );
}

/** What the items below it have in common. */
export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-2 pt-1.5 pb-1 text-xs text-soft">
      {children}
    </DropdownMenu.Label>
  );
}

/** A line between items. */
export function MenuLine() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
