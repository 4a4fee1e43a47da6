import { expect, test } from "vitest";
import { sealRelease } from "../../../components/release/pack.ts";
import { derivedSecret, hostRoot, releaseKey } from "../../../components/store/derive.ts";

// Running hosts hold keys made by these rules: another label or length would open nothing that they have.
const hex = (key: string) => Buffer.from(key, "base64url").toString("hex");
const ROOT = Buffer.alloc(32, 7).toString("base64url");
const HOST_ROOT = "fe11fa4e6b1d493ce3c12df79cac6928981d7e1919fb1e3a301b0ae3f7b47e69";

test("the key of a host's releases is HKDF-SHA256 of the host's root with release:g<N>", () => {
  // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:fe11fa4e… -kdfopt info:release:g1 -binary HKDF | xxd -p -c 99
  expect(hex(releaseKey(hostRoot(ROOT, "host"), 1))).toBe(
    "d307439ed71df16b52f684d5c31386f6ebb124469c37b27b3709c602df99d49f",
  );
  // The same with info:release:g2
  expect(hex(releaseKey(hostRoot(ROOT, "host"), 2))).toBe(
    "50cebc17fd13f64515a3813b5ba905e8c2e058522e8ef09e9b815fe93c5c2328",
  );
});

test("a derived secret is HKDF-SHA256 of the host's root with its info and nothing added", () => {
  const root = Buffer.from(HOST_ROOT, "hex").toString("base64url");
  // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:fe11fa4e… -kdfopt info:restic:frontend -binary HKDF | xxd -p -c 99
  expect(hex(derivedSecret(root, "restic:frontend"))).toBe(
    "f2942637fd510be1fcd59dd922d9eb699b7f976a46117eb640351d381fb6413b",
  );
});

test("a release's IV is the HMAC-SHA256 of its tar under HKDF-SHA256 of the key with release-iv", async () => {
  const jwe = await sealRelease(Buffer.from("a tar"), Buffer.alloc(32, 1).toString("base64url"));
  const [header = "", , iv] = jwe.split(".");
  expect(Buffer.from(header, "base64url").toString()).toBe('{"alg":"dir","enc":"A256GCM"}');
  // ivkey=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0101… -kdfopt info:release-iv -binary HKDF | xxd -p -c 99)
  // printf 'a tar' | openssl mac -digest SHA256 -macopt hexkey:$ivkey -binary HMAC | head -c 12 | basenc --base64url
  expect(iv).toBe("dSsxCoqAWh88ZU1s");
});
