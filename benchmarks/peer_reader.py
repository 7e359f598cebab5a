"""A database file and a file of feed addresses in; the feeds read by `reader` (its own environment) out.

benchmarks/.peers/bin/python benchmarks/peer_reader.py DATABASE URLS WORKERS
"""

import sys
from pathlib import Path

from reader import make_reader

database, urls, workers = sys.argv[1:]
reader = make_reader(database)
if not reader.get_feed_counts().total:
    for url in Path(urls).read_text().split():
        reader.add_feed(url)
    if workers == "0":
        sys.exit()
reader.update_feeds(scheduled=False, workers=int(workers))  # now, whatever its own interval
print(reader.get_entry_counts().total)
