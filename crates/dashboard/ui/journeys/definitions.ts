// What the filled store works with: its pipelines, and what the scripted models answer in it.

import { readFileSync } from "node:fs";

/** A file of the examples that come with the program. */
export function example(name: string): string {
  return readFileSync(new URL(`../../../../examples/${name}`, import.meta.url), "utf8");
}

/** The pipelines of the examples. */
export const EXAMPLES = ["release-notes", "support-triage", "research-brief"] as const;

/** What goes on for an hour: a call may take ten minutes at most, and asks for another one by its tool. */
const ONE_MORE_NOTE = `reply: { calls: [{ tool: artifact_save, arguments: { name: note.md, content: Not yet } }] }
    delay: { first: 9m }`;

const ASSISTANT = `
script: 1
otherwise: example
rules:
  - when: { user: "late" }
    reply:
      reasoning: "Two carriers, one of them on strike. The customer wants a date, not an excuse."
      text: |-
        Three orders are late, all of them with **Northway Freight**:

        | order | promised | now expected |
        |---|---|---|
        | 20418 | Monday | Thursday |
        | 20422 | Monday | Thursday |
        | 20431 | Tuesday | Friday |

        I would write to the three customers today:

        1. say which day is realistic,
        2. offer to send the fast-moving parts ahead,
        3. name one person who answers.
  - when: { user: "letter" }
    reply:
      text: |-
        Dear Mrs Okafor,

        your order 20418 leaves our warehouse on Wednesday and is with you on Thursday, three days later
        than we promised. We are sorry. If you need the hinges sooner, we send them ahead today.
  - when: { user: "takes long" }
    ${ONE_MORE_NOTE}
`;

const SLOW = `
script: 1
rules:
  - when: {}
    ${ONE_MORE_NOTE}
`;

/** Files of the server's folder: the scripts of its models. */
export const SCRIPTS: Record<string, string> = Object.fromEntries([
  ...EXAMPLES.map((name) => [`data/scripts/${name}.script.yaml`, example(`${name}.script.yaml`)]),
  ["data/scripts/assistant.script.yaml", ASSISTANT],
  ["data/scripts/slow.script.yaml", SLOW],
]);

/** Reads a long catalogue, one at a time: a second run waits for the first. */
export const CATALOGUE = `
name: catalogue_check
description: Reads the whole catalogue for prices that contradict each other.
agents:
  - name: reader
    model: scripted/slow
    instructions: Find prices that contradict each other.
    tools: [artifact_save]
nodes:
  - { id: start, type: trigger }
  - id: read
    type: agent
    config: { agent: reader, task: "Check the catalogue of {{ input.season }}." }
edges:
  - { from: start, to: read }
limits: { concurrent_runs: 1 }
`;

/** Places an order with a supplier, by a request that must not be made twice. */
export const ORDER = `
name: order_stock
description: Orders what runs out, with a supplier who takes each order once.
nodes:
  - { id: start, type: trigger }
  - id: order
    name: Place the order
    type: action
    timeout: 20s
    config:
      kind: http
      method: POST
      url: "{{ input.supplier }}/orders"
      body: { article: "{{ input.article }}", pieces: "{{ input.pieces }}" }
edges:
  - { from: start, to: order }
`;

/** Fails where a price is no number. */
export const PRICES = `
name: import_prices
description: Takes a supplier's price list over.
nodes:
  - { id: start, type: trigger }
  - id: total
    name: Add the prices up
    type: transform
    config: { value: "{{ input.prices | sum }}" }
  - id: changed
    type: action
    config: { kind: emit_event, subject: prices.imported, data: { total: "{{ nodes.total.output }}" } }
edges:
  - { from: start, to: total }
  - { from: total, to: changed }
`;

/** Asks for consent with a form, until `deadline`. */
export const contract = (name: string, deadline: string) => `
name: ${name}
description: Has a person look at a contract before it is signed.
nodes:
  - { id: start, type: trigger }
  - id: consent
    name: Consent of the management
    type: approval
    config:
      title: "Sign the contract with {{ input.supplier }}?"
      detail: { supplier: "{{ input.supplier }}", yearly_cost: "{{ input.yearly_cost }}", notice: 3 months }
      deadline: ${deadline}
      on_deadline: expire
      form:
        type: object
        required: [cost_centre]
        properties:
          cost_centre: { type: string, title: Cost centre }
          remark: { type: string, title: Remark }
  - { id: signed, type: transform, config: { value: "signed for {{ nodes.consent.output.data.cost_centre }}" } }
  - { id: again, name: Wait a day, type: delay, config: { for: 1d } }
edges:
  - { from: start, to: consent }
  - { from: consent, to: signed, when: approved }
  - { from: consent, to: again, when: expired }
`;

/** Waits until the shop is closed; a limit ends it before. */
export const CLOSING = `
name: closing
description: Counts the till once the shop has closed.
nodes:
  - { id: start, type: trigger }
  - { id: closed, name: Wait for closing time, type: delay, config: { for: 6h } }
  - { id: count, type: transform, config: { value: "{{ input.till }}" } }
edges:
  - { from: start, to: closed }
  - { from: closed, to: count }
`;
