"""Secrets of devices at rest."""

from adapters.secrets.fernet import BadKeyFile, FernetSecretStore
from adapters.secrets.memory import MemorySecretStore

__all__ = ["BadKeyFile", "FernetSecretStore", "MemorySecretStore"]
