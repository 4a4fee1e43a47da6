import { connect } from "node:net";

/** Milliseconds between two looks for the engine. */
const LOOK_EVERY_MS = 5_000;

/**
 * Calls `gone` once nothing listens any more at the engine's address, a plugin's last argument: an engine that was
 * killed stops no plugin, and the SDK's server would run for ever, with the account's key.
 */
export function watchEngine(args: readonly string[], gone: () => void, lookEveryMs = LOOK_EVERY_MS): void {
  const [, host, port] = /^(.+):(\d+)$/.exec(args.at(-1) ?? "") ?? [];
  if (host === undefined) return;
  const timer = setInterval(() => {
    const look = connect({ host, port: Number(port) });
    look.on("connect", () => look.destroy());
    look.on("error", () => {
      clearInterval(timer);
      gone();
    });
  }, lookEveryMs);
  timer.unref();
}
