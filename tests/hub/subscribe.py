"""A port, a directory and addresses of feeds in; subscriptions at the hubs that these name, and what comes, verified, as files out.

What comes first for an address is DIRECTORY/NUMBER-1, NUMBER being its place; runs in an environment of its own.
"""

import sys
from collections import Counter
from pathlib import Path
from threading import Thread

from flask import Flask
from flask_websub.subscriber import SQLite3SubscriberStorage, SQLite3TempSubscriberStorage, Subscriber, discover
from werkzeug.serving import make_server

port, place, *topics = sys.argv[1:]
count = Counter[str]()
app = Flask("subscriber")
subscriber = Subscriber(
    SQLite3SubscriberStorage(f"{place}/subscriber.db"), SQLite3TempSubscriberStorage(f"{place}/subscriber.db"), REQUEST_TIMEOUT=20
)
app.register_blueprint(subscriber.build_blueprint(url_prefix="/callbacks"))


def came(topic: str, _: str, body: bytes) -> None:
    """The library calls it for content whose signature is right, and for nothing else."""
    count[topic] += 1
    Path(place, f"{topics.index(topic)}-{count[topic]}").write_bytes(body)


subscriber.add_listener(came)
server = make_server("127.0.0.1", int(port), app, threaded=True)
serving = Thread(target=server.serve_forever)
serving.start()
with app.test_request_context(base_url=f"http://127.0.0.1:{port}"):
    for topic in topics:
        found = discover(topic, timeout=20)
        assert found["topic_url"] == topic, found
        subscriber.subscribe(**found)
sys.stdout.write("subscribed\n")
sys.stdout.flush()
serving.join()
