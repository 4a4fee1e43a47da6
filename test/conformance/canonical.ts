import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";

/**
 * Ignition as a plain value in which two configs are equal when a machine would get the same from both: each data URL
 * gives way to what it holds, as text or else base64, and `compression` says no more how it was packed.
 */
export function canonical(ignitionJson: string): unknown {
  return JSON.parse(ignitionJson, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("source" in value)) return value;
    if (typeof value.source !== "string" || !value.source.startsWith("data:")) return value;
    const zipped = "compression" in value && value.compression === "gzip";
    const bytes = zipped ? gunzipSync(decode(value.source)) : decode(value.source);
    const held = isUtf8(bytes) ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") };
    return { ...value, ...(zipped ? { compression: "" } : {}), source: held };
  });
}

/** Whether a config holds something whose bytes depend on who compressed it. */
export function usesGzip(ignitionJson: string): boolean {
  return ignitionJson.includes('"compression":"gzip"');
}

function decode(url: string): Buffer {
  const comma = url.indexOf(",");
  const [head, data] = [url.slice(0, comma), url.slice(comma + 1)];
  if (head.endsWith(";base64")) return Buffer.from(data, "base64");
  return Buffer.from(
    data.replaceAll(/%([\dA-F]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}
