/**
 * ESLint rules that keep the words of the pages in static/locales: `bare-text` finds words in the
 * code, and `known-message` checks each use of a message.
 *
 * @typedef {import("eslint").Rule.RuleModule} RuleModule
 * @typedef {{[key: string]: string | Messages}} Messages
 */

// Two words, or one that begins a sentence.
const TEXT = /\p{L}{2}[\p{L}’']* \p{L}|^\p{Lu}[\p{Ll}’']+[.!?…]?$/u;
const LETTERS = /\p{L}{2}/u;
/** What is set here is seen or heard, whatever it looks like. */
const SHOWN_PROPERTIES = new Set(["alt", "innerText", "placeholder", "textContent", "title"]);
const SHOWING_CALLS = new Set(["Option", "setText", "showBusy", "showText"]);
const SHOWN_ATTRIBUTES = /^(alt|placeholder|title|aria-(description|label|roledescription|valuetext))$/;
const MESSAGE_CALLS = new Set(["hasMessage", "t"]);
const PLACEHOLDER = /\{\{(\w+)\}\}/g;

/** @param {any} node */
function nameOfCall(node) {
  return node.callee?.type === "Identifier" ? node.callee.name : node.callee?.property?.name ?? "";
}

/**
 * Whether a string is code: an address, a key, a part of a comparison, or what only developers read.
 *
 * @param {any} node
 */
function isCode(node) {
  for (let inner = node, outer = node.parent; outer; inner = outer, outer = outer.parent) {
    if (/^(Import|Export\w*)Declaration$|^ImportExpression$/.test(outer.type)) return outer.source === inner;
    if (outer.type === "NewExpression" && /Error$/.test(nameOfCall(outer))) return true;
    if (outer.type === "CallExpression") return MESSAGE_CALLS.has(nameOfCall(outer)) && outer.arguments[0] === inner;
    if (outer.type === "BinaryExpression" && /^[!=]==$/.test(outer.operator)) return true;
    if (outer.type === "Property" && outer.key === inner && !outer.computed) return true;
    if (/Function|Statement$/.test(outer.type)) return false;
  }
  return false;
}

/**
 * Whether a string ends up on the page, by its position alone.
 *
 * @param {any} node
 */
function isShown(node) {
  let inner = node;
  // Through choices between strings.
  while (/^(ConditionalExpression|LogicalExpression)$/.test(inner.parent.type) && inner.parent.test !== inner) inner = inner.parent;
  const outer = inner.parent;
  if (outer.type === "AssignmentExpression") return outer.right === inner && SHOWN_PROPERTIES.has(outer.left.property?.name);
  if (!/^(Call|New)Expression$/.test(outer.type)) return false;
  const [first, second] = outer.arguments;
  if (nameOfCall(outer) === "setAttribute") return second === inner && SHOWN_ATTRIBUTES.test(String(first.value));
  return SHOWING_CALLS.has(nameOfCall(outer)) && (nameOfCall(outer) === "Option" ? first : second) === inner;
}

/** @type {RuleModule} */
export const bareText = {
  meta: {
    type: "problem",
    schema: [{ type: "object", properties: { allow: { type: "array", items: { type: "string" } } }, additionalProperties: false }],
    messages: { bare: "Words of the page belong into static/locales: {{text}}" },
  },
  create(context) {
    const allowed = new Set(context.options[0]?.allow ?? []);
    const check = (/** @type {any} */ node, /** @type {string} */ text) => {
      const suspect = TEXT.test(text) || (LETTERS.test(text) && isShown(node));
      if (suspect && !allowed.has(text.trim()) && !isCode(node)) context.report({ node, messageId: "bare", data: { text } });
    };
    return {
      Literal: (node) => typeof node.value === "string" && check(node, node.value),
      TemplateLiteral: (node) => check(node, node.quasis.map(({ value }) => value.cooked).join("…")),
    };
  },
};

/**
 * @param {Messages} messages
 * @param {string} [prefix]
 * @returns {[key: string, text: string][]}
 */
function flat(messages, prefix = "") {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === "string" ? [/** @type {[string, string]} */ ([prefix + key, value])] : flat(value, `${prefix}${key}.`));
}

/**
 * The keys that an argument stands for.
 *
 * @param {any} node
 * @returns {({key: string} | {prefix: string} | null)[]} null: the code doesn't show
 */
function keysOf(node) {
  if (node?.type === "ConditionalExpression") return [...keysOf(node.consequent), ...keysOf(node.alternate)];
  if (node?.type === "Literal") return [{ key: String(node.value) }];
  const start = node?.type === "TemplateLiteral" ? node.quasis[0].value.cooked : "";
  return [start.includes(".") ? { prefix: start } : null];
}

/**
 * What is wrong with the values of a message, if it can be seen.
 *
 * @param {string[]} texts of the message, in each plural form
 * @param {any} values node
 * @param {boolean} plural
 */
function faultOfValues(texts, values, plural) {
  if (values && values.type !== "ObjectExpression") return "";
  const properties = values?.properties ?? [];
  if (properties.some((/** @type {any} */ { type }) => type === "SpreadElement")) return "";
  const given = properties.map((/** @type {any} */ { key }) => key.name ?? key.value);
  const wanted = new Set(texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name)));
  if (plural) wanted.add("count");
  const missing = [...wanted].filter((name) => !given.includes(name));
  const extra = given.filter((/** @type {string} */ name) => !wanted.has(name));
  return [...missing.map((name) => `lacks ${name}`), ...extra.map((/** @type {string} */ name) => `has no ${name}`)].join(", ");
}

/** @type {RuleModule} */
export const knownMessage = {
  meta: {
    type: "problem",
    schema: [{ type: "object" }],
    messages: {
      hidden: "Begin the key with its section as a literal, so that it can be found",
      unknown: "There is no message {{key}}",
      values: "The message {{key}} {{fault}}",
    },
  },
  create(context) {
    const texts = new Map(flat(context.options[0]));
    const check = (/** @type {any} */ node, /** @type {string} */ key) => {
      const forms = [`${key}_one`, `${key}_other`].flatMap((name) => texts.get(name) ?? []);
      const [plural, all] = [forms.length > 0, forms.length > 0 ? forms : [texts.get(key)].flatMap((text) => text ?? [])];
      if (all.length === 0) return context.report({ node, messageId: "unknown", data: { key } });
      const fault = nameOfCall(node) === "t" ? faultOfValues(all, node.arguments[1], plural) : "";
      if (fault) context.report({ node, messageId: "values", data: { key, fault } });
    };
    return {
      CallExpression(node) {
        if (node.callee.type !== "Identifier" || !MESSAGE_CALLS.has(node.callee.name)) return;
        for (const found of keysOf(node.arguments[0])) {
          if (found === null) context.report({ node, messageId: "hidden" });
          else if ("key" in found) check(node, found.key);
          else if (![...texts.keys()].some((key) => key.startsWith(found.prefix))) context.report({ node, messageId: "unknown", data: { key: `${found.prefix}…` } });
        }
      },
    };
  },
};

export default { rules: { "bare-text": bareText, "known-message": knownMessage } };
