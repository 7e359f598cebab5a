"""The database as a file: migrations and indexes, writers that wait or are refused, backups, and what a damaged or newer one says."""

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.test_store import NOW, commit, everything, found, store
from tickerwire.errors import Busy, StoreError
from tickerwire.store import Archive, Store, exclusive, write_lock

__all__ = ["store"]


def test_every_write_is_immediate_so_that_waiting_writers_lose_nothing(tmp_path: Path) -> None:
    Store.open(tmp_path / "t.db").close()
    errors: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            with Store.open(tmp_path / "t.db") as store:
                for number in range(30):
                    commit(store, found(number), outlet=f"outlet{writer}")
        except BaseException as error:  # carried to the main thread
            errors.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with Archive.open(tmp_path / "t.db") as archive:
        assert len(everything(archive)) == 90


def test_migrations_keep_tables_and_are_named(store: Store) -> None:
    tables = {row["name"] for row in store.read("select name from sqlite_master where type = 'table'")}
    assert {"articles", "revisions", "outlets", "crawls", "seen", "articles_index", "sources", "pages", "feeds"} <= tables
    assert [row["name"] for row in store.read("select name from _sqlite_migrations order by id")] == [
        "m001_articles",
        "m002_outlets",
        "m003_publishing",
        "m004_manners",
        "m005_items",
        "m006_desk",
        "m007_stories",
        "m008_learned",
        "m009_withdrawn",
        "m010_outbox",
        "m011_flags",
        "m012_changes",
        "m013_quarantine",
        "m014_members",
        "m015_search",
        "m016_addresses",
        "m017_sizes",
    ]


def test_the_index_of_an_older_database_is_written_anew(tmp_path: Path) -> None:
    """Word for word what the store writes itself: a term that stayed behind would show when its article is taken out."""
    entries = [found(number, "وزیر خارجهٔ ۶", authors=("فؤاد ک", "B"), section="دولت", tags=("یک", "دو")) for number in range(3)] + [
        found(9, "Plain", summary="", text="")
    ]

    def terms(store: Store) -> list[tuple[object, ...]]:
        store.connection.execute("create virtual table temp.terms using fts5vocab('main', 'articles_index', 'instance')")
        said = [tuple(row) for row in store.read("select * from temp.terms order by 1, 2, 3, 4")]
        store.connection.execute("drop table temp.terms")
        return said

    with Store.open(tmp_path / "t.db") as store:
        commit(store, *entries)
        made = terms(store)
        assert {"وزير", "فواد", "دو", "6"} <= {term for term, *_ in made}
        for trigger in ("articles_horizon", "articles_moved"):
            store.connection.execute(f"drop trigger {trigger}")
        for table in ("articles_index", "horizons"):
            store.connection.execute(f"drop table {table}")
        store.connection.execute("create virtual table articles_fts using fts5 (title, body, authors, tags, content='')")
        store.connection.execute("delete from _sqlite_migrations where name in ('m015_search', 'm016_addresses')")
    with Store.open(tmp_path / "t.db") as store:
        assert terms(store) == made


def test_the_full_text_index_passes_its_own_check_after_edits_and_deletions(store: Store) -> None:
    commit(store, *[found(number, text="Ärger in Łódź") for number in range(20)])
    commit(store, *[found(number, f"Other title {number}") for number in range(10)])
    store.prune(NOW + timedelta(days=20), timedelta(days=1))
    store.connection.execute("insert into articles_index (articles_index) values ('integrity-check')")
    assert store.read("pragma integrity_check")[0][0] == "ok"
    assert store.read("pragma foreign_key_check") == []


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    Store.open(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('tickerwire', 'm999_future', '')")
    newer.close()
    with pytest.raises(StoreError, match=r"newer Tickerwire.*m999_future"):
        Store.open(path)


def test_a_damaged_file_and_a_missing_one_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="restore a backup"):
        Store.open(tmp_path / "bad.db")
    with pytest.raises(StoreError, match="tickerwire crawl"):
        Archive.open(tmp_path / "none.db")


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    lock = write_lock(tmp_path / "t.db")
    with exclusive(lock, "tickerwire crawl"), pytest.raises(Busy, match="tickerwire crawl"), exclusive(lock, "second"):
        pass
    with exclusive(lock, "third"):
        pass


def test_a_backup_is_whole(store: Store, tmp_path: Path) -> None:
    commit(store, found(1), found(2))
    store.backup(tmp_path / "copy.db")
    with Archive.open(tmp_path / "copy.db") as copy:
        assert [a.id for a in everything(copy)] == [a.id for a in everything(store)]
