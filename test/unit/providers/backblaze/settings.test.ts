import { describe, expect, test } from "vitest";
import { readSettings } from "../../../../providers/backblaze/settings.ts";

const key = { B2_APPLICATION_KEY_ID: "002abc", B2_APPLICATION_KEY: "K002hunter2" };

describe("readSettings", () => {
  test("takes id and key, and B2 itself for the endpoint", () => {
    const settings = readSettings(key);
    expect(settings).toMatchObject({ keyId: "002abc", endpoint: "https://api.backblazeb2.com" });
    expect(settings.key.reveal()).toBe("K002hunter2");
  });

  test("shows no key when it is printed", () => {
    expect(JSON.stringify(readSettings(key))).not.toContain("hunter2");
  });

  test("names everything that is missing at once", () => {
    expect(() => readSettings({ B2_APPLICATION_KEY: "" })).toThrow(
      "B2_APPLICATION_KEY_ID must be set to the id of a B2 application key; B2_APPLICATION_KEY must be set to that key's secret half",
    );
  });

  test.each([
    ["https://b2.example.com/", "https://b2.example.com"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://localhost:8080", "http://localhost:8080"],
    ["http://[::1]:8080", "http://[::1]:8080"],
  ])("takes the endpoint %s", (endpoint, expected) => {
    expect(readSettings({ ...key, B2_ENDPOINT: endpoint }).endpoint).toBe(expected);
  });

  test.each([
    "http://b2.example.com",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "ftp://127.0.0.1",
    "https://user:hunter2@b2.example.com",
    "b2.example.com",
    "",
  ])("refuses the endpoint %j, and shows nothing of it", (endpoint) => {
    expect(() => readSettings({ ...key, B2_ENDPOINT: endpoint })).toThrow(
      /^B2_ENDPOINT must be an https:\/\/ address without a user \(http:\/\/ only on loopback\), or be unset for https:\/\/api\.backblazeb2\.com$/,
    );
  });
});
