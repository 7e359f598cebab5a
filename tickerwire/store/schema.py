"""A database file in; the same file at the newest schema out, by the append-only list of SQL files in `migrations/`."""

from importlib.resources import files

from sqlite_utils import Database, Migrations

from tickerwire.errors import StoreError
from tickerwire.store import index

STEPS = {
    file.name.removesuffix(".sql"): file.read_text(encoding="utf-8")
    for file in sorted(files("tickerwire.store").joinpath("migrations").iterdir(), key=lambda file: file.name)
}
migrations = Migrations("tickerwire")


def _step(name: str, script: str) -> None:
    def run(db: Database) -> None:
        for statement in script.split(";\n"):  # not `executescript`, which commits what is open
            db.execute(statement)
        if name == "m016_addresses":  # texts are folded in Python
            index.fill(db)

    migrations(name=name)(run)


for _name, _script in STEPS.items():
    _step(_name, _script)


def migrate(db: Database, path: str) -> None:
    """Apply what is pending. StoreError when the file was made by a newer version.

    `Migrations.apply` opens deferred transactions; it is safe here because every writer holds the write lock.
    """
    newer = sorted({step.name for step in migrations.applied(db)} - STEPS.keys())
    if newer:
        raise StoreError(
            f"{path}: made by a newer Tickerwire (it has {', '.join(newer)}); "
            "upgrade this installation or restore a backup made before"
        )
    if migrations.pending(db):
        migrations.apply(db)
