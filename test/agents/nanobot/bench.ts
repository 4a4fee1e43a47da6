import { nanobotImage } from "../launcher/image.ts";
import { Bench } from "../support/bench.ts";
import { fakeModel, fakeTelegram, secretOf } from "../support/fakes.ts";
import { type RenderedContainer, renderedContainer } from "../support/rendered.ts";

/** The two people of the example's tenant `frontend`, and one whom nobody knows. */
export const [ALICE, BOB, STRANGER] = ["123456789", "987654321", "555000111"] as const;

/** The example's tenant `frontend`, with some keys changed, then with its rendered files changed. */
export function nanobotBench(
  keys: Readonly<Record<string, unknown>> = {},
  change: (rendered: RenderedContainer) => RenderedContainer = (rendered) => rendered,
): Promise<Bench> {
  return Bench.open(async (folder) => {
    const rendered = await renderedContainer("nanobot", "frontend", folder, (stack) => {
      const tenants = stack["tenants"] as Record<string, object>; // as the example has them
      tenants["frontend"] = { ...tenants["frontend"], ...keys };
    });
    return {
      rendered: change(rendered),
      image: nanobotImage(),
      fakes: [
        fakeTelegram(secretOf(rendered, "TELEGRAM_BOT_TOKEN")),
        fakeModel("api.anthropic.com", secretOf(rendered, "MODEL_API_KEY")),
      ],
    };
  });
}
