const HTML = /\\.|[<>&\u2028\u2029]/g;

/** Compact JSON, escaped as Go's encoder does it by default: safe inside HTML, and without `\b` and `\f`. */
export function goJson(value: object): string {
  return JSON.stringify(value).replaceAll(HTML, (found) => {
    if (found === "\\b") return "\\u0008";
    if (found === "\\f") return "\\u000c";
    return found.startsWith("\\") ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
