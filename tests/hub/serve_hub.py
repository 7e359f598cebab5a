"""A port, a certificate and a directory in; Flask-WebSub's hub over HTTPS, in an environment of its own, out."""

import sys

from celery import Celery
from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage

port, certificate, place = sys.argv[1:]
tasks = Celery(broker="memory://")
tasks.conf.task_always_eager = True
app = Flask("hub")
app.config["PUBLISH_SUPPORTED"] = True
hub = Hub(SQLite3HubStorage(f"{place}/hub.db"), tasks, REQUEST_TIMEOUT=20)
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
app.run("127.0.0.1", int(port), ssl_context=(certificate, certificate), threaded=True)
