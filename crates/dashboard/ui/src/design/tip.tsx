// Words that appear beside what they explain.

import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

/** Explains its child on hover and focus. */
export function Tip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root delayDuration={400}>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 max-w-72 rounded-md break-words bg-ink px-2 py-1 text-xs text-paper shadow-float"
        >
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
