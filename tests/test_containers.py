"""The container files keep their promises: nothing as root, nothing writable, nothing beyond this machine, no secret
in plain sight. There may be no container engine where this runs, so they are read, and held against the program."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from neo4j import GraphDatabase

from cli import app
from settings import Settings
from tests import servers

COMPOSE: dict[str, Any] = yaml.safe_load((servers.ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (servers.ROOT / "Dockerfile").read_text(encoding="utf-8")

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_the_services_are_those_of_the_design() -> None:
    assert set(SERVICES) == {"neo4j", "postgres", "app", "scheduler"}


@each_service
def test_nobody_is_root_and_nobody_can_become_it(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


@each_service
def test_the_root_file_system_is_read_only_and_tmp_is_memory(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    mounts = dict(entry.split(":", 1) for entry in service["tmpfs"])
    user = service["user"].split(":")[0]
    assert "/tmp" in mounts
    assert all(f"uid={user}," in options for options in mounts.values())


@each_service
def test_images_are_pinned_to_one_release(service: dict[str, Any]) -> None:
    name, _, tag = service["image"].partition(":")
    assert name in {"neo4j", "postgres", "loantrail"}
    assert re.match(r"\d+\.\d+", tag)


def test_neo4j_is_the_long_term_release_that_the_tests_run() -> None:
    pom = (servers.ROOT / "tools" / "neo4j" / "pom.xml").read_text(encoding="utf-8")
    [version] = re.findall(r"<neo4j.version>(.+)</neo4j.version>", pom)
    assert SERVICES["neo4j"]["image"] == f"neo4j:{version}-community"
    assert version.startswith("5.26.")


@each_service
def test_ports_are_published_to_this_machine_only(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service.get("network_mode") is None


@each_service
def test_every_service_says_whether_it_is_healthy(service: dict[str, Any]) -> None:
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(check)


@each_service
def test_secrets_come_from_files_that_git_and_the_image_leave_out(service: dict[str, Any]) -> None:
    for name in service["secrets"]:
        assert COMPOSE["secrets"][name] == {"file": f"./secrets/{name}"}
    for name, value in service.get("environment", {}).items():
        if "PASSWORD" in name or "SECRET" in name:
            assert name.endswith("_FILE")
            assert value in {f"/run/secrets/{secret}" for secret in service["secrets"]}
        assert not re.search(r"://[^/]*:[^/]*@", str(value))
    assert "secrets/" in (servers.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = (servers.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert "!secrets" not in ignored


@pytest.mark.parametrize("name", ["app", "scheduler"])
def test_every_setting_is_one_the_program_reads(name: str) -> None:
    known = {f"LOANTRAIL_{field.upper()}" for field in Settings.model_fields}
    assert set(SERVICES[name]["environment"]) <= known


def test_every_command_exists() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert SERVICES["scheduler"]["command"] == ["schedule"]
    assert {SERVICES[name]["command"][0] for name in ("app", "scheduler")} <= commands


def test_the_scheduler_is_asked_whether_it_is_healthy_where_it_answers() -> None:
    asked = SERVICES["scheduler"]["healthcheck"]["test"][-1]
    fields = Settings.model_fields
    assert f"http://{fields['health_address'].default}:{fields['health_port'].default}/health" in asked
    assert "ports" not in SERVICES["scheduler"]


def test_the_only_place_to_write_to_is_a_volume() -> None:
    memory = SERVICES["scheduler"]["environment"]["LOANTRAIL_SWEEP_MEMORY"]
    [volume] = SERVICES["scheduler"]["volumes"]
    name, place = volume.split(":")
    assert name in COMPOSE["volumes"]
    assert memory.startswith(f"{place}/")
    assert f"--owner=10001 --group=10001 --mode=0700 {place}" in DOCKERFILE


def test_the_image_installs_by_hash_and_runs_as_nobody_in_particular() -> None:
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["python:3.11.13-slim-bookworm"] * 3
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == [SERVICES["app"]["user"]]
    assert "http" not in DOCKERFILE


def test_the_image_holds_every_package_of_the_program() -> None:
    ignored = (servers.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    packages = {path.parent.name for path in servers.ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    modules = {path.name for path in servers.ROOT.glob("*.py")}
    assert packages | modules <= {line.removeprefix("!") for line in ignored if line.startswith("!")}


def test_every_setting_of_neo4j_is_one_it_knows(neo4j_server: servers.Neo4jServer) -> None:
    lines = (servers.ROOT / "tools" / "neo4j" / "conf" / "neo4j.conf").read_text(encoding="utf-8").splitlines()
    named = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    credentials = neo4j_server.credentials
    with GraphDatabase.driver(neo4j_server.url, auth=(credentials.user, credentials.password)) as driver:
        known = {name for (name,) in driver.execute_query("SHOW SETTINGS YIELD name").records}
    assert named <= known
