"""What the gateway takes and answers, as an OpenAPI document."""

from twin.sources.openapi.openapi import openapi

__all__ = ["openapi"]
