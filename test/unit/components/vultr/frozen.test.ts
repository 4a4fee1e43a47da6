import { describe, expect, test } from "vitest";
import { FROZEN_INPUTS, waiting } from "../../../../components/vultr/frozen.ts";

describe("what waits for the next generation", () => {
  test("is nothing when the instance has what the program wants", () => {
    expect(waiting({ region: "ewr", osId: 391, userData: "x" }, { region: "ewr", osId: 391, userData: "x" })).toEqual(
      [],
    );
  });

  test("shows the old and the new value of a plain input", () => {
    expect(waiting({ region: "ewr", osId: 391 }, { region: "fra", snapshotId: "s-1" })).toEqual([
      "region: ewr -> fra",
      "osId: 391 -> (unset)",
      "snapshotId: (unset) -> s-1",
    ]);
  });

  test("names changed user data and shows none of it", () => {
    expect(waiting({ userData: "old-secret" }, { userData: "new-secret" })).toEqual(["userData changed"]);
  });

  test("takes the provider's empty values for inputs that were never set", () => {
    const empty = { snapshotId: "", osId: 0, sshKeyIds: [], disablePublicIpv4: false, appVariables: null };
    expect(waiting(empty, {})).toEqual([]);
  });

  test("covers every input whose change replaces a Vultr instance", () => {
    expect(FROZEN_INPUTS.toSorted()).toEqual([
      "appId",
      "appVariables",
      "disablePublicIpv4",
      "hostname",
      "imageId",
      "osId",
      "region",
      "reservedIpId",
      "scriptId",
      "snapshotId",
      "sshKeyIds",
      "userData",
    ]);
  });
});
