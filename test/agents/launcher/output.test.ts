import { expect, test } from "vitest";
import { launch } from "./launch.ts";

test("masks every secret in what the process prints and logs, the longest first", () => {
  const program = `
import runpy, sys
launcher = runpy.run_path("/opt/roost/launcher.py")
launcher["mask_output"](["hunter", "hunter22", "1018:AAEhBO"])
from loguru import logger
print("printed hunter22 and hunter, not hunt")
print("printed 1018:AAEhBO", file=sys.stderr)
logger.error("logged {}", {"token": ["1018:AAEhBO"]})
raise SystemError("raised with 1018:AAEhBO")
`;
  const { stdout, stderr } = launch({ program: ["/opt/nanobot/bin/python3", "-I", "-c", program], user: 1000 });
  expect(stdout).toBe("printed [secret] and [secret], not hunt\n");
  expect(stderr).toContain("printed [secret]\n");
  expect(stderr).toContain("logged {'token': ['[secret]']}");
  expect(stderr).toContain("SystemError: raised with [secret]\n");
  expect(stderr).not.toContain("AAEhBO");
});
