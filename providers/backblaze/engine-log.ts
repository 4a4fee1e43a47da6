import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import { getEngine, resetOptions } from "@pulumi/pulumi/runtime/settings.js";

/** Tells the user something about a resource; never fails. */
export type Warn = (urn: string, message: string) => Promise<void>;

/**
 * Warnings by way of the engine, whose address is the plugin's last argument; without one they go to stderr.
 * `pulumi.log` cannot do this: it wants a resource object, and a plugin knows URNs only.
 */
export function connectedEngine(args: readonly string[]): Warn {
  const address = args.at(-1);
  if (address === undefined) return toStderr;
  resetOptions("", "", 1, address, "", false, "");
  return (urn, message) =>
    new Promise((resolve) => {
      const request = new engineProto.LogRequest()
        .setSeverity(engineProto.LogSeverity.WARNING)
        .setUrn(urn)
        .setMessage(message);
      const engine = getEngine();
      if (engine === undefined) resolve(toStderr(urn, message));
      else engine.log(request, (error) => resolve(error === null ? undefined : toStderr(urn, message)));
    });
}

async function toStderr(urn: string, message: string): Promise<void> {
  console.error(`warning: ${urn}: ${message}`);
}
