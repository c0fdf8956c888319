/** The HTML that puts the element into a page. The server makes the same for a page without script. */

/** @param {string} text */
const escaped = (text) =>
  text.replace(
    /[&<>"']/g,
    (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" })[character] ?? "",
  );

/**
 * @param {string} script address of the element's script
 * @param {Map<string, string>} attributes @param {Map<string, string>} properties
 */
export function snippet(script, attributes, properties) {
  const pairs = [...attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`);
  const lines = [
    `<script type="module" src="${escaped(script)}"></script>`,
    `<breaking-ticker${pairs.join("")}></breaking-ticker>`,
  ];
  // A brace or an angle bracket would end the rule or the style sheet.
  const styles = [...properties].filter(([, value]) => !/[{}<>;]/.test(value));
  if (styles.length) {
    const rules = styles.map(([name, value]) => `  ${name}: ${value};`);
    lines.push("<style>", "breaking-ticker {", ...rules, "}", "</style>");
  }
  return lines.join("\n");
}
