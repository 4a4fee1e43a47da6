import { forceNew, optional, required, type StandIn } from "./table.ts";

const STREAMS: Readonly<Record<string, string>> = {
  "Fedora CoreOS Stable": "391",
  "Fedora CoreOS Next": "424",
  "Fedora CoreOS Testing": "425",
};

/** Version of the npm package `@ediri/vultr`, which asks for the plugin of its own version. */
const VERSION = "2.21.0";

const SOURCE = `arguments: @ediri/vultr ${VERSION}; what replaces: ForceNew of terraform-provider-vultr v${VERSION}, https://github.com/vultr/terraform-provider-vultr/tree/v${VERSION}/vultr`;

export const vultr: StandIn = {
  version: VERSION,
  resources: {
    "vultr:index/instance:Instance": {
      source: SOURCE,
      inputs: {
        plan: required("string"),
        region: forceNew(required("string")),
        osId: forceNew(optional("number")),
        snapshotId: forceNew(optional("string")),
        imageId: forceNew(optional("string")),
        appId: forceNew(optional("number")),
        isoId: optional("string"),
        userData: forceNew(optional("string")),
        scriptId: forceNew(optional("string")),
        sshKeyIds: forceNew(optional("list")),
        hostname: forceNew(optional("string")),
        label: optional("string"),
        tags: optional("list"),
        enableIpv6: optional("boolean"),
        disablePublicIpv4: forceNew(optional("boolean")),
        firewallGroupId: optional("string"),
        reservedIpId: forceNew(optional("string")),
        vpcIds: optional("list"),
        vpc2Ids: optional("list"),
        ddosProtection: optional("boolean"),
        activationEmail: optional("boolean"),
        backups: optional("string"),
        backupsSchedule: optional("map"),
        appVariables: forceNew(optional("map")),
      },
      // Terraform's provider gives back what was never set as an empty value.
      computed: (inputs, serial) => ({
        snapshotId: "",
        imageId: "",
        appId: 0,
        osId: 0,
        scriptId: "",
        reservedIpId: "",
        vpcIds: [],
        features: inputs["enableIpv6"] === true ? ["ipv6"] : [],
        allowedBandwidth: 3072,
        dateCreated: "2026-01-01T00:00:00+00:00",
        defaultPassword: `Pw!stand-in-${serial}-password`,
        disk: 80,
        gatewayV4: "192.0.2.1",
        internalIp: "",
        kvm: `https://console.invalid/novnc/?stand-in-console-token-${serial}`,
        mainIp: `192.0.2.${10 + serial}`,
        netmaskV4: "255.255.254.0",
        os: "Fedora CoreOS",
        powerStatus: "running",
        ram: 4096,
        serverStatus: "ok",
        status: "active",
        v6MainIp: "2001:db8::10",
        v6Network: "2001:db8::",
        v6NetworkSize: 64,
        vcpuCount: 2,
      }),
      secrets: ["defaultPassword"],
      // https://www.vultr.com/api/#tag/instances/operation/create-instance
      refusal: ({ region }, { soldOut }) =>
        soldOut === region
          ? `error creating server: {"error":"Plan is not available in the selected region.","status":400}`
          : undefined,
    },
    "vultr:index/firewallGroup:FirewallGroup": {
      source: SOURCE,
      inputs: { description: optional("string") },
      computed: () => ({
        dateCreated: "2026-01-01T00:00:00+00:00",
        dateModified: "2026-01-01T00:00:00+00:00",
        instanceCount: 0,
        maxRuleCount: 50,
        ruleCount: 0,
      }),
    },
    "vultr:index/firewallRule:FirewallRule": {
      source: SOURCE,
      inputs: {
        firewallGroupId: forceNew(required("string")),
        ipType: forceNew(required("string")),
        protocol: forceNew(required("string")),
        subnet: forceNew(required("string")),
        subnetSize: forceNew(required("number")),
        port: forceNew(optional("string")),
        source: forceNew(optional("string")),
        notes: forceNew(optional("string")),
      },
      computed: () => ({}),
    },
  },
  functions: {
    "vultr:index/getOs:getOs": ({ filters }) => {
      const [filter] = filters as { name: string; values: string[] }[]; // as the SDK declares it
      const name = filter?.values[0] ?? "";
      const id = STREAMS[name];
      if (filter?.name !== "name" || id === undefined) throw new Error(`no results were found: ${name}`);
      return { id, name, arch: "x64", family: "fedora-coreos", filters };
    },
  },
};
