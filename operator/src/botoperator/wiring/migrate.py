"""`kbots-operator migrate`: the database, its roles, its schema and its installation id."""

from uuid import UUID

from botcore.domain.errors import InvalidInput
from botcore.ledger.connect import DatabaseAddress
from botcore.ledger.roles import LOGIN_ROLES
from botcore.runtime.settings import read_secret_file
from botoperator.adapters.database_setup import DatabaseSetup
from botoperator.settings import MigrateSettings

__all__ = ["run_migrate"]


async def run_migrate(settings: MigrateSettings) -> None:
    """Bring the database to this program's schema.

    Raises:
        InvalidInput: a file is missing, or the database holds keys of another installation.
        Transient: Postgres did not answer in time.
    """
    address = DatabaseAddress(
        host=settings.database_host,
        port=settings.database_port,
        dbname=settings.database_name,
        user=settings.database_user,
        password=read_secret_file(settings.password_file),
        application_name="kbots-migrate",
    )
    passwords = {role: read_secret_file(settings.roles_dir / role) for role in LOGIN_ROLES}
    installation = _installation(settings)
    await DatabaseSetup(address, passwords).run(installation, settings.wait_seconds)


def _installation(settings: MigrateSettings) -> UUID:
    path = settings.installation_id_file
    try:
        return UUID(read_secret_file(path))
    except ValueError:
        raise InvalidInput.of(str(path), "must hold a UUID") from None
