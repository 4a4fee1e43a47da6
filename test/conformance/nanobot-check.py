#!/usr/bin/env python3
"""Asks nanobot itself, more strictly than its own start does, whether it understands config.json files.

usage: nanobot-check.py CONFIG...     one line `file: path: problem` each
       nanobot-check.py --providers   prints the providers of nanobot's registry as JSON
       nanobot-check.py --whatsapp ADDRESS...   prints number and LID of each WhatsApp address as JSON

Runs in the Python environment that holds nanobot (oracles/nanobot.sh). Besides what the gateway refuses, it refuses
what the gateway would ignore, coerce or survive with a dead channel or a dead model. Every ${VARIABLE} counts as set.
Prints paths, key names and kinds of problems, never a value. No network, no writes.
Exit: 0 understood, 1 problems, 2 wrong usage or a file that cannot be read.
"""

import json
import os
import sys
import typing
from pathlib import Path

# nanobot takes settings from these, behind the file's back.
for variable in [name for name in os.environ if name.startswith("NANOBOT_")]:
    del os.environ[variable]

from loguru import logger

logger.remove()

from nanobot.agent.tools.sandbox import _BACKENDS
from nanobot.channels.feishu.instances import feishu_app_identity_key
from nanobot.channels.registry import discover_plugins
from nanobot.config import loader
from nanobot.config.errors import ConfigLoadError
from nanobot.config.schema import Config, ProviderConfig, ProvidersConfig, _resolve_tool_config_refs
from nanobot.optional_features import extra_installed
from nanobot.providers.factory import make_provider
from nanobot.providers.registry import PROVIDERS
from pydantic import BaseModel, TypeAdapter, ValidationError

_resolve_tool_config_refs()
PLUGINS = discover_plugins()


class Report:
    """The problems of one file, each once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, path: str, problem: str) -> None:
        line = f"{path or '(root)'}: {problem}"
        if line not in self.lines:
            self.lines.append(line)

    def add_invalid(self, error: ValidationError, path: str) -> None:
        for one in error.errors(include_input=False, include_url=False, include_context=False):
            self.add(".".join([part for part in [path, *map(str, one["loc"])] if part]), one["type"])


def written_names(model: type[BaseModel]) -> dict[str, str]:
    """Each key as nanobot itself writes it, with its field's name: one spelling, so no setting can be given twice."""
    names = {}
    for name, field in model.model_fields.items():
        choices = getattr(field.validation_alias, "choices", None)
        names[str(choices[0] if choices else field.alias or name)] = name
    return names


def models_in(kind: object) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in typing.get_args(kind) for model in models_in(part)]


def check_keys(model: type[BaseModel], value: object, path: str, report: Report, also: frozenset[str] = frozenset()) -> None:
    """Keys that no model has, at any depth. nanobot refuses them at the top only."""
    if not isinstance(value, dict):
        return
    names = written_names(model)
    for key, item in value.items():
        place = f"{path}.{key}" if path else key
        if key in names:
            check_kind(model.model_fields[names[key]].annotation, item, place, report)
        elif key not in also and model.model_config.get("extra") != "allow":
            report.add(place, "unknown key")


def check_kind(kind: object, value: object, path: str, report: Report) -> None:
    models = models_in(kind)
    if not models:
        return
    if typing.get_origin(kind) is dict and isinstance(value, dict):
        for key, item in value.items():
            check_keys(models[0], item, f"{path}.{key}", report)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_keys(models[0], item, f"{path}[{index}]", report)
    else:
        check_keys(models[0], value, path, report)


def check_strictly(kind: object, value: object, path: str, report: Report) -> None:
    """Types as JSON has them: nanobot would take "18790" for a port."""
    try:
        TypeAdapter(kind).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        report.add_invalid(error, path)


def check_references(value: object, path: str, report: Report) -> None:
    """Sets a stand-in for each ${VARIABLE}; what only looks like one would reach the service as it is."""
    if isinstance(value, dict):
        for key, item in value.items():
            check_references(item, f"{path}.{key}" if path else key, report)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_references(item, f"{path}[{index}]", report)
    elif isinstance(value, str):
        for name in loader._ENV_REF_PATTERN.findall(value):
            os.environ[name] = "stand-in"
        if "${" in loader._ENV_REF_PATTERN.sub("", value):
            report.add(path, "a reference that nanobot does not resolve")


def check_providers(providers: dict, report: Report) -> None:
    known = written_names(ProvidersConfig)
    for name, section in providers.items():
        if name in known:
            continue
        path = f"providers.{name}"
        check_keys(ProviderConfig, section, path, report)
        check_strictly(ProviderConfig, section, path, report)
        if not isinstance(section, dict) or not section.get("apiBase"):
            report.add(path, "a provider that nanobot does not know, without apiBase")


def check_channels(channels: dict, report: Report) -> None:
    common = written_names(Config.model_fields["channels"].annotation)
    enabled = 0
    for name, section in channels.items():
        if name in common:
            continue
        path = f"channels.{name}"
        if name not in PLUGINS:
            report.add(path, "unknown channel")
        elif not isinstance(section, dict):
            report.add(path, "not an object")
        elif section.get("enabled", PLUGINS[name].default_enabled) is True:
            enabled += 1
            check_channel(name, section, path, report)
        elif section.get("enabled") is not False:
            report.add(f"{path}.enabled", "not stated as true or false")
    if "websocket" not in channels:
        report.add("channels.websocket", "not stated, and nanobot turns it on")
    if enabled == 0:
        report.add("channels", "none is enabled")


def check_channel(name: str, section: dict, path: str, report: Report) -> None:
    plugin = PLUGINS[name]
    if not extra_installed(name, list(plugin.dependencies)):
        report.add(path, "libraries are missing, nanobot would install them at start")
        return
    module = sys.modules[plugin.load_channel_class().__module__]
    model = next(
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, BaseModel) and found.__name__.lower() == f"{name}config"
    )
    check_keys(model, section, path, report, also=frozenset(["sendProgress", "sendToolHints", "showReasoning"]))
    check_strictly(model, section, path, report)
    for needed in plugin.setup.required if plugin.setup else ():
        if not any(all(section.get(key) for key in keys) for keys in needed.alternatives):
            report.add(path, f"needs {' or '.join(' and '.join(keys) for keys in needed.alternatives)}")
    if name == "feishu" and section.get("identityKey") != feishu_app_identity_key(section.get("appId"), section.get("domain")):
        report.add(f"{path}.identityKey", "not its app's, nanobot would write into config.json at start")


def check_load(file: Path, report: Report) -> None:
    """nanobot's own way: read, resolve, build the model's client."""
    try:
        config = loader.resolve_config_env_vars(loader.load_config(file), config_path=file)
    except ConfigLoadError as error:
        report.add("(load)", error.kind)
        return
    sandbox = config.tools.exec.sandbox
    if sandbox and sandbox not in _BACKENDS:
        report.add("tools.exec.sandbox", "unknown backend")
    try:
        make_provider(config)
    except (ValueError, ImportError) as error:
        report.add("agents.defaults.provider", f"no client can be built ({type(error).__name__})")


def check(file: Path) -> list[str]:
    report = Report()

    def once(pairs: list[tuple[str, object]]) -> dict:
        keys = [key for key, _ in pairs]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            report.add(key, "given twice in one object")
        return dict(pairs)

    try:
        raw = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=once)
    except ValueError:
        return ["(root): not JSON in UTF-8"]
    if not isinstance(raw, dict):
        return ["(root): not an object"]
    check_references(raw, "", report)
    check_keys(Config, raw, "", report)
    for key, name in written_names(Config).items():
        if key in raw:
            check_strictly(Config.model_fields[name].annotation, raw[key], key, report)
    for key, check_section in (("providers", check_providers), ("channels", check_channels)):
        if isinstance(raw.get(key), dict):
            check_section(raw[key], report)
        else:
            report.add(key, "missing or not an object")
    check_load(file, report)
    return report.lines


def registry() -> list[dict[str, object]]:
    written = {field: key for key, field in written_names(ProvidersConfig).items()}
    return [
        {
            "name": written[spec.name],
            "apiBase": spec.default_api_base,
            "oauth": spec.is_oauth,
            "needsKey": not (spec.is_oauth or spec.is_local or spec.is_direct),
            "chat": not spec.is_transcription_only,
        }
        for spec in PROVIDERS
    ]


def main(arguments: list[str]) -> int:
    if arguments == ["--providers"]:
        print(json.dumps(registry()))
        return 0
    if arguments[:1] == ["--whatsapp"]:
        from nanobot.channels.whatsapp.runtime import _classify_sender_ids

        print(json.dumps([_classify_sender_ids([address]) for address in arguments[1:]]))
        return 0
    if not arguments or any(argument.startswith("-") for argument in arguments):
        print("usage: nanobot-check.py CONFIG... | --providers | --whatsapp ADDRESS...", file=sys.stderr)
        return 2
    status = 0
    for argument in arguments:
        try:
            lines = check(Path(argument))
        except OSError as error:
            print(f"{argument}: cannot be read ({error.strerror})", file=sys.stderr)
            return 2
        for line in lines:
            print(f"{argument}: {line}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
