"""Every setting that comes from the environment, in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.calendar import Calendar


class Settings(BaseSettings):
    """Read from environment variables named ``LOANTRAIL_…``. Secrets may instead stand in a file."""

    model_config = SettingsConfigDict(env_prefix="LOANTRAIL_", extra="ignore")

    store: str = Field(default="duckdb:///loantrail.duckdb", description="Where the graph lives")
    neo4j_user: str = Field(default="neo4j", description="User at Neo4j")
    neo4j_password: SecretStr | None = Field(default=None, description="Password at Neo4j")
    neo4j_password_file: Path | None = Field(default=None, description="File that holds the password at Neo4j")
    casebook: str = Field(
        default="sqlite:///casebook.sqlite", description="Where alerts and decisions live (SQLAlchemy URL)"
    )
    casebook_password_file: Path | None = Field(default=None, description="File that holds the casebook's password")
    timezone: str = Field(default="UTC", description="Where a time without an offset is, and where days begin")
    calendar: str = Field(
        default="CN", description="Working days: a country (CN, DE-BY), or a file with lines like 2026-02-16 closed"
    )
    same_as: float | None = Field(
        default=None,
        ge=0.5,
        le=1,
        description="Confidence from which records proposed as the same party are taken as one; none: people decide",
    )
    currency: str = Field(default="CNY", description="Currency of amounts whose table names none")
    user: str = Field(default="local", description="Who decides, where no sign-in is configured")
    role: Literal["viewer", "investigator", "reviewer", "compliance", "administrator"] = Field(
        default="compliance", description="In which role that person acts, where no sign-in is configured"
    )
    quarantine: Path | None = Field(
        default=None, description="Folder where loads set bad records aside, and where the desk shows them"
    )
    material_amount_percent: int | None = Field(
        default=20, ge=0, description="A closed alert reopens when its amount grew by this many percent; none: never"
    )
    material_new_party: bool = Field(default=True, description="A closed alert reopens when a new party is named")
    material_higher_severity: bool = Field(
        default=True, description="A closed alert reopens when it becomes more severe"
    )
    attachment_bytes: int = Field(
        default=20 * 1024 * 1024, ge=1, description="The largest file that may be attached to an alert or a case"
    )
    desk_open: bool = Field(default=False, description="Serve the desk beyond this machine although it has no sign-in")
    schedule: str = Field(
        default="0 2 * * * = all",
        description="When which detectors sweep: CRON = all or ids joined by commas; entries joined by semicolons",
    )
    sweep_memory: Path | None = Field(
        default=None,
        description="Folder in which sweeps keep what is done, so that a killed one goes on; none: nothing",
    )
    health_address: str = Field(default="127.0.0.1", description="Where the scheduler's /health and /metrics listen")
    health_port: int = Field(default=9464, ge=0, le=65535, description="Port of /health and /metrics")
    sign_in_claim: str = Field(
        default="email", description="Which claim of the OpenID provider names a person, where sign-in is configured"
    )
    language: str = Field(default="en", description="Language of the command line: en or zh")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as error:
            raise ValueError(f"{value!r} is not a time zone; write for example Asia/Shanghai") from error
        return value

    @field_validator("calendar")
    @classmethod
    def _known_calendar(cls, value: str) -> str:
        return Calendar.named(value).name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def neo4j_secret(self) -> str | None:
        """The password, from the variable or the file; None where neither is set."""
        if self.neo4j_password is not None:
            return self.neo4j_password.get_secret_value()
        if self.neo4j_password_file is not None:
            return self.neo4j_password_file.read_text(encoding="utf-8").strip()
        return None

    def casebook_secret(self) -> str | None:
        """The casebook's password from its file; None where none is set."""
        if self.casebook_password_file is None:
            return None
        return self.casebook_password_file.read_text(encoding="utf-8").strip()
